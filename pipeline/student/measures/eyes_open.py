"""Eye opening after ISO/IEC 29794-5 as OFIQ computes it: smaller lid gap / eye-to-chin length."""

from __future__ import annotations

from pipeline.student.view.base import (
    LEFT_LID_LOWER,
    LEFT_LID_UPPER,
    RIGHT_LID_LOWER,
    RIGHT_LID_UPPER,
    Measure,
    View,
    eye_to_chin,
    gap,
)
from pipeline.student.view.scalars import sigmoid


def take(view: View) -> float:
    """Smaller of both lid gaps / T, without unit; about 0.06 for open eyes."""
    points = view.points
    right = gap(points, RIGHT_LID_UPPER, RIGHT_LID_LOWER)
    left = gap(points, LEFT_LID_UPPER, LEFT_LID_LOWER)
    return min(right, left) / eye_to_chin(points)


MEASURE = Measure(
    "eyes_open", "", take, below="EYES_CLOSED", above="EYES_CLOSED", scalar=sigmoid(0.02, 0.01)
)
