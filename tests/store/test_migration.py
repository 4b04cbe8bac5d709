"""Stores of older versions are brought up to date, and lose nothing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from old_stores import VERSION_1, VERSION_2
from store_cases import JUDGED, measured

from pipeline.core.errors import StoreError
from pipeline.core.types import (
    Measurement,
)
from pipeline.store import Store
from pipeline.store.copying import kept_copy
from pipeline.store.packing import Measured, pack_assessment


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
