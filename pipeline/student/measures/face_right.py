"""Where the face ends, from the left edge of the picture."""

from __future__ import annotations

from pipeline.core.measurements import FACE_RIGHT
from pipeline.student.view.base import LEFT_CHEEK, RIGHT_CHEEK, Measure, View


def take(view: View) -> float:
    """Column of the cheek that is further right, over the picture's width; 0 is the left edge."""
    return float(view.points[[RIGHT_CHEEK, LEFT_CHEEK], 0].max()) / view.frame[0]


MEASURE = Measure(FACE_RIGHT, "px", take, "FACE_POSITION", "FACE_POSITION", per="width")
