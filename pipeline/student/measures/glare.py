"""Glare on glasses: the largest burnt-out spot around an eye, as a share of the lens's place."""

from __future__ import annotations

import numpy as np

from pipeline.core.opencv import cv2
from pipeline.core.types import Pixels, Value
from pipeline.student.view.base import Measure, View
from pipeline.student.view.eye_area import Span, mirrored

_LENS: tuple[Span, Span] = (0.12, 0.88), (-0.28, 0.4)  # the left eye's, in eye distances
_BURNT = 240  # smallest of blue, green, red: a reflected lamp has no colour left
_SPECK = np.ones((2, 2), np.uint8)  # smaller spots are the lamp's image in the eye itself
_BRIGHT_SKIN = 225.0  # luma; on a face like that nothing stands out, and TOO_BRIGHT says so


def take(view: View) -> Value:
    """The larger share of both eyes' places; None on a face that is too bright to tell.

    Ours: a highlight has the colour of the lamp, not of what it lies on (Shafer, "Using color to
    separate reflection components", 1985), so it burns out in all three colours. A pale veil over
    the eye that does not is missed.

    Raises:
        NotMeasuredError: Without a mesh, or when the eyes are too small or outside.
    """
    eyes = view.eyes
    if eyes.skin >= _BRIGHT_SKIN:
        return None
    x, y = _LENS
    return max(_spot(eyes.bgr[eyes.window(side, y)]) for side in (x, mirrored(x)))


def _spot(lens: Pixels) -> float:
    """Share of the largest connected spot."""
    burnt = cv2.inRange(lens, (_BURNT,) * 3, (255,) * 3)
    spots = cv2.morphologyEx(burnt, cv2.MORPH_OPEN, _SPECK)
    _, _, found, _ = cv2.connectedComponentsWithStats(spots, connectivity=8)
    return float(np.max(found[1:, cv2.CC_STAT_AREA], initial=0) / burnt.size)


MEASURE = Measure("glare", "", take, below="GLASSES_GLARE", above="GLASSES_GLARE")
