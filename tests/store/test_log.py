"""The action log: every edit of it and of the answers is found and named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store import log
from pipeline.store.ledger import Ledger


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with some answers and views."""
    path = tmp_path_factory.mktemp("made") / "review.sqlite"
    with Ledger(path) as ledger:
        ledger.record("an", "login", role="reviewer")
        for number in range(4):
            ledger.record("an", "face_seen", f"s{number}", picture="photo")
            with ledger.transaction():
                said = {"verdict": "ok", "blind": True}
                ledger.answers.add("an", f"s{number}", "ab" * 32, "answer", said)
        with ledger.transaction():
            ledger.answers.add("an", "s3", "ab" * 32, "undo", {"undoes": 4})
        ledger.record("wu", "log_read")
    return path


@pytest.fixture
def path(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(kept, tmp_path))


def verified(path: Path, head: str = "") -> log.Verification:
    with Ledger(path) as ledger:
        return ledger.verify(head)


def tamper(path: Path, sql: str, *values: object) -> None:
    """As somebody with the file and no scruples would."""
    db = sqlite3.connect(path)
    triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        db.execute(f"DROP TRIGGER {name}")
    assert db.execute(sql, values).rowcount != 0
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE log SET who = 'bo' WHERE seq = 7", "entry 7 has been changed"),
        ("UPDATE log SET at = '2020-01-01' WHERE seq = 7", "entry 7 has been changed"),
        ("UPDATE log SET detail = '{}' WHERE seq = 8", "entry 8 has been changed"),
        ("UPDATE log SET hash = previous WHERE seq = 9", "entry 9 has been changed"),
        ("DELETE FROM log WHERE seq = 7", "entry 7 is missing"),
        ("DELETE FROM log WHERE seq > 10", "entry 11 is missing"),
        ("UPDATE answer SET who = 'bo' WHERE id = 2", "answer 2"),
        ("UPDATE answer SET content = replace(content, 'ok', 'other') WHERE id = 1", "answer 1"),
        ("DELETE FROM answer WHERE id = 3", "answer 3"),
        (
            "INSERT INTO answer SELECT 99, at, 'bo', subject, photo_sha256, kind, content"
            " FROM answer WHERE id = 1",
            "answer 99",
        ),
    ],
)
def test_every_edit_is_found_and_named(path: Path, sql: str, words: str) -> None:
    tamper(path, sql)
    assert words in verified(path).fault


@given(st.data())
def test_any_change_of_any_cell_is_found(kept: Path, data: st.DataObject) -> None:
    with Ledger(kept) as ledger:
        rows = list(ledger.log.entries())
    at = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(["at", "who", "action", "subject", "detail", "previous"]))
    text = getattr(rows[at], name)
    changed = data.draw(st.text(max_size=80).filter(lambda other: other != text))
    fields = {field: getattr(rows[at], field) for field in rows[at].__dataclass_fields__}
    assert log.Entry(**{**fields, name: changed}).expected() != rows[at].hash


def test_a_rewritten_chain_is_found_by_a_noted_head(path: Path) -> None:
    head = verified(path).head
    assert verified(path, head).fault == ""
    with Ledger(path) as ledger:
        lines = list(ledger.log.entries())
    tamper(path, "DELETE FROM log")
    db = sqlite3.connect(path)
    for line in lines:
        detail = json.loads(line.detail)
        who = "bo" if line.action == "face_seen" else line.who
        log.Log(db).append(who, line.action, line.subject, **detail)
    db.commit()
    db.close()
    assert verified(path).fault == ""
    assert "noted head" in verified(path, head).fault


def test_the_desk_itself_cannot_edit(path: Path) -> None:
    with Ledger(path) as ledger:
        for sql in ("UPDATE log SET who = ''", "DELETE FROM log", "DELETE FROM answer"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                ledger.db.execute(sql)


def test_an_answer_is_logged_without_what_was_said_of_faces(path: Path) -> None:
    with Ledger(path) as ledger:
        first = next(entry for entry in ledger.log.entries() if entry.action == "answer")
        assert [entry.action for entry in ledger.log.latest(9, 2)] == ["answer", "face_seen"]
    told = json.loads(first.detail)
    assert (told["said"], told["machine_seen"]) == ("ok", False)
    assert told.keys() == {"answer", "digest", "photo", "said", "machine_seen"}
