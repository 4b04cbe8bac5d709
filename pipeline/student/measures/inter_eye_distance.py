"""Inter-eye distance of ISO/IEC 29794-5: turned head set straight, pixels of the file."""

from __future__ import annotations

import math

from pipeline.student.measures import yaw
from pipeline.student.view.base import Measure, NotMeasuredError, View, eye_centres, gap_of
from pipeline.student.view.scalars import sigmoid


def take(view: View) -> float:
    """Distance of the eyes' centres × sec(yaw), in pixels of the photo as delivered.

    OFIQ InterEyeDistance; the component's sigmoid has x0 70 px, w 20 px.

    Raises:
        NotMeasuredError: In profile, where sec(yaw) has no end.
    """
    angle = yaw.take(view)
    if abs(angle) > 85:
        raise NotMeasuredError("the head is in profile")
    # The mesh may have been taken from a smaller copy of the photo.
    copy = max(view.photo.bgr.shape[:2]) / max(view.frame)
    return float(gap_of(eye_centres(view.points)) * copy / math.cos(math.radians(angle)))


MEASURE = Measure(
    "inter_eye_distance",
    "px",
    take,
    below="EYE_DISTANCE",
    above="EYE_DISTANCE",
    scalar=sigmoid(70, 20),
)
