"""Pictures to compare by, and the photo before this one: kept, closed, replaced, deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from store_cases import BERT, FULL, JUDGED, SHA

from pipeline.core import site_key
from pipeline.core.types import Evidence
from pipeline.store import Store
from pipeline.store.large_pictures import FORMER
from pipeline.store.packing import keep

LARGE = {"photo": b"\xff\xd8 large photo", "idcard": b"\xff\xd8 large card"}


def seen(sha256: str, pictures: Mapping[str, bytes] = LARGE) -> Evidence:
    return replace(FULL, photo_sha256=sha256, sharp=pictures)


def judge(store: Store, key: str = "s1") -> None:
    with store.transaction():
        store.decide(key, JUDGED)


def test_the_large_picture_is_shown_and_the_small_one_where_there_is_none(store: Store) -> None:
    store.save(("s1", "print", keep(seen(SHA, {"photo": LARGE["photo"]}))))
    assert store.large.picture("s1", "photo") == LARGE["photo"]
    assert store.large.picture("s1", "idcard") == FULL.pictures["idcard"]
    assert store.large.picture("s1", "admission") is None
    store.save(("s1", "print", keep(seen(SHA, {}))))  # as an engine of an older version leaves it
    assert store.large.picture("s1", "photo") == FULL.pictures["photo"]


def test_a_photo_that_is_replaced_stays_with_what_was_decided(store: Store) -> None:
    store.save(("s1", "print", keep(seen("a" * 64))))
    judge(store)
    assert store.large.former("s1") is None
    store.save(("s1", "print", keep(seen("b" * 64, {"photo": b"\xff\xd8 second"}))))
    judge(store)
    former = store.large.former("s1")
    assert former is not None
    assert (former.sha256, former.assessment) == ("a" * 64, JUDGED)
    assert store.large.picture("s1", FORMER) == LARGE["photo"]
    store.save(("s1", "again", keep(seen("b" * 64))))  # the same photo looked at again
    judge(store)
    kept = store.large.former("s1")
    assert kept is not None
    assert kept.sha256 == "a" * 64
    store.save(("s1", "none", keep(seen("", {}))))  # no photo any more
    judge(store)
    kept = store.large.former("s1")
    assert kept is not None
    assert kept.sha256 == "b" * 64
    store.save(("s1", "back", keep(seen("b" * 64))))  # and there again: nothing has been replaced
    assert store.large.former("s1") is None
    assert store.large.picture("s1", FORMER) is None


def test_of_a_photo_that_nobody_claims_no_earlier_one_is_known(store: Store) -> None:
    stray = replace(BERT, student_key="")
    store.enrol([("s1", BERT, ""), ("extra:1:a.jpg", stray, "a.jpg")])
    for digest in ("a" * 64, "b" * 64):
        store.save(("extra:1:a.jpg", "print", keep(seen(digest))))
        judge(store, "extra:1:a.jpg")
    assert store.large.former("extra:1:a.jpg") is None


def test_all_are_closed_on_the_disk_and_bound_to_their_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(site_key.TEXT, "0a" * 32)
    with Store(path) as store:
        store.own_key.unlock()
        store.enrol([("s1", BERT, "a.jpg")])
        for digest in ("a" * 64, "b" * 64):
            store.save(("s1", "print", keep(seen(digest))))
            judge(store)
        kept = [
            row[0]
            for row in store.db.execute("SELECT jpeg FROM sharp UNION SELECT jpeg FROM former")
        ]
        assert len(kept) == 3
        assert all(jpeg.startswith(b"PPs1") for jpeg in kept)
        assert store.large.picture("s1", FORMER) == LARGE["photo"]
    assert b"large photo" not in path.read_bytes()


def test_nothing_is_left_of_students_who_leave_or_are_erased(store: Store, path: Path) -> None:
    for digest in ("a" * 64, "b" * 64):
        store.save(("s1", "print", keep(seen(digest))))
        judge(store)
    pictures, _ = store.cohort.keepers()
    assert pictures == {"s1"}
    store.erase(None)
    assert left(path) == (0, 0)


def test_a_student_who_leaves_takes_them_along(store: Store, path: Path) -> None:
    for digest in ("a" * 64, "b" * 64):
        store.save(("s1", "print", keep(seen(digest))))
        judge(store)
    store.enrol([("s2", BERT, "")])
    assert left(path) == (0, 0)


def left(path: Path) -> tuple[int, ...]:
    db = sqlite3.connect(path)
    counts = [db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("sharp", "former")]  # noqa: S608
    db.close()
    return tuple(counts)
