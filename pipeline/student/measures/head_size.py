"""Head size of ISO/IEC 29794-5: T, eye-to-chin, as a fraction of the picture's height."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, eye_to_chin
from pipeline.student.view.scalars import sigmoid

_BEST = 0.45
_SIGMOID = sigmoid(0.0, 0.05, h=200, a=1, s=-1)


def take(view: View) -> float:
    """T / H (OFIQ HeadSize)."""
    return eye_to_chin(view.points) / view.frame[1]


def component(raw: float) -> float:
    """OFIQ's sigmoid of the distance to its best size, |raw - 0.45|."""
    return _SIGMOID(abs(raw - _BEST))


MEASURE = Measure(
    "head_size",
    "",
    take,
    below="HEAD_SIZE",
    above="HEAD_SIZE",
    scalar=component,
)
