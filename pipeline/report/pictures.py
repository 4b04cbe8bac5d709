"""Which pictures a page carries, and how large, so that it stays a file that can be mailed."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core.types import PHOTO, Case, Decision
from pipeline.report.view import has_pictures
from pipeline.store import RunSummary

# With 1,500 students' words of 1.4 kB each the page is below 12 MB. As base64, a third more than
# the JPEGs have.
BUDGET = 9_000_000
# Thumbnails of 240 px: photo, two references and the overlay of both come to this much.
_WHOLE = 40_000
_SIDE, _LEAST_SIDE = 240, 96
_PAIR_BELOW = 14_000  # then photo and the reference that decides alone


@dataclass(frozen=True, slots=True)
class Room:
    """What each student's pictures may take.

    Attributes:
        everyone: Accepted students have pictures too.
        each: Bytes of base64 a student.
    """

    everyone: bool
    each: float

    @classmethod
    def of(cls, run: RunSummary) -> Room:
        """The room in a run's page: first for those about whom something has to be done."""
        accepted = run.counts.decision.get(Decision.ACCEPT.value, 0)
        files = sum(run.counts.strays.values())
        everyone = run.students + files
        if everyone * _WHOLE <= BUDGET:
            return cls(True, _WHOLE)
        return cls(False, BUDGET / max(1, everyone - accepted))

    def pictures(self, case: Case) -> Mapping[str, bytes]:
        """A case's JPEGs as the page carries them, by slot; none where there is no room."""
        if not has_pictures(case, self.everyone):
            return {}
        if self.each >= _WHOLE:
            return case.pictures
        kept = _pair(case) if self.each < _PAIR_BELOW else set(case.pictures)
        side = max(_LEAST_SIDE, int(_SIDE * math.sqrt(self.each / _WHOLE)))
        return {slot: _smaller(jpeg, side) for slot, jpeg in case.pictures.items() if slot in kept}


def _pair(case: Case) -> set[str]:
    """The photo and the reference that decides, or the first there is."""
    others = [slot for slot in case.pictures if slot != PHOTO]
    decides = case.assessment.reference
    return {PHOTO, decides if decides in others else next(iter(others), PHOTO)}


def _smaller(jpeg: bytes, side: int) -> bytes:
    """The picture with a longer side of at most so many pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as image:
        image.thumbnail((side, side))
        out = io.BytesIO()
        image.convert("RGB").save(out, "JPEG", quality=72, optimize=True)
    return out.getvalue()
