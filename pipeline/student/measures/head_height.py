"""Height of the head: top of the hair to chin, as a fraction of the picture's height."""

from __future__ import annotations

from pipeline.student.view.base import CHIN, Measure, View, crown


def take(view: View) -> float:
    """(y of the chin - y of the top of the hair) / height."""
    return float(view.points[CHIN, 1]) / view.frame[1] - crown(view)


MEASURE = Measure("head_height", "px", take, below="HEAD_HEIGHT", above="HEAD_HEIGHT", per="height")
