"""The balance of an intake: students by sheet, files by fate; every part adds up to its whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
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
    with_photo = sum(job.photo is not None for job in cohort.jobs)
    photos = [file for file in cohort.delivered if file.kind == PHOTO]
    kinds = dict.fromkeys(file.kind for file in cohort.delivered)
    ordered = dict.fromkeys((PHOTO, *cohort.kinds, *kinds))
    given = bool(cohort.kinds)
    with_reference = sum(bool(kinds_of(job)) for job in cohort.jobs)
    return {
        "students": len(cohort.jobs),
        "sheets": [[s.file, s.sheet, s.students, s.why] for s in cohort.sheets],
        "with_photo": with_photo,
        "without_photo": len(cohort.jobs) - with_photo,
        "with_reference": with_reference if given else 0,
        "without_reference": len(cohort.jobs) - with_reference if given else 0,
        "weak": sum(bool(file.weak) for file in photos if file.fate is Fate.USED),
        "matched_by": dict(
            Counter(f.matched_by for f in photos if f.fate is Fate.USED).most_common()
        ),
        "files": {
            kind: _of_kind([f for f in cohort.delivered if f.kind == kind]) for kind in ordered
        },
        "left": {
            fate.value: _named(f for f in cohort.delivered if f.fate is fate)
            for fate in Fate
            if fate is not Fate.USED
        },
        "missing_references": [
            [job.subject.student_key, masked_sentence(job.subject.name)]
            for job in (cohort.jobs if given else ())
            if not kinds_of(job)
        ][:MAX_NAMED],
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


def _of_kind(files: Sequence[Delivered]) -> dict[str, int]:
    counts = Counter(file.fate for file in files)
    whose = {file.student_key for file in files if file.fate is Fate.USED}
    return {
        "found": len(files),
        **{fate.value: counts[fate] for fate in Fate},
        "students": len(whose),
    }


def _named(files: Iterable[Delivered]) -> list[list[Any]]:
    """The first files, each as masked name, reason and keys."""
    listed: list[list[Any]] = []
    for file in files:
        if len(listed) == MAX_NAMED:
            break
        keys = [file.student_key] if file.student_key else list(file.near)
        name = masked_file_name(file.name.encode("utf-8", "backslashreplace").decode())
        listed.append([name, file.why, keys])
    return listed
