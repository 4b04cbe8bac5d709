"""Exposure of the face: mean luma inside the inner face, 0-255."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View

# Eyes to mouth of the 112 px ArcFace crop: skin, no hair and no background.
_INNER = (slice(40, 96), slice(34, 78))


def take(view: View) -> float:
    """Mean ITU-R BT.601 luma of the inner face."""
    return float(view.aligned_luma[_INNER].mean())


MEASURE = Measure("luminance", "", take, below="TOO_DARK", above="TOO_BRIGHT")
