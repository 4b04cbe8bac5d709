"""`results.csv`: exact columns, safe cells, whole or not at all."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from unicodedata import normalize

import pytest
from report_cases import ID_NUMBER, flag, judged, students, subject

from pipeline.core.errors import StoreError
from pipeline.core.types import Case
from pipeline.report import write_csv
from pipeline.report.csv_report import harmless


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, str]]:
    write_csv(iter(students()), tmp_path / "results.csv")
    return read(tmp_path / "results.csv")


def test_header_and_line_ends_are_exact(tmp_path: Path) -> None:
    write_csv(iter(students()), tmp_path / "results.csv")
    raw = (tmp_path / "results.csv").read_bytes()
    assert raw.startswith(
        b"\xef\xbb\xbfsubject_id,decision,category,reasons,turn_cw,roll_deg,reference,score,looks_like,photo"
        b",advice,adjusted,name,college,class\n"
    )
    assert b"\r" not in raw


def test_rows_keep_the_given_order(rows: list[dict[str, str]]) -> None:
    assert [row["subject_id"] for row in rows] == [c.subject.student_key for c in students()]


def test_reasons_are_worst_first_and_once_and_without_advice(rows: list[dict[str, str]]) -> None:
    assert rows[2]["reasons"] == "NOT_ME;LOOKS_LIKE_OTHER;NAME_CLASH"
    assert rows[2]["advice"] == "ROLL"


def test_numbers_have_fixed_decimals_and_none_is_empty(rows: list[dict[str, str]]) -> None:
    assert (rows[3]["turn_cw"], rows[3]["roll_deg"], rows[3]["score"]) == ("90", "-1.3", "0.6100")
    assert (rows[6]["turn_cw"], rows[6]["roll_deg"], rows[6]["score"]) == ("", "", "")
    assert rows[0]["turn_cw"] == "0"


@pytest.mark.parametrize("start", [*"=+-@\t＝＋－＠", "\n=", " =", "\x00=", "\u3000＝", "\u200b@"])
def test_formulas_are_disarmed(tmp_path: Path, start: str) -> None:
    case = Case(subject(1), f"{start}cmd.jpg", judged())
    write_csv([case], tmp_path / "results.csv")
    assert read(tmp_path / "results.csv")[0]["photo"] == f"'{start}cmd.jpg"


def test_no_letter_or_digit_is_taken_for_a_sign_and_no_sign_for_one() -> None:
    """Every character of Unicode: which are passed over unread, and which are looked at."""
    signs = {c for c in map(chr, range(sys.maxunicode + 1)) if normalize("NFKC", c)[:1] in "=+-@"}
    assert len(signs) > 12 and not any(c.isalnum() for c in signs)
    assert all(harmless(f"{c}1") == f"'{c}1" for c in signs)


def test_line_breaks_in_a_file_name_do_not_break_the_table(tmp_path: Path) -> None:
    write_csv([Case(subject(1), "a\rb\nc.jpg", judged())], tmp_path / "results.csv")
    assert [row["photo"] for row in read(tmp_path / "results.csv")] == ["a\\rb\nc.jpg"]


def test_id_numbers_stand_only_in_file_names(rows: list[dict[str, str]]) -> None:
    assert rows[0]["photo"] == f"{ID_NUMBER}.jpg"
    others = [v for row in rows for column, v in row.items() if column != "photo"]
    assert not any(ID_NUMBER in value for value in others)


def test_a_file_name_that_is_not_utf8_is_spelt_out(tmp_path: Path) -> None:
    write_csv([Case(subject(1), "\udcff.jpg", judged())], tmp_path / "results.csv")
    assert read(tmp_path / "results.csv")[0]["photo"] == "\\udcff.jpg"


def test_a_failure_midway_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "results.csv"
    target.write_text("old", encoding="utf-8")

    def broken() -> object:
        yield from students()
        raise RuntimeError("store went away")

    with pytest.raises(RuntimeError):
        write_csv(broken(), target)  # type: ignore[arg-type]
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_unwritable_folder_is_told_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"results\.csv cannot be written") as caught:
        write_csv([], tmp_path / "missing" / "results.csv")
    assert caught.value.hint


def test_same_cases_give_the_same_bytes(tmp_path: Path) -> None:
    cases = [Case(subject(n), f"{n}.jpg", judged(flag("NOT_ME", 0.1, ">= 0.4"))) for n in range(9)]
    write_csv(iter(cases), tmp_path / "a.csv")
    write_csv(iter(cases), tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
