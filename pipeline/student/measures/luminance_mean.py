"""Luminance mean of ISO/IEC 29794-5: mean of the face's luminance, 0-1, linear in light."""

from __future__ import annotations

import numpy as np

from pipeline.student.view.base import Measure, View
from pipeline.student.view.scalars import bounded, logistic


def take(view: View) -> float:
    """Mean of the luminance histogram between brows and chin / 255 (OFIQ Luminance)."""
    return float(view.area.histogram @ np.arange(256)) / 255


def component(raw: float) -> float:
    """100 · s(raw; 0.2, 0.05) · (1 - s(raw; 0.8, 0.05)) with the logistic s (OFIQ Luminance)."""
    return bounded(100 * logistic((raw - 0.2) / 0.05) * (1 - logistic((raw - 0.8) / 0.05)))


MEASURE = Measure(
    "luminance_mean", "", take, below="TOO_DARK", above="TOO_BRIGHT", scalar=component
)
