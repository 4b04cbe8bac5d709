"""What is known of files from night to night, and within one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.store import Store, known_files


def known(store: Store) -> list[tuple[object, ...]]:
    return store.db.execute("SELECT * FROM file ORDER BY place").fetchall()


def night(store: Store, *told: tuple[str, int, str, tuple[str, str, int] | None]) -> None:
    with store.files.hashing():
        for place, at_most, word, hashed in told:
            store.files.tell(place, at_most, word, hashed)
        for place, at_most, word, _ in told:
            assert store.files.told(place, at_most) == word
        assert store.files.told("elsewhere", 9) is None
        store.files.replace()


@pytest.mark.parametrize("together", [1, 2, 100])
def test_a_night_keeps_what_it_has_hashed_and_nothing_else(
    tmp_path: Path, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_files, "_TOGETHER", together)
    with Store(tmp_path / "store.sqlite") as store:
        night(store, ("a", 9, "x", ("1:2", "x", 5)), ("b", 9, "y", ("3:4", "y", 5)))
        with store.files.hashing():
            assert store.files.before("a") == ("1:2", "x", 5)
        night(
            store,
            ("b", 9, "z", ("3:5", "z", 2**40)),
            ("c", 9, "unreadable: OSError", None),
            ("d", 9, "w", None),
        )
        assert known(store) == [("b", "3:5", "z", 2**40)]
        with store.files.hashing():
            assert store.files.before("a") is None


def test_one_file_read_up_to_two_lengths_is_told_apart(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store, store.files.hashing():
        store.files.tell("a", 9, "too large: 10", None)
        assert store.files.told("a", 99) is None
        store.files.tell("a", 99, "x", ("1:2", "x", 5))
        assert store.files.told("a", 9) == "too large: 10"
        store.files.replace()
        assert known(store) == [("a", "1:2", "x", 5)]


def test_a_night_that_breaks_off_leaves_what_was_known(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        night(store, ("a", 9, "x", ("1:2", "x", 5)))
        with pytest.raises(KeyError), store.files.hashing():
            store.files.tell("a", 9, "y", ("1:3", "y", 6))
            raise KeyError
        night(store, ("a", 9, "x", ("1:2", "x", 5)))
        assert known(store) == [("a", "1:2", "x", 5)]
