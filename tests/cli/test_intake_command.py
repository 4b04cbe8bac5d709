"""`photoproof intake` and `manifest verify`: what is printed, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.core.errors import IntakeStopped, ManifestError


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lines = ["学号,姓名,籍贯", "2022010001,冯勇,甲", "2022010002,江伟,乙"]
    (tmp_path / "r.csv").write_text("\n".join(lines), "utf-8")
    for name in ("2022010001.jpg", "会计2201班江伟.jpg", "路人.jpg", "IMG_2022010002.jpg"):
        (tmp_path / "photos").mkdir(exist_ok=True)
        (tmp_path / "photos" / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def intake(*more: str, photos: str = "photos") -> Result:
    return CliRunner().invoke(app, ["intake", "--roster", "r.csv", "--photos", photos, *more])


def test_it_tells_columns_sheets_ways_and_what_needs_a_look(base: Path) -> None:
    result = intake()
    assert result.exit_code == 0, result.output
    for words in (
        "columns of r.csv: 姓名 = name, 学号 = student_no; not used: 籍贯",
        "2 students: 2 with a photo, 0 without",
        "student_no",
        "matches nobody in the roster",
    ):
        assert words in result.output
    assert not (base / "out").exists()


def test_json_adds_up(base: Path) -> None:
    told = json.loads(intake("--json").output)
    counts = told["files"]["photo"]
    assert counts["found"] == counts["used"] + counts["set_aside"] + counts["unmatched"] == 4
    assert told["sheets"] == [["r.csv", "", 2, ""]]


def test_the_work_list_names_what_needs_a_look(base: Path) -> None:
    assert intake("--worklist", "w.xlsx").exit_code == 0
    book = openpyxl.load_workbook(base / "w.xlsx")
    names = [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)]
    assert "photos/路人.jpg" in names and "photos/2022010001.jpg" not in names
    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.auto_filter.ref and sheet.freeze_panes == "A2"


@pytest.fixture
def cards(base: Path) -> Path:
    """One of two students has an ID card, nobody an admission photo."""
    for kind in ("cards", "admission"):
        (base / kind).mkdir()
    (base / "cards" / "江伟.jpg").write_text("card")
    return base


def test_who_lacks_which_reference_is_told_by_name(cards: Path) -> None:
    given = ("--references", "idcard=cards", "--references", "admission=admission")
    output = intake(*given).output
    assert "with a reference: 1" in output
    named = [line.split() for line in output.partition("without any reference")[2].splitlines()]
    assert named[1] == ["2022010001", "冯勇"] and ["2022010002", "江伟"] not in named
    told = json.loads(intake("--json", *given).output)
    assert told["missing_references"] == [["2022010001", "冯勇"]]
    assert (told["with_reference"], told["without_reference"]) == (1, 1)
    assert told["files"]["admission"]["found"] == 0
    assert intake("--worklist", "w.xlsx", *given).exit_code == 0
    sheet = openpyxl.load_workbook(cards / "w.xlsx")["缺参考照的学生"]
    assert [[c for c in row if c] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        ["2022010001", "冯勇", "身份证照片、录取照片"],
        ["2022010002", "江伟", "录取照片"],
    ]


def test_where_no_references_are_given_nobody_lacks_one(base: Path) -> None:
    told = json.loads(intake("--json").output)
    assert told["missing_references"] == []
    assert told["without_reference"] == 0
    assert "reference" not in intake().output


def test_the_exit_code_tells_that_the_safety_catch_would_stop(base: Path) -> None:
    (base / "empty").mkdir()
    result = intake(photos="empty")
    assert isinstance(result.exception, IntakeStopped)
    assert result.exception.exit_code == 20


def test_manifest_verify_ends_with_a_code_of_its_own(base: Path) -> None:
    (base / "files.csv").write_text(
        "path,kind,fate,subject_id,matched_by,sha256,why\nphotos/a.jpg,photo,used,1,,ab,\n", "utf-8"
    )
    result = CliRunner().invoke(app, ["manifest", "verify", "photos", "--files", "files.csv"])
    assert isinstance(result.exception, ManifestError)
    assert "not checked" in result.output and "missing" in result.output
