"""Head roll: angle of the line through the outer eye corners, degrees, clockwise positive."""

from __future__ import annotations

import math

from pipeline.core.measurements import ROLL
from pipeline.student.view.base import LEFT_EYE_OUTER, RIGHT_EYE_OUTER, Measure, View
from pipeline.student.view.scalars import cosine


def take(view: View) -> float:
    """atan2 of the way from the subject's right eye (left in the picture) to the left eye."""
    dx, dy = view.points[LEFT_EYE_OUTER] - view.points[RIGHT_EYE_OUTER]
    return math.degrees(math.atan2(float(dy), float(dx)))


MEASURE = Measure(ROLL, "°", take, below="ROLL", above="ROLL", scalar=cosine)
