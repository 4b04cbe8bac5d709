"""Pictures that people compare by, and of each student the photo that was there before.

A store of an older version has none of either: then the small pictures of reports are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pipeline.core.types import PHOTO, Assessment
from pipeline.store.packing import unpack_assessment
from pipeline.store.sealing import place_of

if TYPE_CHECKING:
    from pipeline.store.run_store import Store

FORMER = "former"  # slot of the photo that was there before this one


class Former(NamedTuple):
    """A photo that was replaced: the sha256 of its bytes, and what was decided of it."""

    sha256: str
    assessment: Assessment


class LargePictures:
    """The tables of pictures beside those of the reports.

    Args:
        store: Whose.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def picture(self, student_key: str, slot: str) -> bytes | None:
        """The best picture that is kept of a slot; None where there is none."""
        if slot == FORMER:
            return self._opened("former", "WHERE student_key = ?", student_key, slot)
        where = "WHERE student_key = ? AND slot = ?"
        large = self._opened("sharp", where, student_key, slot, slot)
        return large or self._opened("picture", where, student_key, slot, slot)

    def former(self, student_key: str) -> Former | None:
        """What is known of the photo before this one."""
        row = self._store.db.execute(
            "SELECT photo_sha256, assessment FROM former WHERE student_key = ?", (student_key,)
        ).fetchone()
        return Former(row[0], unpack_assessment(row[1])) if row else None

    def keep(self, student_key: str, pictures: Mapping[str, bytes]) -> None:
        """Keep a student's pictures by slot; call inside a transaction."""
        self._store.db.executemany(
            "INSERT INTO sharp VALUES (?, ?, ?)",
            (
                (student_key, slot, self._store.seal.close(jpeg, place_of(student_key, slot)))
                for slot, jpeg in pictures.items()
            ),
        )

    def keep_former(self, student_key: str, sha256: str) -> None:
        """Keep what another photo is about to replace; call inside a transaction.

        Args:
            student_key: Of somebody in the roster; of other photos no earlier one is known.
            sha256: Of the photo that comes; "" where none does, and the one of before is kept.
        """
        self._store.db.execute(
            "DELETE FROM former WHERE student_key = ? AND photo_sha256 = ?", (student_key, sha256)
        )
        row = self._store.db.execute(
            "SELECT photo_sha256, assessment FROM student JOIN decision USING (student_key)"
            " WHERE student_key = ? AND photo_sha256 NOT IN ('', ?)"
            " AND json_extract(subject, '$.student_key') != ''",
            (student_key, sha256),
        ).fetchone()
        jpeg = self.picture(student_key, PHOTO) if row else None
        if jpeg is None:
            return
        closed = self._store.seal.close(jpeg, place_of(student_key, FORMER))
        self._store.db.execute(
            "INSERT OR REPLACE INTO former VALUES (?, ?, ?, ?)", (student_key, *row, closed)
        )

    def _opened(
        self, table: str, where: str, student_key: str, slot: str, *more: str
    ) -> bytes | None:
        row = self._store.db.execute(
            f"SELECT jpeg FROM {table} {where}",  # noqa: S608 - our own words
            (student_key, *more),
        ).fetchone()
        return self._store.seal.open(row[0], place_of(student_key, slot)) if row else None
