"""Middle of the eyes: distance from the left edge, as a fraction of the picture's width."""

from __future__ import annotations

from pipeline.core.measurements import EYE_COLUMN
from pipeline.student.view.base import LEFT_IRIS, RIGHT_IRIS, Measure, View


def take(view: View) -> float:
    """Mean x of both iris centres / picture width."""
    return float(view.points[[RIGHT_IRIS, LEFT_IRIS], 0].mean()) / view.frame[0]


MEASURE = Measure(EYE_COLUMN, "px", take, below="EYE_COLUMN", above="EYE_COLUMN", per="width")
