"""Under-exposure of ISO/IEC 29794-5: share of very dark pixels in the face, 0-1."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View
from pipeline.student.view.scalars import sigmoid

_DARK = 25


def take(view: View) -> float:
    """Share of luminance 0-25 between brows and chin.

    OFIQ UnderExposurePrevention; it leaves out what covers the face, which is not known here. Its
    mapping takes the share of pixels that are *not* dark.
    """
    return float(view.area.histogram[: _DARK + 1].sum())


MEASURE = Measure(
    "under_exposure",
    "",
    take,
    below="TOO_DARK",
    above="TOO_DARK",
    scalar=sigmoid(0.92, 0.05, h=120, a=0.832, s=-1),
)
