"""The safety catch: a night that would go wrong stops before it writes anything.

An empty or unmounted folder, the roster of another cohort, an output folder that is something else:
each would overwrite a finished night with nonsense and end well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.delivery import Fate
from pipeline.core.errors import IntakeStopped, StoreError
from pipeline.core.intake_policy import IntakePolicy
from pipeline.core.said import Sentences, said
from pipeline.core.types import PHOTO, Cohort
from pipeline.night.folder import DATABASE
from pipeline.source.found import PICTURES, suffix
from pipeline.store import Store

_LOOKED_AT = 1000  # entries of a folder that is no run's


def check_intake(cohort: Cohort, out: Path | None, policy: IntakePolicy) -> None:
    """Stop where the intake is too far from what was to be expected.

    Args:
        cohort: From `pipeline.source.gather`.
        out: Output folder; its last night is read and nothing is written. None where there is none.
        policy: Limits.

    Raises:
        IntakeStopped: With all that was seen.
    """
    seen = list(doubts(cohort, out, policy))
    if seen:
        raise IntakeStopped("intake_stopped", seen=Sentences(seen))


def doubts(cohort: Cohort, out: Path | None, policy: IntakePolicy) -> Iterator[str]:
    """What speaks against the intake, in words; nothing where all is well."""
    if out is not None:
        yield from _of_folder(out)
    fates = (Fate.USED, Fate.SET_ASIDE, Fate.UNMATCHED)
    found = Counter(f.fate for f in cohort.delivered if f.kind == PHOTO and f.fate in fates)
    matched, pictures = found[Fate.USED] + found[Fate.SET_ASIDE], found.total()
    if not pictures:
        yield said("doubt.no_photo")
    elif matched < policy.min_files_matched * pictures:
        yield said(
            "doubt.few_matched",
            part=matched,
            all=pictures,
            share=matched / pictures,
            limit=policy.min_files_matched,
        )
    if out is not None:
        yield from _against_last(cohort, out, policy)


def _of_folder(out: Path) -> Iterator[str]:
    """Whether the output folder is something else than a run's."""
    if (out / DATABASE).is_file() or not out.is_dir():
        return
    names = [path.name for _, path in zip(range(_LOOKED_AT), out.iterdir(), strict=False)]
    pictures = [name for name in names if suffix(name) in PICTURES or suffix(name) == ".zip"]
    if pictures:
        yield said("doubt.folder_of_pictures", out=out, pictures=len(pictures))


def _against_last(cohort: Cohort, out: Path, policy: IntakePolicy) -> Iterator[str]:
    """What the last night had and this one has not."""
    if not (out / DATABASE).is_file():
        return
    try:
        with Store(out / DATABASE, readonly=True) as store:
            before = store.cohort.last_night()
    except StoreError:  # of an older version, or unusable: the run itself says so
        return
    had, lost, students = Counter[str](), Counter[str](), len(before)
    for job in cohort.jobs:
        photo, references = before.pop(job.subject.student_key, (False, False))
        had.update(photo=photo, references=references)
        lost.update(photo=photo and job.photo is None, references=references and not job.references)
    gone = len(before)  # those of whom nobody is left
    if students and gone > policy.max_students_gone * students:
        key = "other_cohort" if gone > students / 2 else "students_gone"
        key = "all_gone" if gone == students else key
        shares = _shares(gone, students, policy.max_students_gone)
        yield said(f"doubt.{key}", out=out, **shares)
    if lost["photo"] > policy.max_photos_lost * had["photo"]:
        shares = _shares(lost["photo"], had["photo"], policy.max_photos_lost)
        yield said("doubt.photos_lost", **shares)
    if lost["references"] > policy.max_references_lost * had["references"]:
        shares = _shares(lost["references"], had["references"], policy.max_references_lost)
        yield said("doubt.references_lost", **shares)


def _shares(part: int, whole: int, limit: float) -> dict[str, float]:
    return {"part": part, "all": whole, "share": part / whole, "limit": limit}
