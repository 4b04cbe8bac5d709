"""How far below the top edge the mouth is."""

from __future__ import annotations

from pipeline.core.measurements import MOUTH_LINE
from pipeline.student.view.base import LIP_LOWER, LIP_UPPER, Measure, View


def take(view: View) -> float:
    """Mean height of both lips' inner edges over the picture's height; 0 is the top edge."""
    return float(view.points[[LIP_UPPER, LIP_LOWER], 1].mean()) / view.frame[1]


MEASURE = Measure(MOUTH_LINE, "px", take, "FACE_POSITION", "FACE_POSITION", per="height")
