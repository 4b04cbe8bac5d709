"""Every file of the last delivery in the run's store, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.core.delivery import Delivered, Fate

if TYPE_CHECKING:
    from pipeline.store.run_store import Store

_COLUMNS = "path, name, kind, fate, student_key, matched_by, why, weak, near, sha256"


class Deliveries:
    """The table of delivered files.

    Args:
        store: Whose.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def replace(self, files: Iterable[tuple[Delivered, str]]) -> None:
        """Make the table exactly these, each with its sha256, in one transaction."""
        with self._store.transaction():
            self._store.db.execute("DELETE FROM delivery")
            self._store.db.executemany(
                f"INSERT INTO delivery ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                map(_row, files),
            )

    def all(self) -> Iterator[Delivered]:
        """Every file, in order, one at a time."""
        return self._select("1")

    def of(self, student_key: str) -> tuple[Delivered, ...]:
        """The files that are a student's, or would be."""
        return tuple(self._select("student_key = ?", student_key))

    def of_each(self, keys: Sequence[str]) -> dict[str, list[Delivered]]:
        """The files of these students, by student; who has none is left out."""
        found: dict[str, list[Delivered]] = {}
        theirs = "student_key IN (SELECT value FROM json_each(?))"
        for file in self._select(theirs, json.dumps(keys)):
            found.setdefault(file.student_key, []).append(file)
        return found

    def near(self, student_key: str) -> tuple[Delivered, ...]:
        """Photos that are nobody's and fit this student among others, or nearly."""
        said = "EXISTS (SELECT 1 FROM json_each(near) WHERE value = ?)"
        return tuple(self._select(f"fate = 'unmatched' AND kind = 'photo' AND {said}", student_key))

    def unclaimed(self, sha256: str) -> tuple[Delivered, ...]:
        """The photos of these bytes that are nobody's: one file may lie in several folders."""
        where = "fate = 'unmatched' AND kind = 'photo' AND sha256 = ?"
        return tuple(self._select(where, sha256))

    def left(self) -> Iterator[Delivered]:
        """The files that are not in use, in order."""
        return self._select("fate != 'used'")

    def _select(self, where: str, *values: str) -> Iterator[Delivered]:
        rows = self._store.db.execute(
            f"SELECT {_COLUMNS} FROM delivery WHERE {where} ORDER BY position",  # noqa: S608
            values,
        )
        for path, name, kind, fate, key, matched_by, why, weak, near, sha256 in rows:
            yield Delivered(
                *(path, name, kind, Fate(fate), key, matched_by, why, weak),
                near=tuple(json.loads(near)),
                sha256=sha256,
            )


def _row(told: tuple[Delivered, str]) -> tuple[Any, ...]:
    """A file as the table has it; names in another encoding than UTF-8 are spelt out."""
    file, sha256 = told
    texts = (file.path, file.name, file.kind, file.fate.value, file.student_key, file.matched_by)
    clean = (text.encode("utf-8", "backslashreplace").decode() for text in texts)
    return (*clean, file.why, file.weak, json.dumps(file.near), sha256)
