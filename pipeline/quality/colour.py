"""How colourful the face is: mean CIELAB chroma; 0 for a greyscale picture however it is stored."""

from __future__ import annotations

import numpy as np

from pipeline.quality.base import Measure, View
from pipeline.quality.colour_space import lab


def colour(view: View) -> float:
    """Mean of sqrt(a*² + b*²) between brows and chin."""
    area = view.area
    skin = lab(area.bgr[::2, ::2][area.mask[::2, ::2] > 0])  # every fourth pixel is plenty
    return float(np.hypot(skin[:, 1], skin[:, 2]).mean())


MEASURE = Measure("colour", "", colour, below="GREYSCALE", above="GREYSCALE")
