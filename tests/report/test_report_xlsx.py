"""`report.xlsx`: the college table, all text, thumbnails where somebody must look."""

from __future__ import annotations

import io
import math
import unicodedata
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as some
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image
from report_cases import (
    HOSTILE,
    ID_NUMBER,
    OTHER_ID,
    PASSPORT,
    faces,
    flag,
    judged,
    run_of,
    students,
    subject,
)

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.errors import StoreError
from pipeline.core.types import Case
from pipeline.core.words import Language, words
from pipeline.report import paper, write_xlsx, xlsx_report

HEADER = (
    "序号 照片 参考照 姓名 学号 院系 班级 机器结论 原因 说明 复核结论 处理措施 "
    "处理状态 复核人 学生复核结论 日期 专业 考生号 证件号 照片文件 原因代码"
)
LEFT = [
    Delivered("p/a", "一班/a.jpg", "photo", Fate.SET_ASIDE, "2021000001", "name", "a_copy"),
    Delivered("p/b", f"{OTHER_ID}.pdf", "idcard", Fate.UNREADABLE, why="pdf_locked"),
]


def opened(tmp_path: Path, cases: list[Case], lang: Language = "zh") -> openpyxl.Workbook:
    write_xlsx(run_of(cases), iter(cases), tmp_path / "report.xlsx", lang)
    return openpyxl.load_workbook(tmp_path / "report.xlsx")


@pytest.fixture
def sheet(tmp_path: Path) -> Worksheet:
    return opened(tmp_path, students())["名单"]


def column(sheet: Worksheet, title: str) -> list[str | None]:
    index = HEADER.split().index(title)
    return [row[index] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_columns_are_the_college_tables(sheet: Worksheet) -> None:
    assert [cell.value for cell in sheet[1]] == HEADER.split()
    assert sheet.max_row == 1 + len(students())


def test_english_headers(tmp_path: Path) -> None:
    sheet = opened(tmp_path, students(), "en")["Students"]
    assert sheet["A1"].value == "No."
    assert sheet["H4"].value == "Flag"
    assert "Does not look like the person on the admission photo" in sheet["J4"].value


def test_every_cell_is_text(sheet: Worksheet) -> None:
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert column(sheet, "考生号")[0] == "21110105000000"


def test_what_stands_empty_is_no_cell_and_takes_text(sheet: Worksheet) -> None:
    """What people type there keeps its zeros."""
    state = get_column_letter(xlsx_report.KEYS.index("state") + 1)
    assert not any(cell.has_style for cell in sheet[state][1:])
    assert sheet.column_dimensions[state].number_format == "@"


def test_formulas_and_markup_stay_names(sheet: Worksheet) -> None:
    names = column(sheet, "姓名")
    assert names[8] == HOSTILE
    assert names[9] == '=HYPERLINK("x")'


def test_no_full_id_number_appears(tmp_path: Path) -> None:
    book = opened(tmp_path, students())
    text = " ".join(
        str(value) for s in book for row in s.iter_rows(values_only=True) for value in row
    ).upper()
    assert not any(number in text for number in (ID_NUMBER, OTHER_ID, PASSPORT))
    assert column(book["名单"], "证件号")[0] == "110*************2X"


def test_decisions_reasons_and_advice_are_told(sheet: Worksheet) -> None:
    assert column(sheet, "机器结论")[:3] == ["通过", "通过", "异常"]
    assert column(sheet, "机器结论")[6] == "待核"
    assert column(sheet, "原因代码")[2] == "NOT_ME;LOOKS_LIKE_OTHER;NAME_CLASH"
    assert column(sheet, "原因")[2] == "不像本人\n更像他人\n对应不唯一"
    assert str(column(sheet, "说明")[2]).splitlines()[-1] == "提示：头部歪斜"
    assert len(str(column(sheet, "说明")[2]).splitlines()) == 4, "one sentence a reason"
    assert all(value is None for value in column(sheet, "复核结论"))


def test_thumbnails_only_where_somebody_must_look(sheet: Worksheet) -> None:
    placed = [(i.anchor._from.row, i.anchor._from.col) for i in sheet._images]
    rows = {row - 1 for row, _ in placed}
    assert rows == {2, 3, 4, 5, 6, 7, 9, 10, 11}
    assert {col for row, col in placed if row == 3} == {1, 2}


def test_a_picture_fills_its_cell_and_is_sharp_on_paper() -> None:
    for size in ((480, 640), (640, 480), (180, 240), (60, 80)):
        jpeg = io.BytesIO()
        Image.new("RGB", size).save(jpeg, "JPEG")
        data, scale = xlsx_report._small(jpeg.getvalue())
        width, height = Image.open(data).size
        room = xlsx_report._column_px(xlsx_report.COLUMNS["photo"])
        assert height * scale <= xlsx_report.PICTURE_PX + 1 and width * scale <= room + 1
        if size[0] > 100:
            assert scale < 0.7, "more pixels than the screen shows"
            assert width * scale > room - 2 or height * scale > xlsx_report.PICTURE_PX - 2


def test_thumbnails_stop_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_report, "PICTURE_ROWS", 2)
    sheet = opened(tmp_path, students())["名单"]
    assert {i.anchor._from.row - 1 for i in sheet._images} == {2, 3}


