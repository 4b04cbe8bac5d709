"""Rows about one student, rows that contradict each other, rosters of several sheets and files."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from roster_cases import ID, read, xlsx

from pipeline.source.columns import load_columns
from pipeline.source.roster import read_roster

OTHER_ID = "34052419800101001X"
HEADER = ("学号", "姓名", "身份证号", "学院", "班级")


def keys(path: Path) -> list[str]:
    return [s.student_key for s in read(path).subjects]


def test_every_sheet_with_a_header_is_read_and_named_the_others_too(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "r.xlsx",
        [("学院", "人数"), ("会计", 2)],
        [HEADER, ("1", "张三"), ("2", "李四")],
        [("名单",), ("姓名", "学号"), ("王五", "3")],
        [],
    )
    roster = read(path)
    assert [s.student_key for s in roster.subjects] == ["1", "2", "3"]
    assert [(s.sheet, s.students) for s in roster.sheets] == [
        ("Sheet", 0),
        ("Sheet1", 2),
        ("Sheet2", 1),
        ("Sheet3", 0),
    ]
    assert roster.sheets[0].why == "row 1: the columns 学院 do not tell students apart"
    assert roster.remarks == (f"Sheet Sheet of r.xlsx was left out: {roster.sheets[0].why}.",)


def test_several_files_are_one_roster(tmp_path: Path) -> None:
    a = xlsx(tmp_path / "a.xlsx", [HEADER, ("1", "张三")])
    b = xlsx(tmp_path / "b.xlsx", [HEADER, ("2", "李四"), ("1", "张三", "", "会计学院")])
    roster = read_roster([a, b], load_columns())
    assert [(s.student_key, s.college) for s in roster.subjects] == [("1", "会计学院"), ("2", "")]
    assert roster.again == 1
    assert "counted once (b.xlsx[Sheet]:3)" in roster.remarks[0]


def test_the_same_row_number_of_two_sheets_is_two_students(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "r.xlsx", [("姓名",), ("张三",)], [("姓名",), ("李四",)])
    assert keys(path) == ["row00002", "row00002-2"]


def test_identical_rows_count_once(tmp_path: Path) -> None:
    row = ("1", "张三", ID, "会计学院", "1班")
    roster = read(xlsx(tmp_path / "r.xlsx", [HEADER, row, ("2", "李四"), row]))
    assert [s.student_key for s in roster.subjects] == ["1", "2"]
    assert not roster.conflicts
    assert "1 row of the roster said again" in roster.remarks[0]


def test_two_people_of_one_number_are_two_findings_and_the_others_go_on(tmp_path: Path) -> None:
    rows = [HEADER, ("1", "张三", ID), ("2", "李四"), ("1", "王五", OTHER_ID)]
    roster = read(xlsx(tmp_path / "r.xlsx", rows))
    assert [s.student_key for s in roster.subjects] == ["1", "2", "row00004"]
    assert roster.conflicts == {
        "1": "r.xlsx[Sheet]:4 (name, id_number)",
        "row00004": "r.xlsx[Sheet]:2 (name, id_number)",
    }


def test_one_person_with_two_classes_is_one_student_with_a_finding(tmp_path: Path) -> None:
    rows = [HEADER, ("1", "张三", ID, "", "1班"), ("1", "张 三", ID, "", "2班")]
    roster = read(xlsx(tmp_path / "r.xlsx", rows))
    assert [s.class_name for s in roster.subjects] == ["1班"]
    assert roster.conflicts == {"1": "r.xlsx[Sheet]:3 (class_name)"}


def test_a_conflict_never_shows_a_number(tmp_path: Path) -> None:
    rows = [("身份证号", "姓名"), (ID, "张三"), (ID.lower(), "李四")]
    roster = read(xlsx(tmp_path / "r.xlsx", rows))
    assert [s.student_key for s in roster.subjects] == ["row00002", "row00003"]
    assert ID[:17] not in str((roster.conflicts, roster.remarks))


def test_the_header_on_every_page_is_no_student(tmp_path: Path) -> None:
    assert keys(xlsx(tmp_path / "r.xlsx", [HEADER, ("1", "张三"), HEADER, ("2", "李四")])) == [
        "1",
        "2",
    ]


def test_merged_cells_fill_down_and_right(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "r.xlsx",
        [
            ("2026届毕业生",),
            ("学号", "姓名", "学院", "班级", "专业"),
            ("1", "张三", "会计学院", "会计1班", "会计"),
            ("2", "李四"),
            (),
            ("3", "王五", None, "财务"),
        ],
    )
    book = openpyxl.load_workbook(path)
    for cells in ("A1:E1", "C3:C8", "D6:E6"):
        book.active.merge_cells(cells)
    book.save(path)
    roster = read(path)
    assert [(s.student_key, s.college, s.major) for s in roster.subjects] == [
        ("1", "会计学院", "会计"),
        ("2", "会计学院", ""),
        ("3", "会计学院", "财务"),
    ]
    assert roster.remarks == (), "rows that hold nothing of their own stay empty"
