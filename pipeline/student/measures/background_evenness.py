"""Unevenness of the background's colour along the picture's edge, ΔE*ab; 0 is even."""

from __future__ import annotations

from pipeline.student.view.base import Measure, NotMeasuredError, View


def take(view: View) -> float:
    """Second largest colour difference of the edge's eleven parts to their median.

    Five parts along the top, three down each side to the eyes. Slow gradients and shadows show
    here, which the standard's mean gradient (`background_uniformity`) hardly sees. What the
    segmenter takes for the person is left out, and parts that show little else are.

    Raises:
        NotMeasuredError: If background is seen in fewer than three parts.
    """
    unevenness = view.backdrop.unevenness
    if unevenness is None:
        raise NotMeasuredError("too little background along the edge")
    return unevenness


MEASURE = Measure(
    "background_evenness",
    "ΔE",
    take,
    below="BACKGROUND_UNEVEN",
    above="BACKGROUND_UNEVEN",
)
