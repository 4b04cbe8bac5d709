"""The run's store across students: faces and hashes to compare, and what was concluded of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from secrets import token_bytes

import numpy as np
from pydantic_core import from_json

from pipeline.core.measurements import (
    CARD,
    PHOTO_HASH,
    PHOTO_HASH_MIRRORED,
    REFERENCE_FILES,
    REFUSED_BEFORE,
    SEEN_EARLIER,
    SET_ASIDE_FILES,
)
from pipeline.core.types import Floats, Measurement
from pipeline.store.schema import TEMPLATES_IN_MEMORY
from pipeline.store.sealing import Seal, encryption_is_here, place_of
from pipeline.store.sqlite import Database

# Students: their templates take 1.2 kB each.
IN_MEMORY_UP_TO = 50_000
_GONE = "WHERE faces != (SELECT count(*) FROM template WHERE student_key = student.student_key)"

_WITH_PICTURES = "SELECT student_key FROM picture UNION SELECT student_key FROM former"


class CohortTables:
    """What the cohort stage reads and writes.

    Args:
        store: The run's.
    """

    def __init__(self, store: Database) -> None:
        self._store = store
        self._key_of_process: Seal | None = None

    def hold_templates_in_memory(self, students: int = 0) -> None:
        """Keep templates in memory from now on, so that a killed run leaves none on the disk.

        Those of a large cohort lie in a file without a name, encrypted by a key that only this
        process has; without the package for that they stay in memory too. Those that the store
        holds are taken over; `secure_delete` overwrites their bytes.

        Args:
            students: How many there are.
        """
        aside = students > IN_MEMORY_UP_TO and encryption_is_here()
        if aside:
            self._key_of_process = Seal(token_bytes(32))
        self._store.db.execute(f"PRAGMA temp_store = {'FILE' if aside else 'MEMORY'}")
        with self._store.transaction():
            self._store.db.execute(TEMPLATES_IN_MEMORY)
            self._store.db.executemany(
                "INSERT INTO temp.template VALUES (?, ?, ?)", self._taken_over()
            )
            left = self._store.db.execute("DELETE FROM main.template").rowcount
        if left:
            # The log still holds their bytes. Where a reader keeps it from being emptied, closing
            # the store, or the next night, does.
            self._store.empty_log()

    def _taken_over(self) -> Iterator[tuple[str, str, bytes]]:
        """The templates in the store's file, closed as those of this night."""
        for student_key, slot, kept in self._store.db.execute("SELECT * FROM main.template"):
            place = place_of(student_key, slot)
            yield student_key, slot, self._seal.close(self._store.seal.open(kept, place), place)

    @property
    def _seal(self) -> Seal:
        """What closes templates."""
        return self._key_of_process or self._store.seal

    def forget_templates(self, keys: Iterable[str]) -> None:
        """Delete the templates of these students, wherever they are; their bytes too."""
        with self._store.transaction():
            self._store.db.executemany(
                "DELETE FROM template WHERE student_key = ?", ((key,) for key in keys)
            )

    def prints_in_order(self) -> Iterator[tuple[int, str]]:
        """Place and fingerprint of every student, "" without complete evidence."""
        asked = "SELECT position, fingerprint FROM student ORDER BY position"
        yield from self._store.db.execute(asked)

    def places_by_key(self) -> Iterator[tuple[str, int]]:
        """Every student's key, in the keys' order, and place."""
        asked = "SELECT student_key, position FROM student ORDER BY student_key"
        yield from self._store.db.execute(asked)

    def places_without_templates(self) -> Iterator[int]:
        """Places of students whose templates are gone, in order."""
        rows = self._store.db.execute(f"SELECT position FROM student {_GONE} ORDER BY position")  # noqa: S608
        yield from (place for (place,) in rows)

    def points_at(self, place: int) -> dict[str, str]:
        """Where the faces of the student at a place lie, by slot."""
        asked = "SELECT points FROM student WHERE position = ?"
        (points,) = self._store.db.execute(asked, (place,)).fetchone()
        found: dict[str, str] = json.loads(points)
        return found

    def remember(self, student_key: str, templates: Mapping[str, bytes]) -> None:
        """Put a student's templates (`packing.Kept`) in the place of those that are gone."""
        with self._store.transaction():
            self._store.db.execute("DELETE FROM template WHERE student_key = ?", (student_key,))
            self._store.db.executemany(
                "INSERT INTO template VALUES (?, ?, ?)", self.sealed(student_key, templates)
            )

    def sealed(
        self, student_key: str, templates: Mapping[str, bytes]
    ) -> Iterator[tuple[str, str, bytes]]:
        """Rows of the table of templates."""
        for slot, vector in templates.items():
            closed = self._seal.close(vector, place_of(student_key, slot))
            yield student_key, slot, closed

    def look_again_for_templates(self, *, without_points: bool = False) -> None:
        """Count students as not yet seen whose templates are gone, so that they are looked at.

        Args:
            without_points: Only those of whom it is not on record where their faces lie.
        """
        only = "AND points = '{}'" if without_points else ""
        with self._store.transaction():
            self._store.db.execute(f"UPDATE student SET fingerprint = '' {_GONE} {only}")  # noqa: S608

    def templates(self) -> dict[str, tuple[list[str], Floats]]:
        """By slot: whose the templates are, in order, and the (N, D) vectors."""
        keys: dict[str, list[str]] = {}
        vectors: dict[str, bytearray] = {}
        rows = self._store.db.execute(
            "SELECT student_key, slot, vector FROM template JOIN student USING (student_key)"
            " ORDER BY position"
        )
        for student_key, slot, vector in rows:
            keys.setdefault(slot, []).append(student_key)
            opened = self._seal.open(vector, place_of(student_key, slot))
            vectors.setdefault(slot, bytearray()).extend(opened)
        return {
            slot: (own, np.frombuffer(vectors[slot], np.float32).reshape(len(own), -1))
            for slot, own in keys.items()
        }

    def photo_hashes(self, of: Collection[str] | None = None) -> dict[str, tuple[str, str]]:
        """Perceptual hash of each photo and of its mirror image, by student, in order.

        Args:
            of: Only of these students, in any order.
        """
        asked = (
            "SELECT student_key, json_extract(measured, ?) AS plain,"
            " json_extract(measured, ?) AS mirrored FROM student WHERE plain IS NOT NULL"
        )
        names = (f"$.{PHOTO_HASH}", f"$.{PHOTO_HASH_MIRRORED}")
        db = self._store.db
        rows: Iterable[tuple[str, str, str]] = (
            db.execute(f"{asked} ORDER BY position", names)
            if of is None
            else (
                row
                for student_key in of
                for row in db.execute(f"{asked} AND student_key = ?", (*names, student_key))
            )
        )
        return {student_key: (plain, mirrored) for student_key, plain, mirrored in rows}

    def same_photo(self) -> list[list[str]]:
        """Groups of keys whose photo files have identical bytes, each in order."""
        rows = self._store.db.execute(
            "SELECT photo_sha256, student_key FROM student WHERE photo_sha256 IN"
            " (SELECT photo_sha256 FROM student WHERE photo_sha256 != ''"
            " GROUP BY 1 HAVING count(*) > 1) ORDER BY photo_sha256, position"
        )
        groups: dict[str, list[str]] = {}
        for sha256, student_key in rows:
            groups.setdefault(sha256, []).append(student_key)
        return list(groups.values())

    def set_aside(self) -> dict[str, list[str]]:
        """Names of the files set aside, by student."""
        rows = self._store.db.execute(
            "SELECT student_key, json_extract(measured, ?) AS names FROM student"
            " WHERE names IS NOT NULL",
            (f'$."{SET_ASIDE_FILES}"',),
        )
        return {student_key: names.split("/") for student_key, names in rows}

    def last_night(self) -> dict[str, tuple[bool, bool]]:
        """Of every student: whether there was a photo, whether there was a reference."""
        rows = self._store.db.execute(
            "SELECT student_key, photo != '', coalesce(json_extract(measured, ?), 0) > 0"
            " FROM student WHERE json_extract(subject, '$.student_key') != ''",
            (f'$."{REFERENCE_FILES}"',),
        )
        return {key: (bool(photo), bool(reference)) for key, photo, reference in rows}

    def strays(self) -> set[str]:
        """Keys of the photos that nobody claims."""
        rows = self._store.db.execute(
            "SELECT student_key FROM student WHERE json_extract(subject, '$.student_key') = ''"
        )
        return {student_key for (student_key,) in rows}

    def sexes(self) -> dict[str, str]:
        """The roster's sex by student: "male", "female" or ""."""
        rows = self._store.db.execute(
            "SELECT student_key, json_extract(subject, '$.sex') FROM student"
        )
        return dict(rows.fetchall())

    def look_again(self, keys: Iterable[str]) -> None:
        """Count these students as not yet seen."""
        with self._store.transaction():
            self._store.db.executemany(
                "UPDATE student SET fingerprint = '' WHERE student_key = ?", ((k,) for k in keys)
            )

    def known_of_cards(self) -> dict[str, dict[str, str]]:
        """What is measured of the ID cards of those who have any, by student."""
        rows = self._store.db.execute(
            "SELECT student_key, measured FROM student WHERE instr(measured, ?)", (f'"{CARD}',)
        )
        return {
            student_key: {n: v for n, v in from_json(measured).items() if n.startswith(CARD)}
            for student_key, measured in rows
        }

    def adjust(self, scores: Iterable[tuple[str, str, float]]) -> None:
        """Replace all adjusted scores by these, by student and slot; call inside a transaction."""
        self._store.db.execute("UPDATE comparison SET adjusted = NULL")
        self._store.db.executemany(
            "UPDATE comparison SET adjusted = ? WHERE student_key = ? AND slot = ?",
            ((score, student_key, slot) for student_key, slot, score in scores),
        )

    def keepers(self) -> tuple[frozenset[str], frozenset[str]]:
        """Keys of the roster's students with stored pictures, and with stored templates."""
        rostered = "JOIN student USING (student_key) WHERE json_extract(subject, '$.row') > 0"
        pictures, templates = (
            self._store.db.execute(f"SELECT DISTINCT student_key FROM {table} {rostered}")  # noqa: S608
            for table in (f"({_WITH_PICTURES})", "template")
        )
        return frozenset(key for (key,) in pictures), frozenset(key for (key,) in templates)

    def photo_digests(self) -> Iterator[tuple[str, str]]:
        """Student and sha256 of each photo's bytes, in order."""
        yield from self._store.db.execute(
            "SELECT student_key, photo_sha256 FROM student WHERE photo_sha256 != ''"
            " ORDER BY position"
        )

    def note_earlier(self, found: Iterable[tuple[str, Measurement]]) -> None:
        """Replace what is known of earlier photos, by student; other conclusions stay."""
        with self._store.transaction():
            self._store.db.execute(
                "DELETE FROM conclusion WHERE name IN (?, ?)", (REFUSED_BEFORE, SEEN_EARLIER)
            )
            self._store.db.executemany(
                "INSERT OR REPLACE INTO conclusion VALUES (?, ?, ?, ?, ?)",
                ((student_key, *measurement) for student_key, measurement in found),
            )

    def conclude(self, found: Iterable[tuple[str, Measurement]]) -> None:
        """Replace all that was concluded across students, by student, in one transaction."""
        with self._store.transaction():
            self._store.db.execute("DELETE FROM conclusion")
            self._store.db.executemany(
                "INSERT OR REPLACE INTO conclusion VALUES (?, ?, ?, ?, ?)",
                ((student_key, *measurement) for student_key, measurement in found),
            )
