"""Ratio of the upright picture's width to its height; 0.75 is 3:4."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View, upright_size


def take(view: View) -> float:
    """Width / height once the proposed quarter turn is applied."""
    width, height = upright_size(view)
    return width / height


MEASURE = Measure("aspect", "", take, below="ASPECT", above="ASPECT")
