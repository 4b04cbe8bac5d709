"""Whoever edits a file behind the program's back is noticed, whatever they edit."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client, visitor
from desk_runs import make_run, photos
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import ConfigError
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk import accounts, heads
from pipeline.desk.cases.desk import opened
from pipeline.desk.heads import Heads
from pipeline.desk.web.serve import Address, prepare
from pipeline.night.folder import DATABASE, LEDGER
from pipeline.night.nightly import redecide
from pipeline.night.purge import purge_run
from pipeline.store.ledger import Ledger


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with accounts and answers; the night's own end is on record."""
    run = make_run(tmp_path_factory.mktemp("made"), photos(12))
    policy = load_policy()
    redecide(run, policy, load_profile(policy.profile), "zh")
    with Ledger(run / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("bo", "reviewer"), ("lu", "lead")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
        accounts.change(ledger, "bo", "four other long words", "test")
        accounts.remove(ledger, "lu", "test")
    with opened(run) as desk:
        cases = [item.id for item in desk.queued()]
    with visitor(run, "an") as an:
        for case in cases[:4]:
            an.post(f"/case/{case}/answer", verdict="ok")
    return run


@pytest.fixture
def run(judged: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(judged, tmp_path / "out"))


def edit(path: Path, *statements: str) -> None:
    """As somebody with the file and no scruples would; nothing written looks different."""
    db = sqlite3.connect(path)
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert db.execute(statement).rowcount != 0, statement
    for _, sql in triggers:
        db.execute(sql)
    db.commit()
    db.close()


def told(run: Path, *options: str) -> str:
    """What `audit verify` says: the fault, "" where there is none."""
    done = CliRunner().invoke(app, ["audit", "verify", str(run), "--json", *options])
    fault = str(json.loads(done.stdout)["fault"])
    assert (done.exit_code != 0) == bool(fault)
    return fault


def test_what_nobody_edited_is_as_written(run: Path) -> None:
    assert told(run) == ""
    with visitor(run, "an") as an:
        an.post("/undo")
    assert told(run) == ""


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        ("UPDATE account SET role = 'lead' WHERE name = 'an'", "account an has been changed"),
        (
            "UPDATE account SET password = (SELECT password FROM account WHERE name = 'bo')"
            " WHERE name = 'an'",
            "account an has been changed",
        ),
        ("UPDATE account SET made_at = '2020' WHERE name = 'bo'", "account bo has been changed"),
        ("INSERT INTO account VALUES ('eve', 'lead', 'x', '2026')", "account eve was not made"),
        ("DELETE FROM account WHERE name = 'bo'", "account bo is missing"),
        ("UPDATE item SET state = 'done' WHERE state = 'todo'", "is not what the run and people"),
        ("UPDATE item SET need = '', queued = 0 WHERE need != ''", "is not what the run"),
        ("UPDATE item SET blind = 0 WHERE blind = 1", "is not what the run"),
        ("UPDATE item SET seeded = 1 WHERE codes != ''", "is not what the run"),
        ("UPDATE item SET photo_sha256 = 'x' WHERE position = 1", "is not what the run"),
        ("DELETE FROM item WHERE position = 2", "is missing"),
        ("DELETE FROM answer WHERE id = 1", "answer 1"),
        ("UPDATE log SET detail = '{}' WHERE action = 'run_decided'", "has been changed"),
    ],
)
def test_an_edit_of_the_ledger_is_found(run: Path, edited: str, said: str) -> None:
    edit(run / LEDGER, edited)
    assert said in told(run)


@pytest.mark.parametrize(
    "edited",
    [
        "UPDATE decision SET assessment ="
        " (SELECT assessment FROM decision WHERE student_key = '2021000010')"
        " WHERE student_key = '2021000003'",
        "DELETE FROM decision WHERE student_key = '2021000003'",
        "UPDATE student SET photo_sha256 = 'x' WHERE student_key = '2021000003'",
        "UPDATE student SET subject = replace(subject, '2021000003', '2021000004')",
    ],
)
def test_an_edit_of_the_runs_decisions_is_found(run: Path, edited: str) -> None:
    edit(run / DATABASE, edited)
    assert "not those that it put on record" in told(run)
    with opened(run):  # the desk reads on; that makes nothing true
        pass
    assert "not those that it put on record" in told(run)


