"""Stores of older versions are brought up to date, and lose nothing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from store_cases import JUDGED, measured

from pipeline.core.errors import StoreError
from pipeline.core.types import (
    Measurement,
)
from pipeline.store import Store
from pipeline.store.copying import kept_copy
from pipeline.store.packing import Measured, pack_assessment

# As version 1 made them: a row a measurement, those across students among them.
VERSION_1 = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE student (
    key TEXT PRIMARY KEY, position INTEGER NOT NULL, subject TEXT NOT NULL, photo TEXT NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '', photo_sha256 TEXT NOT NULL DEFAULT '',
    assessment TEXT
);
CREATE INDEX student_photo ON student (photo_sha256);
CREATE TABLE measurement (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, name TEXT NOT NULL,
    value ANY, unit TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (key, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE comparison (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, position INTEGER NOT NULL,
    kind TEXT NOT NULL, score REAL, model TEXT NOT NULL, error TEXT NOT NULL,
    turn_confidence REAL NOT NULL, role TEXT NOT NULL, adjusted REAL,
    PRIMARY KEY (key, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE picture (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, role TEXT NOT NULL,
    jpeg BLOB NOT NULL, PRIMARY KEY (key, role)
);
CREATE TABLE template (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, role TEXT NOT NULL,
    vector BLOB NOT NULL, PRIMARY KEY (key, role)
);
INSERT INTO student (key, position, subject, photo, fingerprint) VALUES
    ('s1', 0, '{"subject_id": "s1", "row": 2}', 'a.jpg', 'print'),
    ('s2', 1, '{"subject_id": "s2", "row": 3}', '', '');
INSERT INTO measurement VALUES ('s1', 'roll', NULL, '°', 'no face mesh'),
    ('s1', 'eye_line', 0.4, 'px', ''), ('s1', 'cohort.copy_of', 's2', '', '');
PRAGMA application_id = 1347449446;
PRAGMA user_version = 1;
"""
# What differed in version 2: one text of measurements a student, the decision beside it.
VERSION_2 = """
CREATE TABLE conclusion (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, name TEXT NOT NULL,
    value ANY, unit TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (key, name)
) STRICT, WITHOUT ROWID;
INSERT INTO conclusion SELECT * FROM measurement WHERE name = 'cohort.copy_of';
DROP TABLE measurement;
CREATE INDEX student_position ON student (position);
CREATE TABLE file (
    place TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE student ADD COLUMN measurements TEXT NOT NULL DEFAULT '{}';
UPDATE student SET measurements = '{"roll": [null, "°", "no face mesh"],
    "eye_line": [0.4, "px", ""]}' WHERE key = 's1';
PRAGMA user_version = 2;
"""


@pytest.fixture(params=[1, 2])
def older(path: Path, request: pytest.FixtureRequest) -> Path:
    db = sqlite3.connect(path)
    db.executescript(VERSION_1)
    if request.param == 2:
        db.executescript(VERSION_2)
    db.close()
    return path


def test_an_older_store_is_brought_up_to_date(older: Path, tmp_path: Path) -> None:
    with Store(older) as store:
        (key, found, _), other = store.evidence()
        assert (key, other) == ("s1", ("s2", Measured({}, {}), ()))
        assert found == Measured(
            {"roll": None, "eye_line": 0.4, "cohort.copy_of": "s2"}, {"roll": "no face mesh"}
        )
        assert measured(store, "s1") == {
            "roll": Measurement("roll", None, "°", "no face mesh"),
            "eye_line": Measurement("eye_line", 0.4, "px"),
            "cohort.copy_of": Measurement("cohort.copy_of", "s2"),
        }
        assert store.fingerprints() == {"s1": "print"}
    fresh = tmp_path / "fresh.sqlite"
    Store(fresh).__exit__(None, None, None)
    assert columns(older) == columns(fresh), "migrated and new stores are alike"


def test_a_migrated_store_keeps_every_digit_word_and_decision(path: Path) -> None:
    db = sqlite3.connect(path)
    db.executescript(VERSION_1 + VERSION_2)
    exact = 0.1234567890123456  # SQLite's own JSON writes 15 digits
    text = json.dumps({"a": [exact, "px", ""], "b": ["", "", "why"], "c": [None, "", ""]})
    db.execute("UPDATE student SET measurements = ? WHERE key = 's1'", (text,))
    db.execute("UPDATE student SET assessment = ? WHERE key = 's1'", (pack_assessment(JUDGED),))
    db.commit()
    db.close()
    with Store(path) as store:
        ((key, _, _, assessment),) = store.decided()
        assert (key, assessment) == ("s1", JUDGED)
        found = measured(store, "s1")
    del found["cohort.copy_of"]
    assert found == {
        "a": Measurement("a", exact, "px"),
        "b": Measurement("b", "", "", "why"),
        "c": Measurement("c", None),
    }


def columns(path: Path) -> dict[str, list[Any]]:
    db = sqlite3.connect(path)
    names = [
        r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE '%auto%'")
    ]
    table = {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in sorted(names)}
    db.close()
    return table


def test_a_reader_does_not_migrate_but_says_what_does(older: Path) -> None:
    before = older.read_bytes()
    with pytest.raises(StoreError, match=r"a store of version [12];") as refused:
        Store(older, readonly=True)
    assert "photoproof decide" in refused.value.hint
    assert older.read_bytes() == before


def test_a_store_as_it_was_is_kept_beside_the_migrated_one(older: Path) -> None:
    db = sqlite3.connect(older)
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    before = list(db.iterdump())
    db.close()
    Store(older).__exit__(None, None, None)
    copy = kept_copy(older, version)
    assert copy.stat().st_mode & 0o077 == 0
    kept = sqlite3.connect(copy)
    assert list(kept.iterdump()) == before
    kept.close()


def test_a_store_of_a_newer_version_says_so(path: Path) -> None:
    Store(path).__exit__(None, None, None)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="made by a newer version of photoproof") as refused:
        Store(path)
    assert "of version 99" in refused.value.hint
