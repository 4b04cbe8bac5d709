"""Leftward crop of ISO/IEC 29794-5: room left of the right eye, in eye distances."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, eye_centres, gap_of
from pipeline.student.view.scalars import sigmoid


def take(view: View) -> float:
    """The x of the right eye's centre / distance of the eyes (OFIQ LeftwardCropOfTheFaceImage)."""
    right, left = eye_centres(view.points)
    return float(right[0]) / gap_of((right, left))


MEASURE = Measure("crop_left", "", take, below="CROP", above="CROP", scalar=sigmoid(0.9, 0.1))
