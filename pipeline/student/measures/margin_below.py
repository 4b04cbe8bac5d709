"""Margin below the face of ISO/IEC 29794-5: room below the eyes, in T (eye to chin)."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, eye_centres, eye_to_chin
from pipeline.student.view.scalars import sigmoid


def take(view: View) -> float:
    """(height - y of the eyes' midpoint) / T (OFIQ MarginBelowOfTheFaceImage)."""
    right, left = eye_centres(view.points)
    return (view.frame[1] - float(right[1] + left[1]) / 2) / eye_to_chin(view.points)


MEASURE = Measure("margin_below", "", take, below="CROP", above="CROP", scalar=sigmoid(1.8, 0.1))
