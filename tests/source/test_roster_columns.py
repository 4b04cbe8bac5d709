"""Which header stands for which field: shipped names, and a user's own."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest
from roster_cases import ID, only, read, xlsx

from pipeline.core.errors import ConfigError
from pipeline.core.types import Subject
from pipeline.source.columns import FIELDS, load_columns
from pipeline.source.text import squashed


@pytest.mark.parametrize(
    "title",
    ["xh", " 学 号 ", "【学号】", "学号（必填）", "*学号：", "ＸＨ", "Student No."],
)
def test_headers_are_compared_loosely(tmp_path: Path, title: str) -> None:
    assert only(xlsx(tmp_path / "r.xlsx", [(title,), ("0012",)])).student_no == "0012"


def test_the_best_of_two_columns_for_one_field_is_used_and_said(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "r.xlsx", [("证件号码", "学号", "身份证号"), ("E1234", "1", ID)])
    roster = read(path)
    assert roster.subjects[0].id_number == ID
    assert roster.remarks == (
        "Column 证件号码 of r.xlsx[Sheet] was not used: 身份证号 is read instead.",
    )


def test_shipped_columns_cover_the_fields_and_give_no_header_twice() -> None:
    table = tomllib.loads(files("data").joinpath("columns.toml").read_text("utf-8"))
    assert set(table) == set(FIELDS) == {f.name for f in fields(Subject)} - {"student_key", "row"}
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
