"""The part of the picture around both eyes: where glasses sit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.core.geometry import shrink
from pipeline.core.opencv import cv2
from pipeline.core.types import Floats, Pixels

Span = tuple[float, float]

_EYES_APART = 64.0  # px between the eyes at working size; a fine frame is then one pixel wide
_ACROSS, _UP, _DOWN = 1.0, 0.75, 1.0  # reach from the middle of the eyes, in eye distances
# Skin that glasses leave free, in eye distances: between nose and cheeks, above the mouth.
_SKIN: tuple[Span, Span] = (-0.55, 0.55), (0.45, 0.85)


@dataclass(frozen=True)
class EyeArea:
    """A cut around both eyes, not turned: the limits on roll keep it nearly level.

    Windows are given in eye distances from the middle of the eyes, x right and y down, and are cut
    to the picture; they always have at least one pixel.

    Attributes:
        bgr: (h, w, 3) pixels of the cut.
        middle: (2,) middle of both eyes, px of the cut.
        apart: Distance of the eyes, px of the cut.
    """

    bgr: Pixels
    middle: Floats
    apart: float

    @classmethod
    def of(cls, bgr: Pixels, eyes: tuple[Floats, Floats]) -> EyeArea:
        """Cut the eyes out of an upright picture; `eyes` are their centres in its pixels."""
        right, left = eyes
        middle, apart = (right + left) / 2, float(np.linalg.norm(left - right))
        last = np.array(bgr.shape[1::-1]) - 1
        low = np.clip(middle - np.array((_ACROSS, _UP)) * apart, 0, last).astype(int)
        high = np.clip(middle + np.array((_ACROSS, _DOWN)) * apart, 0, last).astype(int) + 1
        cut = bgr[low[1] : high[1], low[0] : high[0]]
        small = shrink(cut, max(1, round(max(cut.shape[:2]) * min(1.0, _EYES_APART / apart))))
        scale = small.shape[0] / cut.shape[0]
        return cls(small, np.asarray((middle - low) * scale, np.float32), apart * scale)

    @cached_property
    def luma(self) -> Pixels:
        """(h, w) BT.601 luma of the cut."""
        return np.asarray(cv2.cvtColor(self.bgr, cv2.COLOR_BGR2GRAY), np.uint8)

    @cached_property
    def skin(self) -> float:
        """Median luma of the skin below the eyes, at least 1."""
        return max(1.0, float(np.median(self.luma[self.window(*_SKIN)])))

    def window(self, x: Span, y: Span) -> tuple[slice, slice]:
        """Rows and columns of a window."""
        height, width = self.luma.shape
        return self._slice(y, 1, height), self._slice(x, 0, width)

    def _slice(self, span: Span, axis: int, size: int) -> slice:
        start, stop = (round(float(self.middle[axis]) + d * self.apart) for d in span)
        start = min(max(start, 0), size - 1)
        return slice(start, min(max(stop, start + 1), size))


def mirrored(span: Span) -> Span:
    """The same columns on the other side of the nose."""
    return -span[1], -span[0]
