"""The part of the picture that exposure and skin colour are measured in: brows to chin.

ISO/IEC 29794-5 measures these inside the hull of the face's landmarks, on a face whose eyes are
113 px apart (OFIQ `alignImage`, `GetFaceMask`). Here the picture is shrunk to that size and not
turned: a histogram does not change with a turn. Larger faces are never made of smaller ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.geometry import shrink
from pipeline.core.opencv import cv2
from pipeline.core.types import Floats, Pixels

_EYES_APART = 113.0  # px between the eyes in OFIQ's aligned 616 px picture
_ZONE = 0.3  # side of a cheek zone in eye distances (OFIQ CalculateRegionOfInterest)
_MOUTH = (13, 14)  # inner lips

# Jaw from ear to ear through the chin, and the upper edge of the brows: the outline that OFIQ's 98
# landmarks have. Indices of MediaPipe's FACEMESH_FACE_OVAL and FACEMESH_*_EYEBROW.
OUTLINE = [
    *(127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152),
    *(377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356),
    *(300, 293, 334, 296, 336, 107, 66, 105, 63, 70),
]


def _linear() -> Floats:
    """(256,) linear light 0-1 of an sRGB byte, IEC 61966-2-1."""
    x = np.arange(256) / 255
    return np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92).astype(np.float32)


# Luminance 0-255 that each BGR byte adds, by ITU-R BT.709; the last one's half rounds the sum.
_TABLES = [_linear() * np.float32(255 * weight) for weight in (0.0722, 0.7152, 0.2126)]
_TABLES[2] += np.float32(0.5)


def luminance(bgr: Pixels) -> Pixels:
    """(h, w) luminance 0-255, linear in light (OFIQ GetLuminanceImageFromBGR)."""
    light, green, red = map(cv2.LUT, cv2.split(bgr), _TABLES)
    cv2.add(light, green, dst=light)
    return np.asarray(cv2.add(light, red, dst=light)).astype(np.uint8)


@dataclass(frozen=True)
class FaceArea:
    """A cut around the face.

    Attributes:
        bgr: (h, w, 3) pixels of the cut.
        outline: (N, 2) landmark hull, px of the cut.
        cheeks: Two (4, 2) squares below the eyes, the subject's right first, px of the cut.
    """

    bgr: Pixels
    outline: Floats
    cheeks: tuple[Floats, Floats]

    @classmethod
    def of(cls, bgr: Pixels, points: Floats, eyes: tuple[Floats, Floats]) -> FaceArea:
        """Cut the face out of an upright picture, mesh `points` and eye centres in its pixels."""
        hull = cv2.convexHull(points[OUTLINE])[:, 0]
        height, width = bgr.shape[:2]
        low = np.clip(np.floor(hull.min(0)), 0, (width - 1, height - 1)).astype(int)
        high = np.clip(np.ceil(hull.max(0)), 0, (width - 1, height - 1)).astype(int) + 1
        cut = bgr[low[1] : high[1], low[0] : high[0]]
        right, left = eyes
        apart = float(np.linalg.norm(left - right))
        small = shrink(cut, max(1, round(max(cut.shape[:2]) * min(1.0, _EYES_APART / apart))))
        scale = np.array((small.shape[1] / cut.shape[1], small.shape[0] / cut.shape[0]))

        def to_cut(corners: NDArray[Any]) -> Floats:
            return np.asarray((corners - low) * scale, np.float32)

        mouth = points[list(_MOUTH)].mean(0)
        one, other = _cheeks(right, left, mouth)
        # OpenCV takes six times as long to split the channels of what is a view of a picture.
        return cls(np.ascontiguousarray(small), to_cut(hull), (to_cut(one), to_cut(other)))

    @cached_property
    def light(self) -> Pixels:
        """(h, w) luminance of the cut, 0-255."""
        return luminance(self.bgr)

    @cached_property
    def mask(self) -> Pixels:
        """(h, w) 255 inside the outline, 0 outside."""
        return self._filled(self.outline)

    @cached_property
    def histogram(self) -> NDArray[np.float64]:
        """(256,) shares of the outline's pixels by luminance."""
        return _histogram(self.light, self.mask)

    def cheek_histograms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares by luminance of each cheek's pixels."""
        area, *masks = self._cheek_area
        right, left = (_histogram(self.light[area], mask) for mask in masks)
        return right, left

    def cheek_light(self) -> tuple[float, float]:
        """Mean luminance of each cheek, 0-255."""
        area, *masks = self._cheek_area
        right, left = (cv2.mean(self.light[area], mask)[0] for mask in masks)
        return float(right), float(left)

    @cached_property
    def cheek_colour(self) -> Floats:
        """(3,) mean BGR of both cheeks, 0-255."""
        area, right, left = self._cheek_area
        return np.array(cv2.mean(self.bgr[area], right | left)[:3], dtype=np.float32)

    @cached_property
    def _cheek_area(self) -> tuple[tuple[slice, slice], Pixels, Pixels]:
        """Rows and columns that hold both cheeks, and there 255 inside either."""
        corners = np.rint(np.concatenate(self.cheeks)).astype(int)
        last = np.array(self.bgr.shape[1::-1]) - 1
        low, high = (np.clip(corner, 0, last) for corner in (corners.min(0), corners.max(0)))
        area = slice(low[1], high[1] + 1), slice(low[0], high[0] + 1)
        right, left = (self._filled(cheek)[area] for cheek in self.cheeks)
        return area, right, left

    def _filled(self, corners: Floats) -> Pixels:
        empty = np.zeros(self.bgr.shape[:2], dtype=np.uint8)
        return np.asarray(cv2.fillConvexPoly(empty, np.rint(corners).astype(np.int32), 255))


def _histogram(light: Pixels, mask: Pixels) -> NDArray[np.float64]:
    counts = cv2.calcHist([light], [0], mask, [256], [0, 256]).ravel().astype(np.float64)
    return np.asarray(counts / max(1.0, counts.sum()))


def _cheeks(right: Floats, left: Floats, mouth: Floats) -> tuple[Floats, Floats]:
    """OFIQ's two zones: squares that hang from half way between eyes and mouth, outward.

    The right one reaches from below the right eye's centre away from the nose, the left one
    likewise (OFIQ gives them so for an aligned face; here they follow the eyes' line).
    """
    apart = float(np.linalg.norm(left - right))
    across = (left - right) / apart
    down = np.array((-across[1], across[0]), dtype=np.float32)
    side = _ZONE * apart
    start = down * float(np.linalg.norm(mouth - (right + left) / 2)) / 2

    def square(eye: Floats, outward: Floats) -> Floats:
        top = eye + start
        return np.stack((top, top + outward, top + outward + down * side, top + down * side))

    return square(right, -across * side), square(left, across * side)
