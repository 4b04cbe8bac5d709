"""Natural colour of ISO/IEC 29794-5: how far the cheeks lie from the colours skin has."""

from __future__ import annotations

import math

from pipeline.student.view.base import Measure, View, skin_colour
from pipeline.student.view.scalars import sigmoid


def take(view: View) -> float:
    """Distance of the cheeks' mean (a*, b*) from a* 5-25, b* 5-35; 100 where a* or b* is negative.

    OFIQ NaturalColour. Its CIELAB is for a D50 white, this one for sRGB's own D65; for skin they
    differ by less than 1.
    """
    _, a, b = skin_colour(view).tolist()
    if a < 0 or b < 0:
        return 100.0
    return math.hypot(max(0.0, 5 - a, a - 25), max(0.0, 5 - b, b - 35))


MEASURE = Measure(
    "natural_colour",
    "",
    take,
    below="COLOUR_CAST",
    above="COLOUR_CAST",
    scalar=sigmoid(0, 10, h=200, a=1, s=-1),
)
