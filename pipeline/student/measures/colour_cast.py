"""Colour cast: how far the cheeks are from the middle of the colours that skin has, in ΔE*ab."""

from __future__ import annotations

import math

from pipeline.core.types import Value
from pipeline.student.view.base import Measure, View, skin_colour

_SKIN = (15.0, 20.0)  # (a*, b*): middle of ISO/IEC 29794-5's natural colours, 5-25 and 5-35
_GREY = 3.0  # chroma; a picture without colour has no cast


def take(view: View) -> Value:
    """Distance of the cheeks' mean (a*, b*) from the middle of natural skin; None on grey pictures.

    ISO/IEC 29794-5 natural colour is 0 everywhere in that range and jumps to 100 where a* or b*
    turns negative; this rises steadily in between. A cast towards skin's own colour is missed.

    Raises:
        NotMeasuredError: Without a mesh.
    """
    _, a, b = skin_colour(view).tolist()
    if math.hypot(a, b) < _GREY:
        return None
    return math.hypot(a - _SKIN[0], b - _SKIN[1])


MEASURE = Measure("colour_cast", "ΔE", take, below="COLOUR_CAST", above="COLOUR_CAST")
