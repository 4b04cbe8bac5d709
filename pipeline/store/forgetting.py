"""One student taken out of a run's store: rows, pictures, files, and what others' rows say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.types import Subject
from pipeline.store.masking import mask_of
from pipeline.store.run_store import Store
from pipeline.store.summary import RunSummary

SHORTEST = 5  # of what is looked for in texts; what is shorter stands in any text by chance


class Marks:
    """What a student is known by in texts: numbers and keys, as words of their own.

    Args:
        known: Numbers and keys; those that are too short are not looked for.

    Attributes:
        known: All of them.
        whole: None was too short.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self.known = frozenset(known) - {""}
        long = sorted(one for one in self.known if len(one) >= SHORTEST)
        self.whole = len(long) == len(self.known)
        words = "|".join(map(re.escape, long)) or "(?!)"
        # Capital letters of ID numbers are written small too.
        self._text = re.compile(rf"(?<![0-9A-Za-z])(?:{words})(?![0-9A-Za-z])", re.IGNORECASE)
        self._bytes = re.compile(self._text.pattern.encode(), re.IGNORECASE)

    def stand_in(self, text: str | bytes) -> bool:
        """Whether one of them stands in a text, or in the bytes of one (UTF-8)."""
        if isinstance(text, str):
            return self._text.search(text) is not None
        return self._bytes.search(text) is not None


@dataclass(frozen=True, slots=True)
class Student:
    """Who is to be forgotten, as one store knows them.

    Attributes:
        keys: Of the roster's rows with this number, and of photos that nobody claims named by it.
        marks: What they are known by.
    """

    keys: frozenset[str]
    marks: Marks


def student_of(store: Store, number: str) -> Student:
    """The student of this student, candidate or ID number, or key; without keys if nobody is."""
    asked = "SELECT student_key, subject, photo, photo_sha256 FROM student"
    wanted, keys, known, strays = number.strip().casefold(), set(), {number.strip()}, []
    mask = mask_of(store)
    for key, text, photo, sha256 in store.db.execute(asked).fetchall():
        subject = Subject(**json.loads(text))
        own = (key, subject.student_no, subject.candidate_no, subject.id_number)
        if not subject.student_key:
            # Answers about a photo that nobody claims are kept by its bytes.
            strays.append((photo, {key, f"extra:{sha256[:16]}"}))
        elif wanted in (one.casefold() for one in own if one):
            keys.add(key)
            known |= {*own, mask(key)}
    marks = Marks(known)
    unclaimed = (own for name, own in strays if marks.stand_in(name))
    return Student(frozenset(keys.union(*unclaimed)), marks)


def forget_student(store: Store, student: Student) -> tuple[int, int]:
    """Delete a student, and what others' rows say of them; how many rows and pictures there were.

    The store has to be packed and decided anew.

    Raises:
        StoreError: The file cannot be written.
    """
    keys, marks = [(key,) for key in student.keys], student.marks
    with store.transaction():
        pictures = sum(
            store.db.execute(f"DELETE FROM {table} WHERE student_key = ?", key).rowcount  # noqa: S608
            for table in _tables(store, "jpeg")
            for key in keys
        )
        _forget_files(store, student)
        for table in _tables(store, "student_key"):
            if table != "student":
                ask = f"DELETE FROM {table} WHERE student_key = ?"  # noqa: S608 - our own tables
                store.db.executemany(ask, keys)
        ask = "DELETE FROM student WHERE student_key = ?"
        rows = store.db.executemany(ask, keys).rowcount
        before = store.db.execute("SELECT student_key, assessment FROM former").fetchall()
        store.db.executemany(
            "DELETE FROM former WHERE student_key = ?",
            [(key,) for key, told in before if marks.stand_in(told)],
        )
        said = store.db.execute("SELECT student_key, name, value FROM conclusion").fetchall()
        store.db.executemany(
            "DELETE FROM conclusion WHERE student_key = ? AND name = ?",
            [(k, name) for k, name, value in said if _names(value, student)],
        )
        _forget_facts(store, student)
        notes = store.db.execute("SELECT name, value FROM meta WHERE name != 'run'").fetchall()
        store.db.executemany(
            "DELETE FROM meta WHERE name = ?", [(n,) for n, v in notes if marks.stand_in(str(v))]
        )
        if keys:
            store.db.execute("DELETE FROM meta WHERE name = 'cohort_key'")  # the next sees all anew
    return rows, pictures


def told_without(summary: RunSummary, student: Student, students: int) -> RunSummary:
    """What is told of a run, without what names a student.

    Args:
        summary: As it was.
        student: Who is gone.
        students: In the roster, now.
    """
    marks, intake = student.marks, dict(summary.intake)
    if left := intake.get("left"):
        intake["left"] = {
            fate: [one for one in files if not _listed(one, student)]
            for fate, files in left.items()
        }
    remarks = tuple(one for one in summary.remarks if not marks.stand_in(one))
    return replace(summary, students=students, intake=intake, remarks=remarks)


def stand_in_rows(store: Store, student: Student) -> int:
    """In how many rows of the store a student is still named; the proof that there is none."""
    found = 0
    for table in _tables(store):
        for row in store.db.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own tables
            found += any(
                cell in student.keys or student.marks.stand_in(cell)
                for cell in row
                if isinstance(cell, str)
            )
    return found


def _tables(store: Store, column: str = "") -> list[str]:
    """The store's tables, or those of them that have a column of this name."""
    rows = store.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    ask = "SELECT count(*) FROM pragma_table_info(?) WHERE name = ?"
    return [
        str(name)
        for (name,) in rows
        if not column or store.db.execute(ask, (name, column)).fetchone()[0]
    ]


def _forget_files(store: Store, student: Student) -> None:
    """Delete a student's files from the delivery, and their key from those that others may own."""
    asked = "SELECT position, path, student_key, near, sha256 FROM delivery"
    gone, contents, nearby = [], [], []
    for position, path, key, near, sha256 in store.db.execute(asked).fetchall():
        names = json.loads(near)
        if key in student.keys or student.marks.stand_in(path):
            gone.append((position,))
            contents.append((sha256,))
        elif student.keys.intersection(names):
            left = [name for name in names if name not in student.keys]
            nearby.append((json.dumps(left), position))
    store.db.executemany("DELETE FROM delivery WHERE position = ?", gone)
    store.db.executemany("UPDATE delivery SET near = ? WHERE position = ?", nearby)
    store.db.executemany("DELETE FROM file WHERE sha256 = ?", contents)


def _forget_facts(store: Store, student: Student) -> None:
    """Delete what others' files tell of a student, such as a file that fits both."""
    asked = "SELECT student_key, measured, units, errors FROM student"
    changed = []
    for key, measured, *others in store.db.execute(asked).fetchall():
        if student.marks.stand_in(measured):
            named = {n for n, value in json.loads(measured).items() if _names(value, student)}
            texts = (json.loads(text) for text in (measured, *others))
            left = [{n: value for n, value in text.items() if n not in named} for text in texts]
            changed.append((*(json.dumps(one, ensure_ascii=False) for one in left), key))
    ask = "UPDATE student SET measured = ?, units = ?, errors = ? WHERE student_key = ?"
    store.db.executemany(ask, changed)


def _names(value: Any, student: Student) -> bool:
    return isinstance(value, str) and (value in student.keys or student.marks.stand_in(value))


def _listed(file: Any, student: Student) -> bool:
    """Whether a file of a summary's lists (name, why, keys) is a student's."""
    name, _, keys = file
    return student.marks.stand_in(str(name)) or bool(student.keys.intersection(keys))
