from __future__ import annotations

import datetime
import tomllib
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from unittest.mock import patch

import dbf
import openpyxl
import pytest
import xlsxwriter

from pipeline.core.errors import ConfigError, RosterError
from pipeline.core.types import Subject
from pipeline.source.columns import FIELDS, load_columns
from pipeline.source.roster import Roster, read_roster
from pipeline.source.tables import CODE_PAGES
from pipeline.source.text import squashed

ID = "11010519491231002X"
HEADER = ("学号", "姓名", "身份证号")
BORN = datetime.date(2001, 2, 3)


def xlsx(path: Path, *sheets: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def read(path: Path, columns: Path | None = None) -> Roster:
    return read_roster(path, load_columns(columns))


def only(path: Path) -> Subject:
    (subject,) = read(path).subjects
    return subject


def error(path: Path, columns: Path | None = None) -> RosterError:
    with pytest.raises(RosterError) as caught:
        read(path, columns)
    assert caught.value.hint
    return caught.value


def test_xlsx_gives_every_field(tmp_path: Path) -> None:
    titles = ["学号", "考生号", "身份证号", "姓名", "性别", "出生日期"]
    titles += ["院系", "专业", "班级", "备注", "民族"]
    row = ("007", 20110105150001, ID, " 张三 ", "女", datetime.date(1949, 12, 31))
    path = xlsx(
        tmp_path / "r.xlsx", [titles, (*row, "文学院", "中文", "1班", "身份核验异常", "汉")]
    )
    assert only(path) == Subject(
        subject_id="007",
        row=2,
        name="张三",
        id_number=ID,
        student_no="007",
        candidate_no="20110105150001",
        sex="female",
        birth_date="19491231",
        college="文学院",
        major="中文",
        class_name="1班",
        remark="身份核验异常",
    )


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ";"),
        ("utf-16", "\t"),
        ("gb18030", ","),
        ("gb18030", "\t"),
    ],
)
def test_csv_in_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [delimiter.join(HEADER), delimiter.join(("0012", '"张䶮, 三"', ID.lower()))]
    path = tmp_path / "r.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    subject = only(path)
    assert (subject.subject_id, subject.name) == ("0012", "张䶮, 三")
    assert subject.id_number == ID


def test_csv_text_marks_of_excel_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text('学号,考生号,姓名\n"=""0012""",\'0034,张三\n', "utf-8")
    subject = only(path)
    assert (subject.student_no, subject.candidate_no) == ("0012", "0034")


def dbf_file(path: Path, structure: str, *records: tuple[object, ...]) -> Path:
    # Known to the library while the file is made; the reader has to teach it by itself.
    with patch.dict(dbf.tables.code_pages, CODE_PAGES):
        made = dbf.Table(str(path), structure, codepage="gb18030")
        with closing(made.open(dbf.READ_WRITE)) as table:
            for record in records:
                table.append(record)
    return path


@pytest.mark.parametrize(("page", "name"), [(0x00, "张三"), (0x4D, "张三"), (0x03, "ÕÅÈý")])
def test_dbf_in_the_code_page_it_names_or_gbk(tmp_path: Path, page: int, name: str) -> None:
    path = dbf_file(tmp_path / "r.dbf", "XH C(10); XM C(12); CSRQ D", ("0012", "张三", BORN))
    raw = bytearray(path.read_bytes())
    raw[29] = page
    path.write_bytes(raw)
    subject = only(path)
    assert (subject.subject_id, subject.name, subject.birth_date) == ("0012", name, "20010203")
    assert path.read_bytes() == raw, "the roster is not written to"


def test_dbf_rare_character_of_gb18030(tmp_path: Path) -> None:
    assert only(dbf_file(tmp_path / "r.dbf", "XH C(10); XM C(12)", ("1", "张㼆"))).name == "张㼆"


def test_dbf_numbers_are_whole(tmp_path: Path) -> None:
    path = dbf_file(tmp_path / "r.dbf", "XH C(10); SFZH N(18,0)", ("1", 10**17))
    # The library itself writes numbers through a float.
    path.write_bytes(path.read_bytes().replace(b"1" + b"0" * 17, b"110105194912310021"))
    assert only(path).id_number == "110105194912310021"


def test_dbf_deleted_records_are_passed_over(tmp_path: Path) -> None:
    path = dbf_file(tmp_path / "r.dbf", "XH C(10)", ("1",), ("2",), ("3",))
    with closing(dbf.Table(str(path)).open(dbf.READ_WRITE)) as table:
        dbf.delete(table[1])
    assert [(s.subject_id, s.row) for s in read(path).subjects] == [("1", 2), ("3", 4)]


@pytest.mark.parametrize(
    "title",
    ["xh", " 学 号 ", "【学号】", "学号（必填）", "*学号：", "ＸＨ", "Student No."],
)
def test_headers_are_compared_loosely(tmp_path: Path, title: str) -> None:
    assert only(xlsx(tmp_path / "r.xlsx", [(title,), ("0012",)])).student_no == "0012"


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
    assert [(s.subject_id, s.row) for s in roster.subjects] == [("001", 5), ("002", 7)]
    assert roster.remarks == ("1 row of r.xlsx without number and name left out (rows 8).",)


def test_the_best_of_two_columns_for_one_field_is_used_and_said(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "r.xlsx", [("证件号码", "学号", "身份证号"), ("E1234", "1", ID)])
    roster = read(path)
    assert roster.subjects[0].id_number == ID
    assert roster.remarks == ("Column 证件号码 of r.xlsx was not used: 身份证号 is read instead.",)


