"""Forgetting a run: nothing of a student is left in its folder, and the record still holds."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, visitor
from desk_runs import make_run, photos
from report_cases import NAMES
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.core.errors import StoreError
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import opened
from pipeline.night.folder import DATABASE, LEDGER, locked
from pipeline.night.nightly import redecide
from pipeline.night.purge import finished, purge_run
from pipeline.store import log
from pipeline.store.ledger import Ledger

COMMENT = "左耳下有一颗痣"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with reports, and a desk where somebody looked, judged and was refused."""
    run = make_run(tmp_path_factory.mktemp("made"), photos(12))
    policy = load_policy()
    redecide(run, policy, load_profile(policy.profile), "zh")
    with Ledger(run / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("wu", "auditor")):
            accounts.add(ledger, name, Role(role), PASSWORD, "test")
    with opened(run) as desk:
        cases = [item.id for item in desk.queued()]
    with visitor(run, "an") as an, visitor(run, "wu") as wu:
        for case in cases[:3]:
            an.get(f"/case/{case}/picture/0")
            an.post(f"/case/{case}/answer", verdict="ok", comment=COMMENT)
        wu.get("/student/2021000004")
    return run


@pytest.fixture
def run(judged: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(judged, tmp_path / "out"))


def verified(run: Path, head: str = "") -> log.Verification:
    with Ledger(run / LEDGER) as ledger:
        return ledger.verify(head)


def command(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["purge", *arguments], input=typed)


def test_nothing_of_a_student_is_left_in_any_file(run: Path) -> None:
    def left() -> set[str]:
        words = [*NAMES, "2021000004", "21110105000004", COMMENT, "110105194912310"]
        marks = {word: word.encode() for word in words} | {"a face": b"\xff\xd8\xff"}
        texts = [path.read_bytes() for path in run.iterdir()]
        return {name for name, mark in marks.items() if any(mark in text for text in texts)}

    assert {"张伟", "2021000004", COMMENT, "a face"} <= left()
    gone = purge_run(run, "test")
    assert left() == set()
    assert (gone.students, gone.answers) == (12, 3)
    assert gone.pictures == 36
    assert gone.files == ("results.csv", "report.html", "report.xlsx", "files.csv")


def test_who_did_what_stays_and_its_chain_holds(run: Path) -> None:
    before = verified(run)
    gone = purge_run(run, "cli:test")
    after = verified(run, before.head)  # a head noted before is still in it
    assert (after.fault, after.head) == ("", gone.head)
    assert after.entries == before.entries + 3
    with Ledger(run / LEDGER) as ledger:
        lines = list(ledger.log.entries())
    assert [line.action for line in lines].count("answer") == 3
    assert {line.subject for line in lines} == {""}
    assert lines[-1].who == "cli:test"
    assert json.loads(lines[-1].detail)["answers"] == 3


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE log SET who = 'bo' WHERE seq = 8", "since the purge"),
        ("UPDATE log SET at = '2020' WHERE action = 'answer'", "since the purge"),
        ("UPDATE log SET subject = 'x' WHERE seq = 8", "entry 8 has been changed"),
        ("UPDATE log SET hash = previous WHERE seq = 8", "has been changed"),
        ("DELETE FROM log WHERE seq = 8", "entry 8 is missing"),
        ("UPDATE log SET detail = '{}' WHERE action = 'login'", "has been changed"),
        (
            "UPDATE log SET detail = replace(detail, '3', '4') WHERE action = 'purged'",
            "has been changed",
        ),
        ("DELETE FROM log WHERE action = 'purged'", "has been changed"),
    ],
)
def test_what_is_left_cannot_be_edited_either(run: Path, sql: str, words: str) -> None:
    purge_run(run, "test")
    with Ledger(run / LEDGER) as ledger:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            ledger.db.execute(sql)
        for (name,) in ledger.db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            ledger.db.execute(f"DROP TRIGGER {name}")
        assert ledger.db.execute(sql).rowcount
    assert words in verified(run).fault


def test_a_folder_can_be_purged_used_and_purged_again(run: Path, judged: Path) -> None:
    purge_run(run, "test")
    again = purge_run(run, "test")
    assert (again.students, again.pictures, again.answers, again.files) == (0, 0, 0, ())
    shutil.copytree(judged.parent / "photos", run.parent / "photos")
    make_run(run.parent, photos(12))
    with opened(run) as desk:
        item = next(desk.queued())
        assert desk.answers(item) == []
    with visitor(run, "an") as an:
        assert an.post(f"/case/{item.id}/answer", verdict="ok").status_code == 303
    assert verified(run).fault == ""
    assert purge_run(run, "test").answers == 1
    assert verified(run).fault == ""


def test_the_desk_opens_on_what_is_left(run: Path) -> None:
    purge_run(run, "test")
    with visitor(run, "an") as an:
        assert an.get("/").status_code == 200
        assert an.get("/student/2021000004").status_code == 404
    assert json.loads((run / "run.json").read_text("utf-8"))["students"] == 12


def test_a_run_nobody_reviewed_is_purged_on_record(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos(2))
    assert purge_run(run, "test").students == 2
    assert verified(run).fault == ""


def test_a_run_at_work_is_not_purged(run: Path) -> None:
    with locked(run), pytest.raises(StoreError, match="another run"):
        purge_run(run, "test")


def test_the_command_deletes_what_ended_before_a_year(run: Path) -> None:
    ended = finished(run)
    assert ended
    kept = command(str(run), "--before", str(ended.year))
    assert kept.exit_code == 0, kept.output
    assert "kept" in kept.output
    assert (run / "report.html").exists()
    done = command(str(run), "--before", str(ended.year + 1), "--yes", "--json")
    assert json.loads(done.output)[str(run)]["students"] == 12
    assert not (run / "report.html").exists()


def test_the_command_asks_first_and_wants_to_know_which(run: Path) -> None:
    assert command(str(run), "--all", typed="n\n").exit_code != 0
    assert command(str(run)).exit_code == 2
    assert command(str(run), "--all", "--before", "2030").exit_code == 2
    assert (run / DATABASE).stat().st_size > 50_000
    assert command(str(run), "--all", typed="y\n").exit_code == 0
    assert isinstance(command(str(run.parent), "--all", "--yes").exception, StoreError)


def test_a_run_that_somebody_reads_is_not_called_deleted(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleted bytes stay in SQLite's log as long as a reader holds on to them."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **o: connect(*a, **{**o, "timeout": 0.1}))
    with opened(run) as desk:
        reading = desk.store.db.execute("SELECT student_key FROM student")
        reading.fetchone()
        with pytest.raises(StoreError, match="somebody is reading it"):
            purge_run(run, "test")
        reading.close()
    assert purge_run(run, "test").students == 0, "the second command finds it emptied, and ends it"
    assert "张伟".encode() not in b"".join(path.read_bytes() for path in run.iterdir())


def test_a_report_that_a_killed_run_left_half_written_goes_too(run: Path) -> None:
    (run / ".report.html.4711.tmp").write_text("half a face")
    assert ".report.html.4711.tmp" in purge_run(run, "test").files
    assert not (run / ".report.html.4711.tmp").exists()


def test_a_mistyped_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no run"):
        purge_run(tmp_path / "typo" / "deep", "test")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_what_was_deleted_is_told_even_if_the_next_fails(run: Path, form: tuple[str, ...]) -> None:
    other = Path(shutil.copytree(run, run.parent / "other"))
    with locked(other):
        result = command(str(run), str(other), "--all", "--yes", *form)
    assert result.exit_code != 0
    assert str(run) in result.stdout
    assert "head" in result.stdout
