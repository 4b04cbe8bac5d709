"""Margin above the face of ISO/IEC 29794-5: room above the eyes, in T (eye to chin)."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, eye_centres, eye_to_chin
from pipeline.student.view.scalars import sigmoid


def take(view: View) -> float:
    """The y of the eyes' midpoint / T (OFIQ MarginAboveOfTheFaceImage)."""
    right, left = eye_centres(view.points)
    return float(right[1] + left[1]) / 2 / eye_to_chin(view.points)


MEASURE = Measure("margin_above", "", take, below="CROP", above="CROP", scalar=sigmoid(1.4, 0.1))
