"""Which pictures a page carries, and how large, so that it stays a file that can be mailed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from pipeline.core.types import PHOTO, Case, Decision, Pixels
from pipeline.report.view import has_pictures
from pipeline.store import RunSummary

# With 1,500 students' words of 1.4 kB each the page is below 12 MB. As base64, a third more than
# the JPEGs have.
BUDGET = 9_000_000
# Thumbnails of 240 px: photo, two references and the overlay of both come to this much.
_WHOLE = 40_000
_SIDE, _LEAST_SIDE = 240, 96
_QUALITY = 72
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
        return {
            slot: smaller(jpeg, side, side, _QUALITY, tight=True)[0]
            for slot, jpeg in case.pictures.items()
            if slot in kept
        }


def _pair(case: Case) -> set[str]:
    """The photo and the reference that decides, or the first there is."""
    others = [slot for slot in case.pictures if slot != PHOTO]
    decides = case.assessment.reference
    return {PHOTO, decides if decides in others else next(iter(others), PHOTO)}


def smaller(
    jpeg: bytes, width: int, height: int, quality: int, *, tight: bool = False
) -> tuple[bytes, int, int]:
    """A stored picture within so many pixels, never enlarged; with its own width and height.

    Args:
        jpeg: As stored.
        width: At most.
        height: At most.
        quality: Of the JPEG.
        tight: A tenth fewer bytes, for three times the work of writing it.

    Raises:
        ValueError: It is no picture.
    """
    import cv2  # late: who writes a workbook without pictures needs it not

    from pipeline.core.geometry import shrink

    whole = _decoded(jpeg)
    tall, wide = whole.shape[:2]
    scale = min(1.0, width / wide, height / tall)
    picture = shrink(whole, max(1, round(max(wide, tall) * scale)))
    written = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, int(tight)]
    return cv2.imencode(".jpg", picture, written)[1].tobytes(), picture.shape[1], picture.shape[0]


@lru_cache(maxsize=4)  # a student's pictures, for the page after the workbook
def _decoded(jpeg: bytes) -> Pixels:
    # OpenCV does in a quarter of the time what Pillow does, and a night has many to make.
    import cv2
    import numpy as np

    as_stored = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), as_stored)
    if picture is None:
        raise ValueError("a stored picture cannot be decoded")
    return cast(Pixels, picture)
