"""Rightward crop of ISO/IEC 29794-5: room right of the left eye, in eye distances."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, eye_centres, gap_of
from pipeline.student.view.scalars import sigmoid


def take(view: View) -> float:
    """(width - x of the left eye's centre) / distance of the eyes.

    OFIQ RightwardCropOfTheFaceImage.
    """
    right, left = eye_centres(view.points)
    return (view.frame[0] - float(left[0])) / gap_of((right, left))


MEASURE = Measure("crop_right", "", take, below="CROP", above="CROP", scalar=sigmoid(0.9, 0.1))
