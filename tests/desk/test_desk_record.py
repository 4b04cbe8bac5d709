"""The action log: what is in it, that every edit is found, and a killed server loses nothing."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx
import pytest
from desk_browsing import PASSWORD, Visitor, served, visitor
from desk_runs import make_run, photos
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import ConfigError, StoreError
from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import State
from pipeline.night.folder import LEDGER
from pipeline.store import log
from pipeline.store.ledger import Ledger

Tamper = Callable[[sqlite3.Connection], object]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with some answers and views."""
    run = make_run(tmp_path_factory.mktemp("made"), photos(12))
    with Ledger(run / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("wu", "auditor")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
    with opened(run) as desk:
        cases = [item.id for item in desk.queued()]
    with visitor(run, "an") as an:
        for case in cases[:4]:
            an.get(f"/case/{case}/picture/0")
            an.post(f"/case/{case}/answer", verdict="ok")
        an.post("/undo")
    return run


@pytest.fixture
def run(judged: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(judged, tmp_path / "out"))


def verified(run: Path, head: str = "") -> log.Verification:
    with Ledger(run / LEDGER) as ledger:
        return ledger.verify(head)


def tamper(run: Path, sql: str, *values: object) -> None:
    """As somebody with the file and no scruples would."""
    db = sqlite3.connect(run / LEDGER)
    triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        db.execute(f"DROP TRIGGER {name}")
    assert db.execute(sql, values).rowcount != 0
    db.commit()
    db.close()


def test_log_says_who_did_and_saw_what(run: Path) -> None:
    assert verified(run).fault == ""
    with Ledger(run / LEDGER) as ledger:
        lines = list(ledger.log.entries())
    actions = {line.action for line in lines if line.who == "an"}
    assert actions == {"login", "face_seen", "answer", "undo"}
    seen = next(line for line in lines if line.action == "face_seen")
    assert seen.subject.startswith("2021")
    assert json.loads(seen.detail) == {"picture": "photo"}
    assert not any("110105194912310" in str(line) for line in lines)


def test_auditor_reads_of_the_fault(run: Path) -> None:
    with visitor(run, "wu") as auditor:
        assert "日志完整" in auditor.get("/audit").text
    tamper(run, "UPDATE log SET who = 'bo' WHERE seq = 7")
    with visitor(run, "wu") as auditor:
        assert "第 7 条被改动过" in auditor.get("/audit").text


def test_store_tells_of_single_students(run: Path) -> None:
    with opened(run) as desk:
        decided = list(desk.store.decided())
        key, subject, sha256, assessment = decided[4]
        case = desk.store.case(key)
        assert case
        assert (case.subject, case.assessment) == (subject, assessment)
        assert len(decided) == 12
        assert len(sha256) == 64
        assert desk.store.case("nobody") is None


def test_the_runs_own_store_is_not_written(run: Path) -> None:
    with opened(run) as desk, pytest.raises(StoreError), desk.store.transaction():
        desk.store.note("run", "")


def test_kill_after_an_answer_loses_nothing(run: Path) -> None:
    with opened(run) as desk:
        item = next(item for item in desk.queued() if item.state is State.TODO)
        before = len(desk.answers(item))
    with served(run) as (process, url), httpx.Client(base_url=url, timeout=60) as client:
        someone = Visitor.log_in(client, "an")
        for number in range(5):
            answer = someone.post(f"/case/{item.id}/answer", verdict="ok", comment=f"no. {number}")
            assert answer.status_code == 303
        process.send_signal(signal.SIGKILL)
        process.wait()
    with opened(run) as desk:
        given = desk.answers(item)[before:]
        assert [a.comment for a in given] == [f"no. {number}" for number in range(5)]
    assert verified(run).fault == ""


def test_without_accounts_a_token_is_printed_and_needed(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos(2))
    with served(run) as (_, url):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter\?token=[\w-]{32}", url)
        port = url.split("/enter")[0].rpartition(":")[2]
        taken = CliRunner().invoke(app, ["review", str(run), "--port", port]).exception
        assert isinstance(taken, ConfigError)
        with httpx.Client(base_url=url.split("/enter")[0], timeout=60) as client:
            assert client.get("/").status_code == 401
            assert client.get(url).headers["location"] == "/"
            assert client.get("/").status_code == 200
