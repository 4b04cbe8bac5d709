"""How far below the top edge the chin is."""

from __future__ import annotations

from pipeline.core.measurements import CHIN_LINE
from pipeline.student.view.base import CHIN, Measure, View


def take(view: View) -> float:
    """Height of the chin's mesh point over the picture's height; 0 is the top edge."""
    return float(view.points[CHIN, 1]) / view.frame[1]


MEASURE = Measure(CHIN_LINE, "px", take, "FACE_POSITION", "FACE_POSITION", per="height")
