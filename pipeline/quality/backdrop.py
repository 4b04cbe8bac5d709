"""The background, estimated from the edge of the picture: there is no segmentation network here.

A portrait shows background along its top edge and, above the shoulders, along both sides. The
median CIELAB colour of those strips is the key; what looks like the key and hangs together with
the edge is taken for background. Hair of the background's own colour is taken for it too, and a
background in several colours is not: `unevenness` says how far it can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np

from pipeline.geometry import shrink
from pipeline.types import Floats, Pixels

_EYES_APART = 54.0  # px between the eyes at working size: half the graduation photo's
# OpenCV keeps CIELAB in bytes as L* × 2.55, a* + 128, b* + 128.
_BYTE_SCALE = np.array((2.55, 1, 1), dtype=np.float32)
_BYTE_ZERO = np.array((0, 128, 128), dtype=np.float32)
_STRIP = 0.05  # thickness of the edge strips, share of height and width
_ALIKE = 15.0  # ΔE*ab to the key that is still background
_CROWN_WIDTH = 1.2  # of the head's middle in which the crown is sought, in eye distances
_HAIR = 0.1  # share of that width that must not be background
_LIGHT_ENOUGH = 50.0  # smallest L* of a background that dark hair stands out from
_FOREIGN = 40.0  # ΔE*ab to the key of hair or clothes; shadows and gradients stay below
_TOP_PARTS, _SIDE_PARTS = 5, 3


@dataclass(frozen=True)
class Backdrop:
    """The background of one upright picture.

    Attributes:
        bgr: (h, w, 3) the whole picture at working size.
        scale: Working pixels a picture pixel.
        eye_row: Height of the eyes in `bgr`, px; side strips end there, above the shoulders.
        head: First and last column of the middle of the head in `bgr`, px.
    """

    bgr: Pixels
    scale: float
    eye_row: int
    head: tuple[int, int]

    @classmethod
    def of(cls, bgr: Pixels, eyes: tuple[Floats, Floats]) -> Backdrop:
        """Of an upright picture; the eyes' centres, right and left, in its pixels."""
        right, left = eyes
        longest = max(bgr.shape[:2])
        apart = float(np.linalg.norm(left - right))
        small = shrink(bgr, max(16, round(longest * min(1.0, _EYES_APART / apart))))
        scale = small.shape[0] / bgr.shape[0]
        eye_row = int(np.clip((right[1] + left[1]) / 2 * scale, 1, small.shape[0]))
        middle, reach = (right[0] + left[0]) / 2, apart * _CROWN_WIDTH / 2
        first, last = (
            int(np.clip((middle + d) * scale, 0, small.shape[1] - 1)) for d in (-reach, reach)
        )
        return cls(small, scale, eye_row, (first, last))

    @cached_property
    def lab(self) -> Pixels:
        """(h, w, 3) CIELAB of `bgr` in bytes: L* × 2.55, a* + 128, b* + 128."""
        return np.asarray(cv2.cvtColor(self.bgr, cv2.COLOR_BGR2LAB), np.uint8)

    @cached_property
    def parts(self) -> list[Floats]:
        """Median CIELAB of each part of the edge strips: along the top, then both sides."""
        height, width = self.bgr.shape[:2]
        deep, wide = max(2, round(_STRIP * height)), max(2, round(_STRIP * width))
        sides = (slice(0, wide), slice(width - wide, width))
        areas = [self.lab[:deep, columns] for columns in _cuts(0, width, _TOP_PARTS)]
        areas += [
            self.lab[rows, side]
            for side in sides
            for rows in _cuts(deep, max(deep + 1, self.eye_row), _SIDE_PARTS)
        ]
        return [_real(np.median(area.reshape(-1, 3), axis=0)) for area in areas if area.size]

    @cached_property
    def key(self) -> Floats:
        """(3,) CIELAB colour of the background: the median of the parts."""
        return np.asarray(np.median(np.stack(self.parts), axis=0), np.float32)

    @cached_property
    def unevenness(self) -> float:
        """Second largest ΔE*ab to the key, of the parts that are background and not hair.

        Infinite where less than half of the parts are.
        """
        apart = np.array([np.linalg.norm(part - self.key) for part in self.parts])
        behind = np.sort(apart[apart < _FOREIGN])
        return float(behind[-2]) if behind.size > len(apart) / 2 else float("inf")

    @cached_property
    def crown(self) -> float | None:
        """Row of the upright picture where the hair begins, px; None where it cannot be told.

        The first of three rows in which a tenth of the middle of the head is not background.
        """
        if self.unevenness > _ALIKE or self.key[0] < _LIGHT_ENOUGH:
            return None
        middle = self.mask[: self.eye_row, self.head[0] : self.head[1] + 1] == 0
        hair = middle.mean(axis=1) >= _HAIR
        runs = np.flatnonzero(hair[:-2] & hair[1:-1] & hair[2:])
        return float(runs[0]) / self.scale if runs.size else None

    @cached_property
    def mask(self) -> Pixels:
        """(h, w) 255 where the picture is like the key and hangs together with the edge."""
        off = self.lab.astype(np.float32) - (self.key * _BYTE_SCALE + _BYTE_ZERO)
        apart = np.einsum("ijk,ijk,k->ij", off, off, _BYTE_SCALE**-2, optimize=False)
        alike = (apart < _ALIKE**2).astype(np.uint8)
        count, labels = cv2.connectedComponents(alike, connectivity=4, ltype=cv2.CV_16U)
        at_edge = np.zeros(count, dtype=np.uint8)
        for edge in (labels[0], labels[: self.eye_row, 0], labels[: self.eye_row, -1]):
            at_edge[edge] = 255
        at_edge[0] = 0  # what is not alike
        return at_edge[labels]


def _cuts(start: int, stop: int, count: int) -> list[slice]:
    edges = np.linspace(start, stop, count + 1).round().astype(int)
    return [slice(a, b) for a, b in pairwise(edges) if b > a]


def _real(lab_bytes: Floats) -> Floats:
    """CIELAB from OpenCV's bytes."""
    return np.asarray((lab_bytes - _BYTE_ZERO) / _BYTE_SCALE, np.float32)
