"""Height of the upright picture in pixels."""

from __future__ import annotations

from pipeline.core.measurements import HEIGHT_PX
from pipeline.student.view.base import Measure, View, upright_size


def take(view: View) -> float:
    """Pixels from top to bottom once the proposed quarter turn is applied."""
    return float(upright_size(view)[1])


MEASURE = Measure(HEIGHT_PX, "px", take, below="SIZE_PX", above="SIZE_PX")
