"""A second night writes the reports that would come out otherwise, and leaves the others alone."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desk_runs import drawing
from report_cases import subject

from pipeline.core.policy import Policy, load_policy, load_profile
from pipeline.core.program import program_digest
from pipeline.core.types import Cohort, ImageFile, Job, Measurement, Reference
from pipeline.night import publishing as publish
from pipeline.night import tally
from pipeline.night.folder import DATABASE, PAGE, PREVIOUS, REPORTS, RESULTS, SUMMARY
from pipeline.night.nightly import Outputs, redecide, run_night
from pipeline.store import Store

Night = Callable[..., Outputs]
Written = Callable[[], set[str]]
ALL = set(REPORTS)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """One night over the same four photos; roster rows and options may differ."""

    def go(renamed: str = "", policy: Policy | None = None, **options: Any) -> Outputs:
        policy = policy or load_policy()
        jobs = []
        for number in range(4):
            photo = tmp_path / f"{number}.jpg"
            if not photo.exists():
                photo.write_text(f"score=0.8 face={number}")
                os.utime(photo, (1e9, 1e9))
            facts = (
                Measurement("source.photo_files", 1.0),
                Measurement("source.reference_files", 1.0),
            )
            reference = Reference("idcard", ImageFile(photo))
            row = subject(number, renamed if number == 0 else "")
            jobs.append(Job(row, ImageFile(photo), (reference,), facts))
        standard = load_profile(policy.profile)
        options = {"digests": {}, "factory": drawing(), **options}
        return run_night(Cohort(tuple(jobs)), tmp_path / "out", policy, standard, **options)

    return go


def strict() -> Policy:
    """A policy that flags all four."""
    high = {"flag_below": 0.81, "accept_from": 0.9, "provenance": "test"}
    return load_policy(None, {"comparison": {"thresholds": {"default": high, "idcard": high}}})


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Names of the reports that were written since it was last asked; all of them are there."""

    def ask() -> set[str]:
        paths = [tmp_path / "out" / name for name in REPORTS]
        found = {path.name for path in paths if path.stat().st_mtime != 1}
        for path in paths:
            os.utime(path, (1, 1))
        return found

    return ask


def test_an_unchanged_night_writes_no_report(night: Night, written: Written) -> None:
    first = night()
    assert written() == ALL
    second = night()
    assert written() == set()
    assert second.summary.assessed == 0
    assert second.summary.counts == first.summary.counts


def test_what_is_left_is_what_would_be_written(
    night: Night, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night()
    left = (tmp_path / "out" / RESULTS).read_bytes()
    monkeypatch.setattr(publish, "program_digest", lambda: "another")
    written()
    night()
    assert written() == ALL
    assert (tmp_path / "out" / RESULTS).read_bytes() == left


def test_run_json_tells_of_the_last_night_all_the_same(night: Night, tmp_path: Path) -> None:
    night()
    summary = night(workers=2).summary
    told = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert (told["workers"], told["assessed"]) == (2, 0)
    assert told["finished"] == summary.finished


@pytest.mark.parametrize("name", REPORTS)
def test_a_deleted_report_is_written_anew(
    night: Night, written: Written, tmp_path: Path, name: str
) -> None:
    night()
    written()
    (tmp_path / "out" / name).unlink()
    night()
    assert written() == {name}


@pytest.mark.parametrize("name", REPORTS)
def test_an_edited_report_is_written_anew(
    night: Night, written: Written, tmp_path: Path, name: str
) -> None:
    night()
    written()
    path = tmp_path / "out" / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, (1, 1))  # as long and as old as it was
    night()
    assert written() == {name}


def test_another_language_is_written(night: Night, written: Written) -> None:
    night()
    written()
    night(lang="en")
    assert written() == ALL
    night(lang="en")
    assert written() == set()


def test_a_changed_roster_row_is_written(night: Night, written: Written, tmp_path: Path) -> None:
    night()
    written()
    assert night(renamed="新名").summary.assessed == 0
    assert written() == ALL
    assert "新名" in (tmp_path / "out" / PAGE).read_text("utf-8")


def test_another_policy_is_written(night: Night, written: Written) -> None:
    night()
    written()
    counts = night(policy=strict()).summary.counts
    assert counts.decision["FLAG"] == 4
    assert written() == ALL


