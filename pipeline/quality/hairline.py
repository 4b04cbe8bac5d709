"""Top of the hair: distance from the top edge, as a fraction of the picture's height."""

from __future__ import annotations

from pipeline.quality.base import Measure, View, crown_row


def hairline(view: View) -> float:
    """First row in which something stands before the background / height; 0 touches the edge.

    The rules' 头顶发际 is where the hair begins above the head, not where the forehead begins.
    """
    return crown_row(view) / view.frame[1]


MEASURE = Measure("hairline", "px", hairline, below="HAIRLINE", above="HAIRLINE", per="height")
