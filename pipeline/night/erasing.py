"""One student taken out of a run's folder: rows, pictures, answers, reports; all others stay.

Reports hold everybody, so those of earlier nights that name the student are deleted whole, and the
present ones are written anew from what is left. Given again it finds nothing, or goes on where it
was cut off.
"""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.core.aside import replacing
from pipeline.core.errors import StoreError
from pipeline.core.policy import load_policy, load_profile
from pipeline.core.said import cause, said
from pipeline.core.words import Language
from pipeline.night.folder import (
    ASSIGNED,
    COLLEGES,
    DATABASE,
    LEDGER,
    PREVIOUS,
    PROPOSED,
    REPORTS,
    SUMMARY,
    database_of,
    locked,
)
from pipeline.night.nightly import redecide
from pipeline.store import Store
from pipeline.store.forgetting import (
    Marks,
    Student,
    forget_student,
    stand_in_rows,
    student_of,
    told_without,
)
from pipeline.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Erased:
    """What a run's folder held of one student.

    Attributes:
        marks: What the student is known by there.
        rows: Of the roster, and photos that nobody claims named by the student's number.
        pictures: Stored ones.
        answers: Given at the desk.
        entries: Of the action log that no longer say whom they are about.
        files: Reports and copies that were deleted or written anew.
    """

    marks: Marks
    rows: int
    pictures: int
    answers: int
    entries: int
    files: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether there was anything."""
        return bool(self.rows or self.pictures or self.answers or self.entries or self.files)


def erase_student(run: Path, number: str, by: str, lang: Language) -> Erased:
    """Delete all that a run's folder holds of one student.

    Args:
        run: The output folder.
        number: Student, candidate or ID number, or the student's key.
        by: Who orders it.
        lang: Of the reports that are written anew.

    Raises:
        StoreError: There is no run in the folder, a run or the desk is at work in it, it cannot be
            written, or something of the student is left.
    """
    database = database_of(run)
    with locked(run), Store(database) as store:
        store.own_key.unlock()
        student = student_of(store, number)
        answers = entries = 0
        if (run / LEDGER).is_file():
            with Ledger(run / LEDGER) as ledger:
                keys = student.keys | {number}
                answers, entries = ledger.forget_student(by, keys, student.marks.stand_in)
        files = tuple(_clear(run, student))
        rows, pictures = forget_student(store, student)
        if rows:
            store.pack()
        summary = store.summary()
        if summary and (rows or files):
            left = store.count("student") - len(store.cohort.strays())
            store.finish(told_without(summary, student, left))
    if summary and (rows or files):
        rules = load_policy(None, summary.policy)
        redecide(run, rules, load_profile(rules.profile), lang)
    _prove(run, number, student.marks)
    return Erased(student.marks, rows, pictures, answers, entries, files)


def named_in(path: Path, marks: Marks) -> bool:
    """Whether a file of ours names a student; workbooks are looked into."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            return any(marks.stand_in(one) or marks.stand_in(archive.read(one)) for one in names)
    return marks.stand_in(path.read_bytes())


def _clear(run: Path, student: Student) -> Iterator[str]:
    """Delete what names the student beside store and ledger; the names of what was deleted."""
    marks = student.marks
    reports = [run / name for name in (*REPORTS, SUMMARY, PROPOSED) if (run / name).is_file()]
    # All of them where one names the student: in a picture nobody finds a number.
    due = bool(student.keys) or any_names((*reports, *(run / COLLEGES).glob("*")), marks)
    try:
        if any_names((run / PREVIOUS).rglob("*"), marks):
            shutil.rmtree(run / PREVIOUS)
            yield PREVIOUS
        if due and (run / COLLEGES).is_dir():
            shutil.rmtree(run / COLLEGES)
            yield COLLEGES
        for report in reports if due else ():
            report.unlink()
            yield report.name
        # What a killed night left aside, and stores as they were before they were brought up to
        # date; those cannot be written, so they go.
        for name in (*REPORTS, DATABASE, LEDGER, ASSIGNED, PROPOSED):
            for aside in run.glob(f".{name}.*"):
                aside.unlink()
                yield aside.name
        if (run / ASSIGNED).is_file() and named_in(run / ASSIGNED, marks):
            _without(run / ASSIGNED, marks)
            yield ASSIGNED
    except OSError as error:
        raise StoreError("report_undeletable", run=run, why=cause(error)) from error


def any_names(paths: Iterable[Path], marks: Marks) -> bool:
    """Whether one of these files names a student; of marks too short to look for, any might."""
    files = [path for path in paths if path.is_file()]
    return bool(files) and (not marks.whole or any(named_in(path, marks) for path in files))


def _without(path: Path, marks: Marks) -> None:
    """Take the rows that name a student out of a table."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if not any(map(marks.stand_in, row))]
    with replacing(path) as aside, aside.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _prove(run: Path, number: str, marks: Marks) -> None:
    """Look for the student in every row and file of the folder.

    Raises:
        StoreError: Something is left.
    """
    with Store(database_of(run)) as store:
        left = stand_in_rows(store, replace(student_of(store, number), marks=marks))
    files = [path.name for path in run.rglob("*") if path.is_file() and named_in(path, marks)]
    if left or files:
        rows = (said("count.rows of its store", n=left),) if left else ()
        raise StoreError("student_left", run=run, where=(*rows, *files))
