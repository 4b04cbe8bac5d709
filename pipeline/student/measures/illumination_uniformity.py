"""Illumination uniformity of ISO/IEC 29794-5: how alike the light on both cheeks is, 0-1."""

from __future__ import annotations

import numpy as np

from pipeline.student.view.base import Measure, View
from pipeline.student.view.scalars import bounded


def take(view: View) -> float:
    """Intersection Σ min of both cheeks' luminance histograms (OFIQ IlluminationUniformity)."""
    right, left = view.area.cheek_histograms()
    return float(np.minimum(right, left).sum())


def component(raw: float) -> float:
    """100 · raw^0.3."""
    return bounded(100 * max(0.0, raw) ** 0.3)


MEASURE = Measure(
    "illumination_uniformity",
    "",
    take,
    below="LIGHT_UNEVEN",
    above="LIGHT_UNEVEN",
    scalar=component,
)
