"""Red eye: share of pixels inside the irises that are red as only a flash makes them, 0-1."""

from __future__ import annotations

import numpy as np

from pipeline.core.types import Floats, Pixels, Value
from pipeline.student.measures import eyes_open
from pipeline.student.view.base import LEFT_IRIS, RIGHT_IRIS, Measure, NotMeasuredError, View

_INNER = 0.8  # of the iris radius, so that red lids and veins stay out
_RED = 1.8  # red / larger of green and blue; brown irises reach about 1.5
_OF_SKIN = 1.5  # and so much more than the cheeks have: a closed lid or a cast is no red eye
_LIGHT = 80  # smallest red value: darker pixels have no sure colour
_OPEN = 0.02  # x0 of OFIQ's EyesOpen component
_SMALLEST = 3.0  # px radius


def take(view: View) -> Value:
    """The larger share of both eyes; None with closed eyes, where lids are all there is to see.

    Ours; the ratio is what red-eye filters look for.

    Raises:
        NotMeasuredError: If the irises are smaller than 3 px in radius.
    """
    if eyes_open.take(view) < _OPEN:
        return None
    blue, green, red = (float(v) for v in view.area.cheek_colour)
    least = max(_RED, _OF_SKIN * red / max(1.0, blue, green))
    eyes = (RIGHT_IRIS, LEFT_IRIS)
    return max(_share(view.face.bgr, view.points, eye, least) for eye in eyes)


def _share(bgr: Pixels, points: Floats, iris: int, least: float) -> float:
    """`iris` is the centre's index; the four points after it lie on the rim."""
    centre, rim = points[iris], points[iris + 1 : iris + 5]
    radius = float(np.linalg.norm(rim - centre, axis=1).mean()) * _INNER
    if radius < _SMALLEST * _INNER:
        raise NotMeasuredError("the irises are too small")
    low = np.maximum(np.floor(centre - radius), 0).astype(int)
    high = np.ceil(centre + radius).astype(int) + 1
    cut = bgr[low[1] : high[1], low[0] : high[0]].astype(np.float32)
    if cut.size == 0:
        raise NotMeasuredError("the eyes lie outside the picture")
    rows, columns = np.ogrid[low[1] : low[1] + cut.shape[0], low[0] : low[0] + cut.shape[1]]
    inside = np.hypot(columns - centre[0], rows - centre[1]) <= radius
    blue, green, red = cut[inside].T
    hot = (red >= _LIGHT) & (red > least * np.maximum(blue, green))
    return float(hot.mean()) if hot.size else 0.0


MEASURE = Measure("red_eye", "", take, below="RED_EYE", above="RED_EYE")
