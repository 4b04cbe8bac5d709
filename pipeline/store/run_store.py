"""The run's SQLite store: what was seen and decided.

The parent process alone writes. A student's measurements and the fingerprint that says "done" are
committed together, so a killed run finds either all of a student or nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Literal

from pipeline.core.types import Assessment, Case, Comparison, Measurement, Subject
from pipeline.store.cases import CASE, cases_of
from pipeline.store.cohort_tables import CohortTables
from pipeline.store.deliveries import Deliveries
from pipeline.store.digest import content_digest
from pipeline.store.ending import BEFORE, SUMMARY, Ending
from pipeline.store.known_files import KnownFiles
from pipeline.store.large_pictures import LargePictures
from pipeline.store.packing import (
    COMPARED,
    Kept,
    Measured,
    pack_assessment,
    unpack_assessment,
    unpack_measured,
)
from pipeline.store.schema import RUN
from pipeline.store.sealing import place_of
from pipeline.store.summary import RunSummary

_COMPARISON = ", ".join(COMPARED)
_IN_ORDER = "USING (student_key) ORDER BY student.position, comparison.position"
_COMPARISONS = f"SELECT student_key, {_COMPARISON} FROM student JOIN comparison {_IN_ORDER}"  # noqa: S608
_EVIDENCE = (
    f"SELECT student_key, measured, errors, {_COMPARISON}"  # noqa: S608
    f" FROM student LEFT JOIN comparison {_IN_ORDER}"
)
_SEVERAL = "student_key IN (SELECT student_key FROM comparison GROUP BY 1 HAVING count(*) > 1)"
_SUBJECT = tuple(field.name for field in fields(Subject))
# 32 MB: a night writes a page many times, which the log takes together before the file has them.
_LOG_PAGES = 8192
_CHILDREN = ("decision", "conclusion", "comparison", "picture", "template", "sharp")


class Store(Ending):
    """One run's database.

    Args:
        path: The file; made when it is not there, unless `readonly`.
        readonly: Open an existing store so that nothing can be written.

    Attributes:
        cohort: What is read and concluded across students.
        deliveries: Every file of the last delivery.
        files: What files were when they were hashed.
        large: Pictures to compare by, and photos of before.

    Raises:
        StoreError: If the file cannot be opened, is no photoproof store or of another version.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        # A reader may be handed from thread to thread, one at a time.
        super().__init__(path, RUN, str(path), readonly=readonly, any_thread=readonly)
        if not readonly:
            self.db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self.cohort = CohortTables(self)
        self.deliveries = Deliveries(self)
        self.files = KnownFiles(self)
        self.large = LargePictures(self)

    def enrol(self, students: Iterable[tuple[str, Subject, str]]) -> None:
        """Make the store's students exactly these, in this order; what is known of them stays.

        Args:
            students: Key, roster row and photo name, in order.
        """
        with self.transaction():
            self.db.execute("UPDATE student SET position = -1")
            self.db.executemany(
                "INSERT INTO student (student_key, position, subject, photo) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (student_key) DO UPDATE SET position = excluded.position,"
                " subject = excluded.subject, photo = excluded.photo",
                (
                    (student_key, position, _packed(subject), photo)
                    for position, (student_key, subject, photo) in enumerate(students)
                ),
            )
            self.db.execute("DELETE FROM student WHERE position = -1")
            # In memory no foreign key does it.
            self.db.execute(
                "DELETE FROM template WHERE student_key NOT IN (SELECT student_key FROM student)"
            )

    def fingerprints(self) -> dict[str, str]:
        """Fingerprint by student of every student whose evidence is complete."""
        asked = "SELECT student_key, fingerprint FROM student WHERE fingerprint != ''"
        return dict(self.db.execute(asked).fetchall())

    def unassessed(self) -> set[str]:
        """Keys of the students of whom there is no complete evidence."""
        rows = self.db.execute("SELECT student_key FROM student WHERE fingerprint = ''")
        return {student_key for (student_key,) in rows}

    def save(self, *seen: tuple[str, str, Kept]) -> None:
        """Replace all that is known of some students, in one transaction.

        Args:
            seen: Key, fingerprint and evidence of each.
        """
        with self.transaction():
            for student_key, fingerprint, kept in seen:
                self._replace(student_key, fingerprint, kept)

    def _replace(self, student_key: str, fingerprint: str, kept: Kept) -> None:
        self.large.keep_former(student_key, kept.photo_sha256)
        for table in _CHILDREN:
            self.db.execute(f"DELETE FROM {table} WHERE student_key = ?", (student_key,))  # noqa: S608
        self.large.keep(student_key, kept.sharp)
        told = (fingerprint, kept.photo_sha256, *kept.measurements)
        self.db.execute(
            "UPDATE student SET fingerprint = ?, photo_sha256 = ?,"
            " measured = ?, units = ?, errors = ?, faces = ?, points = ?"
            " WHERE student_key = ?",
            (*told, len(kept.templates), kept.points, student_key),
        )
        self.db.executemany(
            "INSERT INTO comparison VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((student_key, i, *row) for i, row in enumerate(kept.comparisons)),
        )
        self.db.executemany(
            "INSERT INTO picture VALUES (?, ?, ?)",
            (
                (student_key, slot, self.seal.close(jpeg, place_of(student_key, slot)))
                for slot, jpeg in kept.pictures.items()
            ),
        )
        self.db.executemany(
            "INSERT INTO template VALUES (?, ?, ?)",
            self.cohort.sealed(student_key, kept.templates),
        )

    def decide(self, student_key: str, assessment: Assessment) -> None:
        """Keep the machine's decision; call inside a transaction."""
        self.db.execute(
            "INSERT INTO decision VALUES (?1, ?2) ON CONFLICT (student_key) DO UPDATE"
            " SET assessment = ?2 WHERE assessment != ?2",
            (student_key, pack_assessment(assessment)),
        )

    def evidence(
        self, *, several: bool = False
    ) -> Iterator[tuple[str, Measured, tuple[Comparison, ...]]]:
        """Key, what was seen and comparisons of all, or of those with `several`, in order."""
        concluded = self._concluded()
        asked = _EVIDENCE.replace("ORDER", f"WHERE {_SEVERAL} ORDER") if several else _EVIDENCE
        for student_key, group in groupby(self.db.execute(asked), itemgetter(0)):
            (first, *_) = together = tuple(group)
            table = unpack_measured(first[1], first[2])
            if student_key in concluded:
                table = table.also(concluded[student_key])
            # Without a comparison, the join gives one row that has no kind.
            yield (
                student_key,
                table,
                tuple(Comparison(*row[3:]) for row in together if row[3] is not None),
            )

    def comparisons(self) -> Iterator[tuple[str, tuple[Comparison, ...]]]:
        """Key and comparisons of every student who has any, in order, one at a time."""
        for student_key, group in groupby(self.db.execute(_COMPARISONS), itemgetter(0)):
            yield student_key, tuple(Comparison(*row[1:]) for row in group)

    def _concluded(self) -> dict[str, list[Measurement]]:
        """What was concluded across students, by student."""
        table: dict[str, list[Measurement]] = {}
        rows = self.db.execute("SELECT student_key, name, value, unit, error FROM conclusion")
        for student_key, *measurement in rows:
            table.setdefault(student_key, []).append(Measurement._make(measurement))
        return table

    def cases(self) -> Iterator[Case]:
        """Every decided student as the report sees it, in order."""
        return cases_of(self, self.db.execute(f"{CASE} ORDER BY position"))

    def case(self, student_key: str) -> Case | None:
        """One decided student; None when there is none of that key, or no decision yet."""
        rows = self.db.execute(f"{CASE} WHERE student_key = ?", (student_key,))
        return next(cases_of(self, rows), None)

    def decided_on(self, student_key: str) -> bool:
        """Whether there is a decision about a student: not while a run looks at them anew."""
        asked = "SELECT 1 FROM decision WHERE student_key = ?"
        return self.db.execute(asked, (student_key,)).fetchone() is not None

    def decided(self) -> Iterator[tuple[str, Subject, str, Assessment]]:
        """Key, roster row, sha256 of the photo ("" without one) and decision, in order."""
        rows = self.db.execute(
            "SELECT student_key, subject, photo_sha256, assessment FROM student"
            " JOIN decision USING (student_key) ORDER BY position"
        )
        for student_key, subject, sha256, assessment in rows:
            yield student_key, Subject(**json.loads(subject)), sha256, unpack_assessment(assessment)

    def digest(self, *, pictures: bool = False) -> str:
        """sha256 of what was seen, concluded and decided of all students, and of their pictures."""
        return content_digest(self.db, pictures)

    def decisions_digest(self) -> str:
        """sha256 of what was decided about whom, and of whose photo."""
        rows = self.db.execute(
            "SELECT student_key, subject, photo, photo_sha256, assessment FROM student"
            " JOIN decision USING (student_key) ORDER BY student_key"
        )
        content = hashlib.sha256()
        for row in rows:
            content.update(repr(row).encode())
        return content.hexdigest()

    def count(self, table: Literal["student", "decision", "picture"]) -> int:
        """How many students there are, how many of them are decided, or how many pictures."""
        asked = f"SELECT count(*) FROM {table}"  # noqa: S608 - one of our own words
        return int(self.db.execute(asked).fetchone()[0])

    def erase(self, summary: RunSummary | None) -> None:
        """Delete all that is known of students and files, and pack the file.

        Args:
            summary: What is still told of the run; None of one that was cut off.

        Raises:
            StoreError: If the file cannot be written, or somebody reads it.
        """
        with self.transaction():
            for table in (*_CHILDREN, "former", "student", "file", "delivery"):
                self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables
            self.drop_notes("cohort_key", BEFORE)  # a new run sees all anew
            self.own_key.renew()
            if summary:
                self.note(SUMMARY, summary.text())
        self.pack()


def _packed(subject: Subject) -> str:
    """A roster row as the store has it; not by `asdict`, which takes ten times as long."""
    return json.dumps({name: getattr(subject, name) for name in _SUBJECT}, ensure_ascii=False)
