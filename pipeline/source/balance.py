"""The balance of an intake: students by sheet, files by fate; every part adds up to its whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.privacy import masked_file_name
from pipeline.core.types import PHOTO, Cohort

MAX_NAMED = 200  # files of each list that are named; `files.csv` has them all


def balance(cohort: Cohort) -> dict[str, Any]:
    """The balance as JSON's types, for `run.json` (`intake`).

    Returns:
        `students` in all, `sheets` (file, sheet, students, why), `with_photo`, `without_photo`,
        `weak` (matches to look at), `matched_by` (photos by what told the student), and by kind
        of picture (`photo` and each reference kind) `files`: `found` and the count of each fate,
        `students` who have one, and `left`: by fate the first files, each as name, reason, and
        whom it fits or may mean. No ID number.
    """
    with_photo = sum(job.photo is not None for job in cohort.jobs)
    photos = [file for file in cohort.delivered if file.kind == PHOTO]
    kinds = dict.fromkeys(file.kind for file in cohort.delivered)
    ordered = dict.fromkeys((PHOTO, *kinds))
    return {
        "students": len(cohort.jobs),
        "sheets": [[s.file, s.sheet, s.students, s.why] for s in cohort.sheets],
        "with_photo": with_photo,
        "without_photo": len(cohort.jobs) - with_photo,
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
    }


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
