"""File format as the decoder names it: "JPEG", "PNG", "HEIF", ..."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View


def take(view: View) -> str:
    """The container's format; a file's suffix is not asked."""
    return view.photo.format


MEASURE = Measure("file_format", "", take, below="FORMAT", above="FORMAT")
