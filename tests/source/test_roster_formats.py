"""Rosters as xlsx, csv and dbf, and files that are none."""

from __future__ import annotations

import datetime
import zipfile
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import dbf
import pytest
from roster_cases import HEADER, ID, error, only, read, xlsx

from pipeline.core.errors import RosterError
from pipeline.core.types import Subject
from pipeline.source.columns import load_columns
from pipeline.source.roster import read_roster
from pipeline.source.tables import CODE_PAGES

BORN = datetime.date(2001, 2, 3)


def test_xlsx_gives_every_field(tmp_path: Path) -> None:
    titles = ["学号", "考生号", "身份证号", "姓名", "性别", "出生日期"]
    titles += ["院系", "专业", "班级", "备注", "民族"]
    row = ("007", 20110105150001, ID, " 张三 ", "女", datetime.date(1949, 12, 31))
    path = xlsx(
        tmp_path / "r.xlsx", [titles, (*row, "文学院", "中文", "1班", "身份核验异常", "汉")]
    )
    assert only(path) == Subject(
        student_key="007",
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
    assert (subject.student_key, subject.name) == ("0012", "张䶮, 三")
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
    assert (subject.student_key, subject.name, subject.birth_date) == ("0012", name, "20010203")
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
    assert [(s.student_key, s.row) for s in read(path).subjects] == [("1", 2), ("3", 4)]


def test_a_wrong_dimension_record_does_not_hide_columns(tmp_path: Path) -> None:
    whole = xlsx(tmp_path / "whole.xlsx", [HEADER, ("001", "张三", ID)])
    path = tmp_path / "r.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:C2"', b'ref="A1"'))
    assert only(path).name == "张三"


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


def test_a_missing_roster_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(RosterError) as told:
        read_roster(tmp_path / "none.xlsx", load_columns())
    assert "No such file" in told.value.message
    assert "Errno" not in told.value.message
