"""Distance of the irises as it shows in the picture, as a fraction of the picture's width."""

from __future__ import annotations

from pipeline.student.view.base import LEFT_IRIS, RIGHT_IRIS, Measure, View, gap


def take(view: View) -> float:
    """Distance of both iris centres / picture width; what the photo standards limit."""
    return gap(view.points, RIGHT_IRIS, LEFT_IRIS) / view.frame[0]


MEASURE = Measure(
    "eye_distance", "px", take, below="EYE_DISTANCE", above="EYE_DISTANCE", per="width"
)
