"""Picture size: width × height in pixels of the upright picture, as a word such as "480×640"."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, upright_size


def take(view: View) -> str:
    """Width × height, so that a sideways photo of the right size is not blamed twice."""
    width, height = upright_size(view)
    return f"{width}×{height}"


MEASURE = Measure("size_px", "px", take, below="SIZE_PX", above="SIZE_PX")
