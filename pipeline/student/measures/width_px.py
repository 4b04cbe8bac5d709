"""Width of the upright picture in pixels."""

from __future__ import annotations

from pipeline.core.measurements import WIDTH_PX
from pipeline.student.view.base import Measure, View, upright_size


def take(view: View) -> float:
    """Pixels from left to right once the proposed quarter turn is applied."""
    return float(upright_size(view)[0])


MEASURE = Measure(WIDTH_PX, "px", take, below="SIZE_PX", above="SIZE_PX")
