"""Masks: no ID number is read in what they give, and what people need to see is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.privacy import Mask, masked, masked_file_name, masked_id, masked_sentence

ID = "34052419800101001X"
STUDENT_NUMBER = "202111010500990001"  # 18 digits, and nobody's ID number


@given(st.text(alphabet="张a_ .", max_size=5), st.from_regex(r"[0-9]{17}[0-9Xx]", fullmatch=True))
def test_masked_text_holds_no_id_number(before: str, number: str) -> None:
    shown = masked(f"{before}{number}张三.jpg")
    assert number[3:-2] not in shown
    assert shown.endswith(f"{number[-2:]}张三.jpg")


def test_text_for_a_log_holds_neither_full_width_numbers_nor_control_characters() -> None:
    wide = ID.translate({ord(c): ord(c) + 0xFEE0 for c in ID})
    assert masked(f"{wide}\x1b[2J\n") == "340*************1X?[2J?"


@given(st.text("年级_-. ", max_size=6), st.from_regex(r"[0-9]{14,17}[0-9Xx]", fullmatch=True))
def test_any_id_like_run_in_a_file_name_is_masked(around: str, number: str) -> None:
    shown = masked_file_name(f"{around}{number}{around}.jpg")
    assert number not in shown
    assert number[:3] in shown


def test_a_file_name_holds_its_own_students_passport_in_stars() -> None:
    assert masked_file_name("e12345678王.jpg", "E12345678") == "E12****78王.jpg"
    assert masked_file_name("王.jpg", "") == "王.jpg"


def test_a_sentence_keeps_student_numbers_and_no_resident_id() -> None:
    text = f"like {STUDENT_NUMBER}, {ID}, 340524800101001, {ID[:-1]}Ｘ"
    assert masked_sentence(text) == (
        f"like {STUDENT_NUMBER}, 340*************1X, 340**********01, 340*************1Ｘ"
    )


@pytest.mark.parametrize(
    ("number", "shown"), [("", ""), ("1234567", "*******"), ("H1234567", "H12***67"), (ID, None)]
)
def test_a_short_id_number_is_stars_alone(number: str, shown: str | None) -> None:
    assert masked_id(number) == (shown if shown is not None else "340*************1X")


SEPARATED = {
    "340524-19800101-001X": "340***-********-**1X",
    "340524 1980-01-01 001X": "340*** ****-**-** **1X",
    "3405 2419 8001 0100 1X": "340* **** **** **** 1X",
    "３４０５２４１９８００１０１００１Ｘ": "３４０*************１Ｘ",
    "340524_800101_001": "340***_******_*01",
    "340524 – 19800101 · 001X": "340*** – ******** · **1X",
}


@pytest.mark.parametrize("number", SEPARATED)
@pytest.mark.parametrize("around", ["{}", "照片{}.jpg", "extra:7:{}.jpg", "a {} b"])
def test_a_resident_id_is_known_with_separators_too(number: str, around: str) -> None:
    for mask in (masked_sentence, Mask(), Mask(["E12345678"])):
        assert mask(around.format(number)) == around.format(SEPARATED[number])


@pytest.mark.parametrize(
    "text",
    [
        f"like {STUDENT_NUMBER}, 2021000004, 2021000009",
        "2026-11-24 20:55:36.123456",
        "0.4000 0.4300 0.6000 0.4300",
        "340524-19801301-001X",  # no 13th month
        "600×800 px, 2021000412, 31234",
    ],
)
def test_what_is_no_id_number_stays(text: str) -> None:
    assert masked_sentence(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("E12345678", "E12****78"),
        ("e-1234-5678 王", "e-12**-**78 王"),
        ("photoE12345678b.jpg", "photoE12****78b.jpg"),
        ("Ｅ１２３４５６７８", "Ｅ１２****７８"),
        ("H1234567(8)", "H12****7(8)"),
        ("H12345678", "H12****78"),
        ("E12345679", "E12345679"),
    ],
)
def test_a_rosters_other_numbers_are_known_by_value(text: str, shown: str) -> None:
    assert Mask(["e12345678", "H1234567(8)", "无", "0"])(text) == shown


def test_a_key_that_holds_an_id_number_stays_one_students() -> None:
    mask = Mask(["E12345678"], [(ID, 12), ("2021", 3), ("E12345678", 4), (f"extra:1:{ID}.jpg", 0)])
    shown = [mask(key) for key in (ID, "2021", "E12345678", f"extra:1:{ID}.jpg")]
    assert shown == [
        "340*************1X-12",
        "2021",
        "E12****78-4",
        "extra:1:340*************1X.jpg",
    ]
    assert [mask.key_of(text) for text in shown] == [ID, "2021", "E12345678", f"extra:1:{ID}.jpg"]


@given(st.text(max_size=60))
def test_a_mask_keeps_length_and_is_done_once(text: str) -> None:
    mask = Mask([ID, "E12345678"])
    assert len(mask(text)) == len(text)
    assert mask(mask(text)) == mask(text)