def test_an_edit_before_the_desk_was_first_opened_is_found(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos(4))
    policy = load_policy()
    redecide(run, policy, load_profile(policy.profile), "zh")
    edit(run / DATABASE, "UPDATE student SET photo_sha256 = 'x' WHERE student_key = '2021000003'")
    edit(run / DATABASE, "UPDATE meta SET value = replace(value, '0.', '0.0') WHERE name = 'run'")
    with opened(run):
        pass
    assert "not those that it put on record" in told(run)


def test_a_session_is_no_way_to_another_role(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        assert an.get("/audit").status_code == 403
        edit(run / LEDGER, "UPDATE session SET role = 'lead' WHERE who = 'an'")
        assert an.get("/audit").status_code == 403
        edit(run / LEDGER, "UPDATE session SET who = 'eve'")
        assert an.get("/").status_code == 401


def test_a_deleted_runs_record_is_as_written(run: Path) -> None:
    purge_run(run, "test")
    assert told(run) == ""
    edit(run / LEDGER, "UPDATE account SET role = 'lead' WHERE name = 'an'")
    assert "account an" in told(run)


def test_a_run_at_work_is_not_taken_for_a_forgery(run: Path) -> None:
    edit(run / DATABASE, "DELETE FROM meta WHERE name = 'run'", "DELETE FROM decision")
    done = CliRunner().invoke(app, ["audit", "verify", str(run)])
    assert done.exit_code == 0
    assert "at work" in done.stdout


def test_heads_go_outside_by_themselves_and_are_checked(run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.txt"
    service = prepare(run, Address(port=0), outside)
    service.listener.close()
    with desk_client(run) as client:
        client.app.state.heads = service.heads  # type: ignore[attr-defined]
        assert service.heads
        service.heads._written = time.monotonic() - heads.EACH_S
        Visitor.log_in(client, "an")
    lines = outside.read_text().splitlines()
    assert len(lines) == 2
    assert outside.stat().st_mode & 0o077 == 0
    assert told(run) == "", "found by itself"
    assert told(run, "--head-file", str(outside)) == ""
    # The whole log written anew, with a chain that holds.
    shutil.copy(run / LEDGER, tmp_path / "copy")
    edit(run / LEDGER, "DELETE FROM log WHERE action = 'login'", "UPDATE sqlite_sequence SET seq=0")
    with Ledger(run / LEDGER) as ledger, ledger.transaction():
        entries = list(ledger.log.entries())
        for trigger in ("log_stays", "log_kept"):
            ledger.db.execute(f"DROP TRIGGER {trigger}")
        ledger.db.execute("DELETE FROM log")
        for e in entries:
            ledger.log.append(e.who, e.action, e.subject, **json.loads(e.detail))
        ledger.db.execute("UPDATE meta SET value = '' WHERE name = 'head_file'")
    assert told(run) == "", "alone, the file is sound"
    assert "holds no head of this log" in told(run, "--head-file", str(outside))
    shutil.copy(tmp_path / "copy", run / LEDGER)
    outside.write_text(outside.read_text().replace(lines[1][-8:], "00000000"))
    assert "has been rewritten" in told(run)
    outside.write_text("nonsense")
    assert "line 1: is no head" in told(run)
    outside.unlink()
    assert "cannot be read" in told(run)


def test_a_head_file_that_cannot_be_written_is_told(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--head-file"):
        prepare(run, Address(port=0), tmp_path / "no" / "folder")
    with Ledger(run / LEDGER) as ledger:
        Heads(tmp_path / "no" / "folder").keep(ledger)
        assert ledger.log.last("head_not_written")
