"""`photoproof check`: folders and patterns, and what its exit code means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli import check as command
from pipeline.core.errors import SourceError, ViolationsFound
from pipeline.core.types import Assessment, Decision, Finding, Severity
from pipeline.single.checked import Checked

ADVICE = Finding("EYE_LINE", Severity.ADVICE, 12.0, "200-300", "px")
FLAG = Finding("SIZE_PX", Severity.FLAG, "1x1", "480x640", "px")


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were checked; `flag.jpg` breaks the standard, all have advice."""
    names: list[str] = []

    def check(photos: Iterable[Path], **_: object) -> Iterator[Checked]:
        for path in photos:
            names.append(path.name)
            found = (FLAG, ADVICE) if path.stem == "flag" else (ADVICE,)
            yield Checked(path, {}, Assessment(Decision.ACCEPT, "", found))

    monkeypatch.setattr(command, "check_photos", check)
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "sub/c.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return names


def test_advice_never_fails(seen: list[str]) -> None:
    result = CliRunner().invoke(app, ["check", "a.jpg"])
    assert result.exit_code == 0, result.output
    assert "EYE_LINE" in result.output


def test_a_violation_fails(seen: list[str], tmp_path: Path) -> None:
    (tmp_path / "flag.jpg").touch()
    result = CliRunner().invoke(app, ["check", "a.jpg", "flag.jpg"])
    assert isinstance(result.exception, ViolationsFound)
    assert "1 of 2" in str(result.exception)


def test_folders_and_patterns_are_taken(seen: list[str], tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["check", str(tmp_path)]).exit_code == 0
    assert seen == ["a.jpg", "b.jpg", "c.png"]
    seen.clear()
    assert (
        CliRunner().invoke(app, ["check", "*.jpg", str(tmp_path / "s*" / "*.png")]).exit_code == 0
    )
    assert seen == ["a.jpg", "b.jpg", "c.png"]


@pytest.mark.parametrize("given", ["*.heic", "empty"])
def test_nothing_to_check_is_said(seen: list[str], tmp_path: Path, given: str) -> None:
    (tmp_path / "empty").mkdir()
    result = CliRunner().invoke(app, ["check", given])
    assert isinstance(result.exception, SourceError)
    assert "no picture there" in result.exception.message
