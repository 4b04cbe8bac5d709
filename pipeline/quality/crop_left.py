"""Leftward crop of ISO/IEC 29794-5: room left of the right eye, in eye distances."""

from __future__ import annotations

from pipeline.quality.base import Measure, View, eye_centres, gap_of
from pipeline.quality.scalars import sigmoid


def crop_left(view: View) -> float:
    """The x of the right eye's centre / distance of the eyes (OFIQ LeftwardCropOfTheFaceImage)."""
    right, left = eye_centres(view.points)
    return float(right[0]) / gap_of((right, left))


MEASURE = Measure("crop_left", "", crop_left, below="CROP", above="CROP", scalar=sigmoid(0.9, 0.1))
