"""Colour of the background as a word "#RRGGBB", for a profile's list of allowed colours."""

from __future__ import annotations

from pipeline.quality.base import Measure, View, background_key
from pipeline.quality.colour_space import name


def background_colour(view: View) -> str:
    """The key of the edge strips (`pipeline.quality.backdrop`), CIELAB median, as sRGB.

    Raises:
        NotMeasuredError: If no background is seen along the edge.
    """
    return name(background_key(view))


MEASURE = Measure(
    "background_colour",
    "",
    background_colour,
    below="BACKGROUND_COLOUR",
    above="BACKGROUND_COLOUR",
)
