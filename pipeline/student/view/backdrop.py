"""The person and what is behind, told apart by the selfie segmenter (`models/segmenter.py`).

The colour of the background is read along the edge of the picture: a strip along the top and, down
to the eyes, along both sides, in eleven parts. Of each part only what is surely background counts,
so hair and clothes that reach the edge are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.geometry import shrink
from pipeline.core.opencv import cv2
from pipeline.core.types import Floats, Pixels

Area = tuple[slice, slice]  # rows and columns
_WHOLE: Area = slice(None), slice(None)

_EYES_APART = 54.0  # px between the eyes at working size: half the graduation photo's
# OpenCV keeps CIELAB in bytes as L* × 2.55, a* + 128, b* + 128.
_BYTE_SCALE = np.array((2.55, 1, 1), dtype=np.float32)
_BYTE_ZERO = np.array((0, 128, 128), dtype=np.float32)
_STRIP = 0.05  # thickness of the edge strips, share of height and width
_TOP_PARTS, _SIDE_PARTS = 5, 3
_BEHIND = 0.1  # segmenter's output below which a pixel is surely background; soft edges are not
_SEEN = 0.25  # share of a part that must be background for its colour to count
_CROWN_WIDTH = 1.2  # of the head's middle in which the crown is sought, in eye distances
_HAIR = 0.1  # share of that width that must be the person
_PERSON = 0.5  # MediaPipe's own threshold (`selfie_segmentation`)


@dataclass(frozen=True)
class Backdrop:
    """The background of one upright picture.

    Attributes:
        bgr: (h, w, 3) the whole picture at working size.
        scale: Working pixels a picture pixel.
        person: (n, n) how surely each part of the picture is the person, 0-1; the square is
            stretched over the whole picture.
        eyes: (2,) middle of the eyes, shares of the picture's width and height.
        apart: Distance of the eyes, share of the picture's width.
    """

    bgr: Pixels
    scale: float
    person: Floats
    eyes: Floats
    apart: float

    @classmethod
    def of(cls, bgr: Pixels, eyes: tuple[Floats, Floats], person: Floats) -> Backdrop:
        """Of an upright picture; the eyes' centres, right and left, in its pixels."""
        right, left = eyes
        height, width = bgr.shape[:2]
        apart = float(np.linalg.norm(left - right))
        small = shrink(bgr, max(16, round(max(height, width) * min(1.0, _EYES_APART / apart))))
        middle = np.asarray((right + left) / 2 / (width, height), np.float32)
        return cls(small, small.shape[0] / height, person, middle, apart / width)

    def stretched(self, square: NDArray[Any], area: Area = _WHOLE) -> NDArray[Any]:
        """A square like `person` at working size, by its nearest rows and columns; part of it."""
        rows, columns = self._nearest
        return square[rows[area[0]]].take(columns[area[1]], axis=1)

    @cached_property
    def _nearest(self) -> list[NDArray[np.intp]]:
        """Rows and columns of `person` that are nearest to those of `bgr`."""
        cells = len(self.person)
        return [
            ((np.arange(size) + 0.5) / size * cells).astype(np.intp) for size in self.bgr.shape[:2]
        ]

    @cached_property
    def mask(self) -> Pixels:
        """(h, w) 255 where the picture is background."""
        return self.stretched((self.person < _PERSON) * np.uint8(255))

    def colours_in(self, corners: Floats) -> Floats:
        """(N, 3) CIELAB of the pixels in a polygon; corners in pixels of the upright picture.

        N is 0 where the polygon lies outside the picture.
        """
        outline = np.rint(corners * self.scale).astype(np.int32)
        low, high = np.clip((outline.min(0), outline.max(0) + 1), 0, self.bgr.shape[1::-1])
        cut = self.bgr[low[1] : high[1], low[0] : high[0]]
        inside = np.zeros(cut.shape[:2], dtype=np.uint8)
        if inside.size:
            cv2.fillPoly(inside, [outline - low], 255)
        return real_colour(lab_bytes(cut)[inside > 0])

    @cached_property
    def parts(self) -> Floats:
        """(N, 3) median CIELAB of the edge strips' parts in which enough background is seen."""
        height, width = self.bgr.shape[:2]
        deep, wide = max(2, round(_STRIP * height)), max(2, round(_STRIP * width))
        eye_row = int(np.clip(self.eyes[1] * height, deep + 1, height))
        areas = [(slice(0, deep), columns) for columns in _cuts(0, width, _TOP_PARTS)]
        sides = slice(0, wide), slice(width - wide, width)
        areas += [(rows, side) for rows in _cuts(deep, eye_row, _SIDE_PARTS) for side in sides]
        behind = self.person < _BEHIND
        seen = ((self.stretched(behind, area).ravel(), self.bgr[area]) for area in areas)
        colours = [
            # `compress` picks four times as fast as a mask of rows and columns.
            median_colour(lab_bytes(cut).reshape(-1, 3).compress(free, axis=0))
            for free, cut in seen
            if np.count_nonzero(free) > _SEEN * free.size
        ]
        return np.reshape(colours, (-1, 3))

    @cached_property
    def key(self) -> Floats | None:
        """(3,) CIELAB colour of the background: the median of the parts; None without any."""
        return np.asarray(np.median(self.parts, axis=0), np.float32) if len(self.parts) else None

    @cached_property
    def unevenness(self) -> float | None:
        """Second largest ΔE*ab of a part to the key; None with fewer than three parts."""
        if self.key is None or len(self.parts) < 3:
            return None
        return float(np.sort(np.linalg.norm(self.parts - self.key, axis=1))[-2])

    @cached_property
    def crown(self) -> float | None:
        """Top of the person above the eyes, share of the picture's height; None if not found.

        The first row in which a tenth of the middle of the head is the person, between rows by the
        segmenter's own output.
        """
        side = len(self.person)
        reach = self.apart * _CROWN_WIDTH / 2
        first, last = (
            int(np.clip((self.eyes[0] + d) * side, 0, side - 1)) for d in (-reach, reach)
        )
        head = np.sort(self.person[: max(1, round(self.eyes[1] * side)), first : last + 1], axis=1)
        rows = head[:, -max(1, round(_HAIR * head.shape[1]))]
        found = np.flatnonzero(rows >= _PERSON)
        if not found.size:
            return None
        row = int(found[0])
        if row == 0:
            return 0.0
        above = float((rows[row] - _PERSON) / (rows[row] - rows[row - 1]))
        return (row - above + 0.5) / side


def lab_bytes(bgr: Pixels) -> Pixels:
    """(h, w, 3) CIELAB in OpenCV's bytes: L* × 2.55, a* + 128, b* + 128."""
    # OpenCV refuses a picture without pixels.
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB), np.uint8) if bgr.size else bgr


def real_colour(lab: NDArray[Any]) -> Floats:
    """(..., 3) CIELAB from OpenCV's bytes."""
    return np.asarray((lab - _BYTE_ZERO) / _BYTE_SCALE, np.float32)


def median_colour(lab: Pixels) -> Floats:
    """(3,) CIELAB median of N > 0 pixels, (N, 3) in OpenCV's bytes."""
    low, high = (len(lab) - 1) // 2, len(lab) // 2
    ordered = np.partition(lab, (low, high), axis=0)  # `np.median` takes twice as long
    return real_colour((ordered[low].astype(np.float64) + ordered[high]) / 2)


def _cuts(start: int, stop: int, count: int) -> list[slice]:
    edges = np.linspace(start, stop, count + 1).round().astype(int)
    return [slice(a, b) for a, b in pairwise(edges) if b > a]
