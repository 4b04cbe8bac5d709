"""Top of the hair: distance from the top edge, as a fraction of the picture's height."""

from __future__ import annotations

from pipeline.core.measurements import HAIRLINE
from pipeline.student.view.base import Measure, View, crown


def take(view: View) -> float:
    """Top of the person as the segmenter sees it / height; 0 touches the edge.

    The rules' 头顶发际 is where the hair begins above the head, not where the forehead begins.
    """
    return crown(view)


MEASURE = Measure(HAIRLINE, "px", take, below="HAIRLINE", above="HAIRLINE", per="height")
