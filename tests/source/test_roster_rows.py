"""Rows and cells of a roster become students, whatever Excel did to them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import xlsxwriter
from roster_cases import HEADER, ID, error, only, read, xlsx


def test_title_rows_empty_rows_footers_and_other_sheets_are_passed_over(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "r.xlsx",
        [("说明",), ("请勿修改",)],
        [
            ("2024届毕业生名单",),
            ("学院", "文学院"),
            (),
            HEADER,
            ("001", "张三"),
            (None, " ", None),
            ("002", "李四"),
            (None, None, None, "制表人：王五"),
        ],
    )
    roster = read(path)
    assert [(s.student_key, s.row) for s in roster.subjects] == [("001", 5), ("002", 7)]
    assert roster.remarks == (
        "1 row of r.xlsx[Sheet1] without number and name left out (rows 8).",
        "Sheet Sheet of r.xlsx was left out: no header row found in the first 20 rows (its fullest"
        " row: 说明).",
    )


def test_numeric_cells_become_plain_digits(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["学号", "考生号"])
        sheet.write_row(1, 0, [2020123.0, 20110105150001])
    assert (only(path).student_no, only(path).candidate_no) == ("2020123", "20110105150001")


def test_numbers_damaged_by_excel_are_left_empty_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["学号", "考生号", "身份证号"])
        sheet.write_row(1, 0, ["001", "11", 110105194912310021])
        sheet.write_row(2, 0, ["002", "12", "1.10105E+17"])
        sheet.write_row(3, 0, ["003", "13", "110105194912310000"])
        sheet.write_row(4, 0, [2020010112345678, "14", ID])
        sheet.write_row(5, 0, ["2.02001E+15", "15", ID[:-2] + "10"])
    roster = read(path)
    assert [s.id_number for s in roster.subjects] == ["", "", "", ID, ID[:-2] + "10"]
    assert [s.student_key for s in roster.subjects] == ["001", "002", "003", "14", "15"]
    assert roster.damaged == {"001", "002", "003"}
    assert roster.remarks == (
        "3 cells of column 身份证号 in r.xlsx[Sheet1] damaged by Excel, last digits lost "
        "(rows 2, 3, 4); enter them again as text.",
        "2 cells of column 学号 in r.xlsx[Sheet1] damaged by Excel, last digits lost "
        "(rows 5, 6); enter them again as text.",
    )


@pytest.mark.parametrize(
    ("titles", "row", "student_key"),
    [
        (("学号", "考生号"), ("1", "2"), "1"),
        (("学号", "考生号"), ("无", "2"), "2"),
        (("姓名",), ("张三",), "row00002"),
        (("身份证号",), (ID,), "row00002"),
        (("学号", "考生号"), (ID, "2"), "2"),
        (("学号", "证件号码"), ("E1234567", "E1234567"), "row00002"),
    ],
)
def test_student_key_is_never_an_id_number(
    tmp_path: Path, titles: tuple[str, ...], row: tuple[str, ...], student_key: str
) -> None:
    assert only(xlsx(tmp_path / "r.xlsx", [titles, row])).student_key == student_key


@pytest.mark.parametrize(
    ("written", "sex"),
    [("1", "male"), (1, "male"), ("男", "male"), (2.0, "female"), ("女性", "female"), ("?", "")],
)
def test_sex(tmp_path: Path, written: object, sex: str) -> None:
    assert only(xlsx(tmp_path / "r.xlsx", [("学号", "性别"), ("1", written)])).sex == sex


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        (20010203, "20010203"),
        ("2001-2-3", "20010203"),
        ("2001/02/03 00:00:00", "20010203"),
        ("2001年2月3日", "20010203"),
        (datetime.datetime(2001, 2, 3), "20010203"),
        ("2001年2月", "2001年2月"),
    ],
)
def test_birth_date(tmp_path: Path, written: object, digits: str) -> None:
    path = xlsx(tmp_path / "r.xlsx", [("学号", "出生日期"), ("1", written)])
    assert only(path).birth_date == digits


def test_missing_header_key_column_and_students_are_refused(tmp_path: Path) -> None:
    assert (
        "sheet Sheet: no header row found in the first 20 rows (its fullest row: x);"
        " sheet Sheet1: no header row found in the first 20 rows (its fullest row: y)."
    ) in str(error(xlsx(tmp_path / "a.xlsx", [("x",)], [("y",)])))
    late = [*[("x",)] * 20, HEADER, ("1", "张三")]
    assert "no header row" in str(error(xlsx(tmp_path / "b.xlsx", late)))
    assert "row 2: the columns 班级, 专业 do not tell students apart" in str(
        error(xlsx(tmp_path / "c.xlsx", [(), ("专业", "班级"), ("a", "b")]))
    )
    assert "no students below the header in row 1" in str(
        error(xlsx(tmp_path / "d.xlsx", [HEADER]))
    )
    (tmp_path / "e.csv").write_bytes(b"")
    assert "no header row" in str(error(tmp_path / "e.csv"))
