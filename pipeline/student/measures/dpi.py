"""Resolution tag of the file, dots per inch."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View


def take(view: View) -> float:
    """Whole dots per inch as the file states them; 0 where it states none.

    Rounded: writers that store dots per centimetre give 299.9994 for 300.
    """
    return float(round(view.photo.dpi))


MEASURE = Measure("dpi", "dpi", take, below="DPI", above="DPI")