def test_the_deciding_reference_is_shown(tmp_path: Path) -> None:
    pictures = faces(1) | {"admission": faces(2)["photo"]}
    case = Case(subject(1), "a.jpg", judged(flag("NOT_ME", 0.1)), {}, (), pictures)
    image = opened(tmp_path, [case])["名单"]._images[1]
    assert image._data() == xlsx_report._small(pictures["admission"])[0].getvalue()


def test_head_is_frozen_filtered_and_choices_are_lists(sheet: Worksheet) -> None:
    assert sheet.freeze_panes == "E2"
    assert sheet.auto_filter.ref == f"A1:U{sheet.max_row}"
    assert sheet.print_area == f"'名单'!$A$1:$L${sheet.max_row}"
    choices = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    last = sheet.max_row
    assert choices[f"L2:L{last}"] == '"重采,勘误,备案"'
    assert choices[f"K2:K{last}"] == '"照片正确,照片不是我本人,照片侧卧,照片倒立,其他"'


def test_second_sheet_has_the_runs_counts(tmp_path: Path) -> None:
    rows = list(opened(tmp_path, students())["汇总"].iter_rows(values_only=True))
    run = run_of(students())
    counted = {row[0]: row[1] for row in rows}
    assert counted["异常"] == run.counts.decision["FLAG"]
    assert counted["不像本人"] == run.counts.reasons["NOT_ME"]


def test_shares_of_the_second_sheet_add_up(tmp_path: Path) -> None:
    rows = list(opened(tmp_path, students())["汇总"].iter_rows(values_only=True))
    whole = [place for place, row in enumerate(rows) if row[0] == "合计"]
    assert len(whole) == 2
    for begin, end in ((0, whole[0]), (whole[0] + 2, whole[1])):
        parts = [row for row in rows[begin:end] if isinstance(row[2], float | int)]
        assert sum(Decimal(str(row[2])) for row in parts) == 1 == rows[end][2]
        assert sum(int(str(row[1])) for row in parts) == rows[end][1] == len(students())


def test_strays_and_files_set_aside_have_a_sheet_and_are_no_students(tmp_path: Path) -> None:
    cases = students()
    stray = Delivered("p/s", cases[-1].photo, "photo", Fate.UNMATCHED, why="matches_nobody")
    write_xlsx(run_of(cases), cases, tmp_path / "report.xlsx", "zh", files=[*LEFT, stray])
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book["名单"].max_row == len(cases), "the header and all but the stray"
    told = list(book["未采用的文件"].iter_rows(min_row=2, values_only=True))
    assert [row[1:] for row in told] == [
        ("IMG_340*************1X.jpg", "学生照片", "未匹配", None, "与名单中的任何人都对不上"),
        ("一班/a.jpg", "学生照片", "未采用", "2021000001", "是副本"),
        (
            "340*************1X.pdf",
            "身份证照片",
            "无法读取",
            None,
            words("value", "zh")["pdf_locked"],
        ),
    ]
    assert [i.anchor._from.row for i in book["未采用的文件"]._images] == [1]


def test_a_table_without_files_keeps_every_case(tmp_path: Path) -> None:
    book = opened(tmp_path, students())
    assert book.sheetnames == ["名单", "汇总"]


def test_an_empty_run_and_odd_texts_still_make_a_workbook(tmp_path: Path) -> None:
    assert column(opened(tmp_path, [])["名单"], "姓名") == []
    case = Case(subject(1, "长" * 40_000), "\udcff.jpg", judged())
    sheet = opened(tmp_path, [case])["名单"]
    assert len(str(column(sheet, "姓名")[0])) == 32_767
    assert column(sheet, "照片文件") == ["\\udcff.jpg"]


def test_a_missing_folder_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"report\.xlsx"):
        write_xlsx(run_of([]), [], tmp_path / "missing" / "report.xlsx")


def test_nothing_but_the_report_is_left(tmp_path: Path) -> None:
    opened(tmp_path, students())
    assert [p.name for p in tmp_path.iterdir()] == ["report.xlsx"]


def test_every_column_has_a_header() -> None:
    assert set(xlsx_report.KEYS) <= set(words("sheet", "zh"))


@given(some.text() | some.text("1a学ｘ\n"), some.integers(1, 60))
def test_a_text_takes_as_many_lines_as_its_characters_are_wide(text: str, width: int) -> None:
    """Most texts are short or plain, and are not looked at a character at a time."""
    wide = [
        sum(1 + (unicodedata.east_asian_width(c) in "WFA") for c in line)
        for line in text.split("\n")
    ]
    room = max(1.0, width * 0.88)
    assert paper.lines_of(text, width) == sum(max(1, math.ceil(w / room)) for w in wide)
