"""Distance of the face's middle from the picture's vertical centre line, fraction of the width."""

from __future__ import annotations

from pipeline.core.measurements import OFF_CENTRE
from pipeline.student.view.base import LEFT_CHEEK, RIGHT_CHEEK, Measure, View


def take(view: View) -> float:
    """|middle of both cheeks - half the width| / width; 0 is centred."""
    width = view.frame[0]
    middle = float(view.points[[RIGHT_CHEEK, LEFT_CHEEK], 0].mean())
    return abs(middle - (width - 1) / 2) / width


MEASURE = Measure(OFF_CENTRE, "px", take, below="OFF_CENTRE", above="OFF_CENTRE", per="width")
