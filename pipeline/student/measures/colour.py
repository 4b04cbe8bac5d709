"""How colourful the face is: mean CIELAB chroma; 0 for a greyscale picture however it is stored."""

from __future__ import annotations

import numpy as np

from pipeline.student.view.base import Measure, View
from pipeline.student.view.colour_space import every_fourth, lab


def take(view: View) -> float:
    """Mean of sqrt(a*² + b*²) between brows and chin."""
    area = view.area
    skin = lab(every_fourth(area.bgr, area.mask > 0))  # a quarter of them is plenty
    return float(np.sqrt(skin[:, 1] ** 2 + skin[:, 2] ** 2).mean())


MEASURE = Measure("colour", "", take, below="GREYSCALE", above="GREYSCALE")
