"""Dynamic range of ISO/IEC 29794-5: entropy of the face's luminance, 0-8 bit."""

from __future__ import annotations

import numpy as np

from pipeline.student.view.base import Measure, View


def take(view: View) -> float:
    """-Σ p log2 p of the luminance histogram between brows and chin (OFIQ DynamicRange)."""
    shares = view.area.histogram[view.area.histogram > 0]
    return float(-(shares @ np.log2(shares)))


def component(raw: float) -> float:
    """12.5 · raw, within 0-100."""
    return min(100.0, max(0.0, 12.5 * raw))


MEASURE = Measure(
    "dynamic_range", "bit", take, below="LIGHT_FLAT", above="LIGHT_HARSH", scalar=component
)
