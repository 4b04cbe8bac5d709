"""Head pitch from the face mesh's pose matrix, degrees; positive looks down."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, pose_angles
from pipeline.student.view.scalars import cosine


def take(view: View) -> float:
    """Turn about the axis from ear to ear; positive lowers the chin."""
    return pose_angles(view)[1]


MEASURE = Measure("pitch", "°", take, below="PITCH", above="PITCH", scalar=cosine)
