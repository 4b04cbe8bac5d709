"""Unevenness of the background's colour along the picture's edge, ΔE*ab; 0 is even."""

from __future__ import annotations

import math

from pipeline.quality.base import Measure, NotMeasuredError, View


def background_evenness(view: View) -> float:
    """Second largest colour difference of the edge's eleven parts to their median.

    Five parts along the top, three down each side to the eyes. Slow gradients and shadows show
    here, which the standard's mean gradient (`background_uniformity`) hardly sees. Parts 40 ΔE off
    are taken for hair and left out, so a sharp thing at the edge does not show.

    Raises:
        NotMeasuredError: If less than half of the edge is background of one colour.
    """
    unevenness = view.backdrop.unevenness
    if not math.isfinite(unevenness):
        raise NotMeasuredError("too little background along the edge")
    return unevenness


MEASURE = Measure(
    "background_evenness",
    "ΔE",
    background_evenness,
    below="BACKGROUND_UNEVEN",
    above="BACKGROUND_UNEVEN",
)
