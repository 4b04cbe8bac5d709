"""Height of the eye line: distance from the top edge, as a fraction of the picture's height."""

from __future__ import annotations

from pipeline.core.measurements import EYE_LINE
from pipeline.student.view.base import LEFT_IRIS, RIGHT_IRIS, Measure, View


def take(view: View) -> float:
    """Mean y of both iris centres / picture height."""
    return float(view.points[[RIGHT_IRIS, LEFT_IRIS], 1].mean()) / view.frame[1]


MEASURE = Measure(EYE_LINE, "px", take, below="EYE_LINE", above="EYE_LINE", per="height")
