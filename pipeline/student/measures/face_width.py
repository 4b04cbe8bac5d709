"""Face width cheek to cheek, as a fraction of the picture's width (limit in frame pixels)."""

from __future__ import annotations

from pipeline.core.measurements import FACE_WIDTH
from pipeline.student.view.base import LEFT_CHEEK, RIGHT_CHEEK, Measure, View, gap


def take(view: View) -> float:
    """Distance of the mesh's outermost cheek points / picture width."""
    return gap(view.points, RIGHT_CHEEK, LEFT_CHEEK) / view.frame[0]


MEASURE = Measure(
    FACE_WIDTH, "px", take, below="FACE_TOO_SMALL", above="FACE_TOO_LARGE", per="width"
)
