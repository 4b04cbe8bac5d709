"""The safety catch: a night that would go wrong stops before it writes anything.

An empty or unmounted folder, the roster of another cohort, an output folder that is something else:
each would overwrite a finished night with nonsense and end well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
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
    pictures = [f for f in cohort.delivered if f.kind == PHOTO and f.fate in fates]
    matched = sum(f.fate in (Fate.USED, Fate.SET_ASIDE) for f in pictures)
    if not pictures:
        yield said("doubt.no_photo")
    elif matched < policy.min_files_matched * len(pictures):
        yield said(
            "doubt.few_matched",
            part=matched,
            all=len(pictures),
            share=matched / len(pictures),
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
    now = {job.subject.student_key: job for job in cohort.jobs}
    gone = [key for key in before if key not in now]
    if before and len(gone) > policy.max_students_gone * len(before):
        key = "other_cohort" if len(gone) > len(before) / 2 else "students_gone"
        key = "all_gone" if len(gone) == len(before) else key
        yield said(
            f"doubt.{key}",
            part=len(gone),
            all=len(before),
            out=out,
            share=len(gone) / len(before),
            limit=policy.max_students_gone,
        )
    had = [key for key, (photo, _) in before.items() if photo and key in now]
    lost = [key for key in had if now[key].photo is None]
    if len(lost) > policy.max_photos_lost * len(had):
        yield said("doubt.photos_lost", **_shares(lost, had, policy.max_photos_lost))
    had = [key for key, (_, references) in before.items() if references and key in now]
    lost = [key for key in had if not now[key].references]
    if len(lost) > policy.max_references_lost * len(had):
        yield said("doubt.references_lost", **_shares(lost, had, policy.max_references_lost))


def _shares(part: Sized, whole: Sized, limit: float) -> dict[str, float]:
    share = len(part) / len(whole)
    return {"part": len(part), "all": len(whole), "share": share, "limit": limit}
