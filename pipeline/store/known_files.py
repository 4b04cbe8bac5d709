"""What files were when they were hashed: of the nights before, and of this one while it hashes.

A million students have two million files, so this night's lie in a table of their own beside the
store's, on the disk, until they take its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from pipeline.store.sqlite import Database

Hashed = tuple[str, str, int]  # stamp, sha256, time of reading

_TOGETHER = 20_000  # files that wait in memory to be written: 10 MB
_TOLD = """
CREATE TEMP TABLE told (
    place TEXT NOT NULL, at_most INTEGER NOT NULL, word TEXT NOT NULL, stamp TEXT, read_at INTEGER,
    PRIMARY KEY (place, at_most)
) WITHOUT ROWID
"""


class KnownFiles:
    """The table of files.

    Args:
        store: Whose.
    """

    def __init__(self, store: Database) -> None:
        self._store = store
        self._waiting: dict[tuple[str, int], tuple[str, str | None, int | None]] = {}
        self._written = self._any_before = False

    @contextmanager
    def hashing(self) -> Iterator[None]:
        """Inside, what is told of files is kept apart; call `replace` before the end."""
        self._store.db.execute(_TOLD)
        self._written = False
        self._any_before = bool(self._store.db.execute("SELECT 1 FROM file LIMIT 1").fetchone())
        try:
            yield
        finally:
            self._waiting.clear()
            self._store.db.execute("DROP TABLE temp.told")

    def before(self, place: str) -> Hashed | None:
        """What an earlier night has kept of a file; asked while `hashing`."""
        if not self._any_before:
            return None
        asked = "SELECT stamp, sha256, read_at FROM file WHERE place = ?"
        found: Hashed | None = self._store.db.execute(asked, (place,)).fetchone()
        return found

    def told(self, place: str, at_most: int) -> str | None:
        """What this night has told of a file already."""
        if waiting := self._waiting.get((place, at_most)):
            return waiting[0]
        if not self._written:
            return None
        asked = "SELECT word FROM temp.told WHERE place = ? AND at_most = ?"
        row = self._store.db.execute(asked, (place, at_most)).fetchone()
        return str(row[0]) if row else None

    def tell(self, place: str, at_most: int, word: str, hashed: Hashed | None) -> None:
        """Remember what is told of a file this night.

        Args:
            place: The file.
            at_most: Bytes up to which it was read.
            word: Its sha256, or why there is none.
            hashed: What the next night is to know; None where it is to read the file again.
        """
        stamp, _, read_at = hashed or (None, word, None)
        self._waiting[place, at_most] = word, stamp, read_at
        if len(self._waiting) >= _TOGETHER:
            self._write()

    def _write(self) -> None:
        """Write what waits, in the table's order, so that few pages are touched."""
        inside = self._store.db.in_transaction
        with nullcontext() if inside else self._store.transaction():  # not each row by itself
            self._store.db.executemany(
                "INSERT INTO temp.told VALUES (?, ?, ?, ?, ?)",
                ((*asked, *told) for asked, told in sorted(self._waiting.items())),
            )
        self._waiting.clear()
        self._written = True

    def replace(self) -> None:
        """Keep exactly what this night has told, in one transaction; what is the same stays."""
        with self._store.transaction():
            self._write()
            self._store.db.execute(
                "DELETE FROM file WHERE NOT EXISTS (SELECT 1 FROM temp.told"
                " WHERE told.place = file.place AND told.stamp IS NOT NULL)"
            )
            self._store.db.execute(
                "INSERT OR REPLACE INTO file SELECT place, stamp, word, read_at FROM temp.told AS t"
                " WHERE stamp IS NOT NULL AND NOT EXISTS (SELECT 1 FROM file"
                " WHERE file.place = t.place AND file.stamp = t.stamp AND file.sha256 = t.word"
                " AND file.read_at = t.read_at)"
            )
