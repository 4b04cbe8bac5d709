"""The balance of an intake: students by sheet, files by fate; every part adds up to its whole."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.privacy import masked_file_name, masked_sentence
from pipeline.core.types import PHOTO, SET_ASIDE, Cohort, Job, Subject
from pipeline.source.kinds import OTHER

MAX_NAMED = 200  # files of each list that are named; `files.csv` has them all


def balance(cohort: Cohort) -> dict[str, Any]:
    """The balance as JSON's types, for `run.json` (`intake`).

    Returns:
        `students` in all, `sheets` (file, sheet, students, why), `with_photo`, `without_photo`,
        `with_reference`, `without_reference` (both 0 where no references were given), `weak`
        (matches to look at), `matched_by` (photos by what told the student), and by kind
        of picture (`photo` and each reference kind) `files`: `found` and the count of each fate,
        `students` who have one, and `left`: by fate the first files, each as name, reason, and
        whom it fits or may mean; `missing_references`: the first students who have none, each as
        key and name. No ID number.
    """
    given, lacking = bool(cohort.kinds), list[list[Any]]()
    with_photo = with_reference = 0
    for job in cohort.jobs:
        with_photo += job.photo is not None
        if kinds_of(job):
            with_reference += given
        elif given and len(lacking) < MAX_NAMED:
            lacking.append([job.subject.student_key, masked_sentence(job.subject.name)])
    files = _Files(cohort)
    return {
        "students": len(cohort.jobs),
        "sheets": [[s.file, s.sheet, s.students, s.why] for s in cohort.sheets],
        "with_photo": with_photo,
        "without_photo": len(cohort.jobs) - with_photo,
        "with_reference": with_reference,
        "without_reference": len(cohort.jobs) - with_reference if given else 0,
        "weak": files.weak,
        "matched_by": dict(files.matched_by.most_common()),
        "files": {kind: files.of_kind(kind) for kind in (PHOTO, *cohort.kinds, *files.fates)},
        "left": files.left,
        "missing_references": lacking,
    }


def kinds_of(job: Job) -> set[str]:
    """Kinds of reference that a student has."""
    return {reference.kind for reference in job.references} - {SET_ASIDE}


def missing_references(cohort: Cohort) -> list[tuple[Subject, list[str]]]:
    """Students who lack a reference of a kind that was given, and which; those with none first."""
    wanted = [kind for kind in cohort.kinds if kind != OTHER]
    told = [(job, [k for k in wanted if k not in kinds_of(job)]) for job in cohort.jobs]
    lacking = [(job, kinds) for job, kinds in told if kinds or (cohort.kinds and not kinds_of(job))]
    lacking.sort(key=lambda one: bool(kinds_of(one[0])))
    return [(job.subject, kinds) for job, kinds in lacking]


class _Files:
    """The delivered files, counted as they go by.

    Attributes:
        fates: Files by kind and fate.
        matched_by: Photos in use by what told the student.
        weak: Photos in use whose match somebody should look at.
        left: By fate the first files that are not in use, as masked name, reason and keys.
    """

    def __init__(self, cohort: Cohort) -> None:
        self.fates: dict[str, Counter[Fate]] = {}
        self.matched_by: Counter[str] = Counter()
        self.weak = 0
        self.left: dict[str, list[list[Any]]] = {
            fate.value: [] for fate in Fate if fate is not Fate.USED
        }
        self._whose: dict[str, set[str]] = {}
        for file in cohort.delivered:
            self._count(file)

    def _count(self, file: Delivered) -> None:
        self.fates.setdefault(file.kind, Counter())[file.fate] += 1
        if file.fate is not Fate.USED:
            if len(left := self.left[file.fate.value]) < MAX_NAMED:
                left.append(_named(file))
            return
        self._whose.setdefault(file.kind, set()).add(file.student_key)
        if file.kind == PHOTO:
            self.weak += bool(file.weak)
            self.matched_by[file.matched_by] += 1

    def of_kind(self, kind: str) -> dict[str, int]:
        """Files found and of each fate, and students who have one."""
        counts = self.fates.get(kind, Counter[Fate]())
        return {
            "found": counts.total(),
            **{fate.value: counts[fate] for fate in Fate},
            "students": len(self._whose.get(kind, ())),
        }


def _named(file: Delivered) -> list[Any]:
    """A file as masked name, reason and keys."""
    keys = [file.student_key] if file.student_key else list(file.near)
    name = masked_file_name(file.name.encode("utf-8", "backslashreplace").decode())
    return [name, file.why, keys]
