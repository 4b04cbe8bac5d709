"""The safety catch: a night that would go wrong stops before it writes anything.

An empty or unmounted folder, the roster of another cohort, an output folder that is something else:
each would overwrite a finished night with nonsense and end well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.core.delivery import Fate
from pipeline.core.errors import IntakeStopped, StoreError
from pipeline.core.intake_policy import IntakePolicy
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
        raise IntakeStopped(
            "Stopped before anything was written: " + "; ".join(seen) + ".",
            "Check roster, photos and --out; `photoproof intake` shows what is understood of each"
            " file. If it is meant so, give the command again with --force.",
        )


def doubts(cohort: Cohort, out: Path | None, policy: IntakePolicy) -> Iterator[str]:
    """What speaks against the intake, in words; nothing where all is well."""
    if out is not None:
        yield from _of_folder(out)
    fates = (Fate.USED, Fate.SET_ASIDE, Fate.UNMATCHED)
    pictures = [f for f in cohort.delivered if f.kind == PHOTO and f.fate in fates]
    matched = sum(f.fate in (Fate.USED, Fate.SET_ASIDE) for f in pictures)
    if not pictures:
        yield "no photo was found"
    elif matched < policy.min_files_matched * len(pictures):
        yield (
            f"{matched} of {len(pictures)} photo files ({_percent(matched, len(pictures))}) belong"
            f" to students of the roster, at least {policy.min_files_matched:.0%} are asked for"
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
        yield f"the output folder {out} holds no run but {len(pictures)} pictures or archives"


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
        word = "all" if len(gone) == len(before) else f"{len(gone)} of {len(before)}"
        yield (
            f"{word} students of the last night in {out} ({_percent(len(gone), len(before))}) are"
            f" not in the roster, at most {policy.max_students_gone:.0%} are expected"
            + ("; this is another cohort" if len(gone) > len(before) / 2 else "")
        )
    had = [key for key, (photo, _) in before.items() if photo and key in now]
    lost = [key for key in had if now[key].photo is None]
    if len(lost) > policy.max_photos_lost * len(had):
        yield (
            f"{len(lost)} of {len(had)} students ({_percent(len(lost), len(had))}) had a photo in"
            f" the last night and have none now, at most {policy.max_photos_lost:.0%} are expected"
        )
    had = [key for key, (_, references) in before.items() if references and key in now]
    lost = [key for key in had if not now[key].references]
    if len(lost) > policy.max_references_lost * len(had):
        yield (
            f"{len(lost)} of {len(had)} students ({_percent(len(lost), len(had))}) had a reference"
            " in the last night and have none now, at most"
            f" {policy.max_references_lost:.0%} are expected"
        )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"
