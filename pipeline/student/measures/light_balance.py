"""Light from one side: how many stops one cheek is lighter than the other."""

from __future__ import annotations

import math

from pipeline.student.view.base import Measure, View

_DARK = 1.0  # of 255, so that a black cheek has a logarithm


def take(view: View) -> float:
    """|log2| of the ratio of both cheeks' mean luminance (linear in light); one stop is 2 : 1.

    The cheeks are the zones of ISO/IEC 29794-5 illumination uniformity. That component is the
    overlap of two histograms and is 0 as soon as they part; this goes on rising.

    Raises:
        NotMeasuredError: Without a mesh.
    """
    right, left = view.area.cheek_light()
    return abs(math.log2((right + _DARK) / (left + _DARK)))


MEASURE = Measure("light_balance", "EV", take, below="LIGHT_UNEVEN", above="LIGHT_UNEVEN")
