"""Photos that were there before: refused by a person, or in an earlier cohort.

Collectors forbid handing in the bytes of a photo that was refused, and last year's photo is too
old. Refusals are told by the ledger of this folder and of the earlier runs that are named; pictures
by the earlier runs' stores, which keep perceptual hashes and no face.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.cohort.duplicates import NEAR_BITS
from pipeline.core.measurements import REFUSED_BEFORE, SEEN_EARLIER
from pipeline.core.moments import local_day
from pipeline.core.reasons import OTHER, catalogue
from pipeline.core.types import Measurement
from pipeline.night.folder import LEDGER, database_of
from pipeline.store import Store
from pipeline.store.answers import Refusal
from pipeline.store.ledger import Ledger

# Of 892,398 pairs of two people's pictures 3 differ by so few bits, and 597 by NEAR_BITS.
_SAME_BITS = 2
_CODES = {"not_me": "NOT_ME", "sideways": "SIDEWAYS_LEFT", "upside_down": "UPSIDE_DOWN"}

Hashes = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Before:
    """One photo of an earlier run."""

    student_key: str
    hashes: Hashes
    date: str
    refusal: Refusal | None


def remember(store: Store, out: Path, earlier: Sequence[Path]) -> None:
    """Note of every student whose photo was refused before, or was in an earlier run.

    Args:
        store: This run's.
        out: Its folder.
        earlier: Output folders of earlier runs.

    Raises:
        StoreError: A folder holds no run, or it cannot be read.
    """
    refused = _refusals(out)
    before: list[_Before] = []
    for run in earlier:
        theirs = {sha256: one.long_ago() for sha256, one in _refusals(run).items()}
        before += _photos(run, theirs)
        refused |= theirs
    found: dict[str, Measurement] = {}
    for student_key, sha256 in store.cohort.photo_digests() if refused else ():
        refusal = refused.get(sha256)
        # The case that waits for a new photo is no second try.
        if refusal and not (refusal.student_key == student_key and refusal.last):
            found[student_key] = _told(refusal)
    for student_key, plain in store.cohort.photo_hashes().items() if before else ():
        same = (photo for photo in before if _same(student_key, plain, photo))
        if student_key not in found and (photo := next(same, None)):
            seen = Measurement(SEEN_EARLIER, photo.date)
            found[student_key] = _told(photo.refusal) if photo.refusal else seen
    store.cohort.note_earlier(found.items())


def _refusals(run: Path) -> dict[str, Refusal]:
    """What people have refused in a folder, by the photo's sha256."""
    if not (run / LEDGER).is_file():
        return {}
    with Ledger(run / LEDGER) as ledger:
        return {refusal.sha256: refusal for refusal in ledger.answers.refused()}


def _photos(run: Path, refused: Mapping[str, Refusal]) -> Iterator[_Before]:
    with Store(database_of(run), readonly=True) as store:
        date = local_day(store.finished().finished)
        digests = dict(store.cohort.photo_digests())
        for student_key, hashes in store.cohort.photo_hashes().items():
            refusal = refused.get(digests.get(student_key, ""))
            yield _Before(student_key, hashes, date, refusal)


def _same(student_key: str, hashes: Hashes, photo: _Before) -> bool:
    """Whether it is the earlier picture; of another student's only where that is beyond doubt."""
    most = NEAR_BITS if student_key == photo.student_key else _SAME_BITS
    plain = int(hashes[0], 16)
    return min((plain ^ int(word, 16)).bit_count() for word in photo.hashes) <= most


def _told(refusal: Refusal) -> Measurement:
    """Date and the registry's word for what was wrong."""
    code = _CODES.get(refusal.verdict, "")
    word = catalogue()[code].registry if code else OTHER
    return Measurement(REFUSED_BEFORE, f"{local_day(refusal.at)} {word}")
