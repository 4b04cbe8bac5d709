"""Where the face begins, from the left edge of the picture."""

from __future__ import annotations

from pipeline.core.measurements import FACE_LEFT
from pipeline.student.view.base import LEFT_CHEEK, RIGHT_CHEEK, Measure, View


def take(view: View) -> float:
    """Column of the cheek that is further left, over the picture's width; 0 is the left edge."""
    return float(view.points[[RIGHT_CHEEK, LEFT_CHEEK], 0].min()) / view.frame[0]


MEASURE = Measure(FACE_LEFT, "px", take, "FACE_POSITION", "FACE_POSITION", per="width")
