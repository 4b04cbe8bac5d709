"""Tinted glasses: luma below the eyes over luma of the cheeks; about 1 on a bare face."""

from __future__ import annotations

import numpy as np

from pipeline.student.view.base import Measure, View
from pipeline.student.view.eye_area import Span, mirrored

_UNDER: tuple[Span, Span] = (0.3, 0.7), (0.14, 0.3)  # the left eye's, where any lens reaches


def take(view: View) -> float:
    """The lighter side's ratio, so that light from one side is no tint.

    Ours. What is dark without being glass (bruises, shadow from above on both sides) counts too.

    Raises:
        NotMeasuredError: Without a mesh, or when the eyes are too small or outside.
    """
    eyes = view.eyes
    x, y = _UNDER
    sides = (float(np.median(eyes.luma[eyes.window(side, y)])) for side in (x, mirrored(x)))
    return max(sides) / eyes.skin


MEASURE = Measure("tint", "", take, below="GLASSES_TINTED", above="GLASSES_TINTED")
