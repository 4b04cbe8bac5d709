from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.source.id_number import excel_damaged, fault, is_valid, normalise, relation

VALID = "11010519491231002X"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def completed(body: str) -> str:
    """The standard's own table, so that the library is checked against it."""
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


@st.composite
def valid_numbers(draw: st.DrawFn) -> str:
    area = draw(st.integers(110000, 839999))
    day = draw(st.dates(date(1900, 1, 1), date.today()))
    return completed(f"{area}{day:%Y%m%d}{draw(st.integers(1, 999)):03d}")


@pytest.mark.parametrize("number", [VALID, "34052419800101001X"])
def test_published_numbers_are_right(number: str) -> None:
    assert fault(number) == ""
    assert is_valid(number)


@given(valid_numbers())
def test_every_well_formed_number_is_right(number: str) -> None:
    sex = "male" if int(number[16]) % 2 else "female"
    assert fault(number, sex, number[6:14]) == ""


@given(valid_numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_single_wrong_character_is_noticed(number: str, place: int, wrong: str) -> None:
    damaged = number[:place] + wrong + number[place + 1 :]
    assert (fault(damaged) == "") == (damaged == number)


@given(valid_numbers())
def test_the_other_sex_and_another_birth_date_are_noticed(number: str) -> None:
    other = "female" if int(number[16]) % 2 else "male"
    assert fault(number, other, number[6:14]) == "id_sex_mismatch"
    assert fault(number, "", "18991231") == "id_birth_mismatch"
    assert fault(number, "", "2001") == "", "only a full date is compared"


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("110105491231002", "id_length"),  # the 15-digit number of before 1999
        ("11010519491231002", "id_length"),
        ("11010519491231002XX", "id_length"),
        ("1101O519491231002X", "id_characters"),
        ("X1010519491231002X", "id_characters"),
        (completed("11010520010229001"), "id_birth_date"),
        (completed("11010518991231001"), "id_birth_date"),
        ("110105194912310021", "id_check_digit"),
        ("1.10105E+17", "excel_damaged"),
        ("110105194912310000", "excel_damaged"),
    ],
)
def test_faults(number: str, word: str) -> None:
    assert fault(number) == word
    assert not is_valid(number)


def test_who_is_not_born_yet_is_at_fault() -> None:
    number = completed(f"110105{date.today() + timedelta(2):%Y%m%d}001")
    assert fault(number) == "id_birth_date"


@pytest.mark.parametrize(
    "other",
    [
        "",
        "H12345678",
        "M1234567801",
        "12345678",  # Taiwan permit
        "E12345678",
        "AB1234567",
        "A123456(7)",
        "CHN110012345678",  # permanent residence card before 2023
    ],
)
def test_other_documents_are_not_judged(other: str) -> None:
    assert fault(other, "male", "20010101") == ""
    assert not is_valid(other)


@pytest.mark.parametrize("area", ["810000", "820000", "830000", "911840"])
def test_residence_permits_follow_the_same_rule(area: str) -> None:
    number = completed(f"{area}20010203001")
    assert fault(number, "male", "20010203") == ""
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert fault(wrong) == "id_check_digit"


def test_zeros_at_the_end_are_no_damage_when_the_check_digit_fits() -> None:
    number = next(
        n for day in range(28) if (n := completed(f"110105200101{day + 1:02d}100")).endswith("1000")
    )
    assert not excel_damaged(number)
    assert fault(number) == ""


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002X\u00a0",
        "110105-19491231-002x",
        "'11010519491231002X",
        "\u202d11010519491231002X\u202c",
    ],
)
def test_normalise(written: str) -> None:
    assert normalise(written) == VALID


SEEN = "11010519491231002X"


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (SEEN, "equal"),
        (" 110105 19491231 002x ", "equal"),
        ("", "none"),
        ("E12345678", "none"),
        ("430101200404262903", "other"),  # faultless
        ("11010519491231003X", "near"),  # one digit off
        ("110105194912310021", "near"),  # check digit
        ("110105194912130021", "near"),  # two slips
        ("11010519491231002", "near"),  # left out
        ("110105194912310022X", "near"),  # added
        ("110150194912310024", "near"),  # exchanged, and one more
        ("110105194912310000", "near"),  # by Excel
        ("1.10105E+17", "near"),
        ("110105491231002", "near"),  # of before 1999
        ("220105194912319999", "other"),  # faulty, and far away
        ("4.30101E+17", "other"),
    ],
)
def test_a_number_seen_on_a_card_against_the_rosters(listed: str, told: str) -> None:
    assert relation(SEEN, listed) == told
