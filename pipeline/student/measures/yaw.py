"""Head yaw from the face mesh's pose matrix, degrees; positive towards the subject's left."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, pose_angles
from pipeline.student.view.scalars import cosine


def take(view: View) -> float:
    """Turn about the vertical axis; positive turns the nose to the right of the picture."""
    return pose_angles(view)[0]


MEASURE = Measure("yaw", "°", take, below="YAW", above="YAW", scalar=cosine)