@pytest.mark.parametrize("module", [publish, tally])
def test_another_program_decides_and_writes(
    night: Night, written: Written, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    night()
    written()
    asked: list[int] = []
    decide_all = tally.decide_all

    def counted(*arguments: Any) -> Any:
        asked.append(1)
        return decide_all(*arguments)

    monkeypatch.setattr(tally, "decide_all", counted)
    monkeypatch.setattr(module, "program_digest", lambda: "another")
    night()
    assert (written(), len(asked)) == ((ALL, 0) if module is publish else (set(), 1))


def test_a_standard_of_the_school_that_was_edited_is_written(
    night: Night, written: Written, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text('base = "cet"\n')
    policy = load_policy(None, {"profile": str(own)})
    night(policy=policy)
    written()
    night(policy=policy)
    assert written() == set()
    own.write_text('base = "cet"\ntitle_en = "ours"\n')
    night(policy=policy)
    assert written() == ALL


_CHANGES = {
    "picture": "UPDATE picture SET jpeg = CAST(jpeg || x'00' AS BLOB) WHERE slot = 'photo'",
    "measured": "UPDATE student SET measured = replace(measured, '480', '481')",
    "comparison": "UPDATE comparison SET score = score - 0.001",
    "conclusion": "INSERT INTO conclusion"
    " SELECT student_key, 'cohort.note', 'x', '', '' FROM student",
    "order": "UPDATE student SET position = -position",
}


@pytest.mark.parametrize("what", _CHANGES)
def test_the_store_s_digest_sees_every_change(night: Night, tmp_path: Path, what: str) -> None:
    night()
    path = tmp_path / "out" / DATABASE

    def digest() -> str:
        with Store(path) as store:
            return store.digest(pictures=True)

    before = digest()
    assert digest() == before
    with sqlite3.connect(path) as database:
        assert database.execute(_CHANGES[what]).rowcount > 0
    database.close()
    assert digest() != before


@pytest.mark.parametrize("what", ["picture", "measured", "comparison", "conclusion"])
def test_a_changed_store_is_written(
    night: Night, written: Written, tmp_path: Path, what: str
) -> None:
    night()
    written()
    with sqlite3.connect(tmp_path / "out" / DATABASE) as database:
        database.execute(_CHANGES[what])
    database.close()
    night()
    assert written() == ALL


def test_nobody_is_decided_anew_where_nothing_changed(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = night().summary.counts
    with monkeypatch.context() as patched:
        patched.setattr(tally, "decide_all", lambda *_: pytest.fail("decided"))
        assert night().summary.counts == counts


def test_a_decision_that_others_changed_is_made_anew(night: Night, tmp_path: Path) -> None:
    counts = night().summary.counts
    with sqlite3.connect(tmp_path / "out" / DATABASE) as database:
        database.execute("UPDATE decision SET assessment = replace(assessment, 'ACCEPT', 'FLAG')")
    database.close()
    assert night().summary.counts == counts
    policy = load_policy()
    redone = redecide(tmp_path / "out", policy, load_profile(policy.profile), "zh")
    assert redone.summary.counts == counts


def test_a_night_that_failed_while_writing_is_made_good(
    night: Night, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night()
    written()
    left = {name: (tmp_path / "out" / name).read_bytes() for name in REPORTS}
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.night.writing.write_html", lambda *_: pytest.fail("disk full"))
        with pytest.raises(pytest.fail.Exception):
            night(policy=strict())
    assert written() == set()
    assert {name: (tmp_path / "out" / name).read_bytes() for name in REPORTS} == left
    assert not (tmp_path / "out" / ".next").exists()
    night(policy=strict())
    assert RESULTS in written()


def test_the_night_before_stays_readable(night: Night, tmp_path: Path) -> None:
    out = tmp_path / "out"
    night()
    assert not (out / PREVIOUS).exists()
    left = {name: (out / name).read_bytes() for name in (*REPORTS, SUMMARY)}
    night(policy=strict())
    assert {name: (out / PREVIOUS / name).read_bytes() for name in left} == left
    night(policy=strict())
    assert {name: (out / PREVIOUS / name).read_bytes() for name in left} == left, "no new night"


def test_the_program_is_known_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = program_digest()
    assert program_digest.__wrapped__() == known
    read = Path.read_bytes

    def edited(path: Path) -> bytes:
        return read(path) + (b" " if path.name == "report.html.jinja" else b"")

    monkeypatch.setattr(Path, "read_bytes", edited)
    assert program_digest.__wrapped__() != known
