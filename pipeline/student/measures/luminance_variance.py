"""Luminance variance of ISO/IEC 29794-5: variance of the face's luminance, 0-0.25."""

from __future__ import annotations

import math

import numpy as np

from pipeline.student.view.base import Measure, View
from pipeline.student.view.scalars import bounded


def take(view: View) -> float:
    """Variance of the luminance histogram between brows and chin, luminance 0-1."""
    values = np.arange(256) / 255
    shares = view.area.histogram
    return float(shares @ (values - shares @ values) ** 2)


def component(raw: float) -> float:
    """100 · sin(60 v / (60 v + 1) · pi) (OFIQ Luminance)."""
    return bounded(100 * math.sin(60 * raw / (60 * raw + 1) * math.pi))


MEASURE = Measure(
    "luminance_variance",
    "",
    take,
    below="LIGHT_FLAT",
    above="LIGHT_HARSH",
    scalar=component,
)
