"""Over-exposure of ISO/IEC 29794-5: share of very bright pixels in the face, 0-1."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View
from pipeline.student.view.scalars import bounded

_BRIGHT = 247


def take(view: View) -> float:
    """Share of luminance 247-255 between brows and chin (OFIQ OverExposurePrevention).

    OFIQ leaves out what covers the face, which is not known here.
    """
    return float(view.area.histogram[_BRIGHT:].sum())


def component(raw: float) -> float:
    """1 / (raw + 0.01), rounded, within 0-100."""
    return bounded(1 / (raw + 0.01))


MEASURE = Measure(
    "over_exposure", "", take, below="TOO_BRIGHT", above="TOO_BRIGHT", scalar=component
)
