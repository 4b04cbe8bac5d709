"""Colour of the background as a word "#RRGGBB", for a profile's list of allowed colours."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, background_key
from pipeline.student.view.colour_space import name


def take(view: View) -> str:
    """The key of the edge strips (`pipeline.student.view.backdrop`), CIELAB median, as sRGB.

    Raises:
        NotMeasuredError: If no background is seen along the edge.
    """
    return name(background_key(view))


MEASURE = Measure(
    "background_colour",
    "",
    take,
    below="BACKGROUND_COLOUR",
    above="BACKGROUND_COLOUR",
)