def test_a_wrong_dimension_record_does_not_hide_columns(tmp_path: Path) -> None:
    whole = xlsx(tmp_path / "whole.xlsx", [HEADER, ("001", "张三", ID)])
    path = tmp_path / "r.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:C2"', b'ref="A1"'))
    assert only(path).name == "张三"


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
    assert [s.subject_id for s in roster.subjects] == ["001", "002", "003", "14", "15"]
    assert roster.damaged == {"001", "002", "003"}
    assert roster.remarks == (
        "3 cells of column 身份证号 in r.xlsx damaged by Excel, last digits lost "
        "(rows 2, 3, 4); enter them again as text.",
        "2 cells of column 学号 in r.xlsx damaged by Excel, last digits lost "
        "(rows 5, 6); enter them again as text.",
    )


@pytest.mark.parametrize(
    ("titles", "row", "subject_id"),
    [
        (("学号", "考生号"), ("1", "2"), "1"),
        (("学号", "考生号"), ("无", "2"), "2"),
        (("姓名",), ("张三",), "row00002"),
        (("身份证号",), (ID,), "row00002"),
        (("学号", "考生号"), (ID, "2"), "2"),
        (("学号", "证件号码"), ("E1234567", "E1234567"), "row00002"),
    ],
)
def test_subject_id_is_never_an_id_number(
    tmp_path: Path, titles: tuple[str, ...], row: tuple[str, ...], subject_id: str
) -> None:
    assert only(xlsx(tmp_path / "r.xlsx", [titles, row])).subject_id == subject_id


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


@pytest.mark.parametrize("title", ["学号", "考生号", "身份证号"])
def test_one_number_in_two_rows_is_refused_without_showing_it(tmp_path: Path, title: str) -> None:
    rows = [(title, "姓名"), (ID, "张三"), ("other", "李四"), (ID.lower(), "张三")]
    caught = error(xlsx(tmp_path / "r.xlsx", rows))
    assert f"r.xlsx, sheet Sheet, column {title}: the same number in rows 2 and 4." in str(caught)
    assert ID[:17] not in str(caught)


def test_many_double_rows_are_cut_short(tmp_path: Path) -> None:
    rows = [("学号",), *((str(n % 50),) for n in range(100))]
    assert str(error(xlsx(tmp_path / "r.xlsx", rows))).endswith("6 and 56 and 45 more.")


def test_one_subject_id_from_two_columns_is_refused(tmp_path: Path) -> None:
    rows = [("学号", "考生号"), ("5", ""), ("", "5")]
    assert "column 学号 / 考生号: the same number in rows 2 and 3" in str(
        error(xlsx(tmp_path / "r.xlsx", rows))
    )


def test_missing_header_key_column_and_students_are_refused(tmp_path: Path) -> None:
    assert "no header row found in the first 20 rows of sheet Sheet, Sheet1" in str(
        error(xlsx(tmp_path / "a.xlsx", [("x",)], [("y",)]))
    )
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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.xls", b""),
        ("r.xlsx", b"\xd0\xcf\x11\xe0 locked by a password"),
        ("r.xlsx", b"PK\x05\x06" + bytes(18)),
        ("r.csv", b"\xff\xff\xff"),
        ("r.csv", b'"\x00' + b"x" * 200_000),
        ("r.dbf", b"nonsense" * 20),
    ],
)
def test_unreadable_rosters_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert name in str(error(tmp_path / name))


@pytest.mark.parametrize("name", ["absent.xlsx", "absent.csv", "absent.dbf"])
def test_a_missing_roster_is_refused(tmp_path: Path, name: str) -> None:
    assert name in str(error(tmp_path / name))


def test_shipped_columns_cover_the_fields_and_give_no_header_twice() -> None:
    table = tomllib.loads(files("data").joinpath("columns.toml").read_text("utf-8"))
    assert set(table) == set(FIELDS) == {f.name for f in fields(Subject)} - {"subject_id", "row"}
    headers = [squashed(header) for headers in table.values() for header in headers]
    assert len(headers) == len(set(headers))


def test_a_users_columns_come_first_and_move_headers(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('candidate_no = ["学号", "报名号"]\nid_number = ["证件号码"]\n', "utf-8-sig")
    columns = load_columns(own)
    assert columns.find("学号") == (0, "candidate_no")
    assert columns.find("报名号") == (1, "candidate_no")
    assert columns.find("证件号码") == (0, "id_number")
    assert columns.find("身份证号") == (1, "id_number")
    assert columns.find("XH") == (0, "student_no")
    assert columns.find("籍贯") is None


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('nick = ["x"]', "unknown field 'nick'", "student_no"),
        ('name = "x"', "'name' is not a list of headers", "name = ["),
        ('name = ["（）"]', "'name' is not a list of headers", "name = ["),
        ('name = ["a b"]\nsex = ["AB"]', "'AB' is given to 'name' and 'sex'", "one of"),
        ("name = [", "not valid TOML", "line"),
    ],
)
def test_wrong_columns_are_refused(tmp_path: Path, text: str, message: str, hint: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_columns(own)
    assert "own.toml" in str(caught.value)
    assert message in str(caught.value)
    assert hint in caught.value.hint


def test_columns_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load_columns(tmp_path / "absent.toml")
    (tmp_path / "gbk.toml").write_bytes('name = ["姓名"]'.encode("gbk"))
    with pytest.raises(ConfigError, match=r"gbk\.toml"):
        load_columns(tmp_path / "gbk.toml")


def test_a_missing_roster_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(RosterError) as told:
        read_roster(tmp_path / "none.xlsx", load_columns())
    assert "No such file" in told.value.message
    assert "Errno" not in told.value.message
