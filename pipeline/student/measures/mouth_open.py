"""Mouth opening after ISO/IEC 29794-5 as OFIQ computes it: inner lip gap / eye-to-chin length."""

from __future__ import annotations

from pipeline.student.view.base import LIP_LOWER, LIP_UPPER, Measure, View, eye_to_chin, gap
from pipeline.student.view.scalars import sigmoid


def take(view: View) -> float:
    """Inner lip gap / T, without unit; about 0 for a closed mouth."""
    return gap(view.points, LIP_UPPER, LIP_LOWER) / eye_to_chin(view.points)


MEASURE = Measure(
    "mouth_open",
    "",
    take,
    below="MOUTH_OPEN",
    above="MOUTH_OPEN",
    scalar=sigmoid(0.2, 0.06, a=1, s=-1),
)
