"""File format as the decoder names it: "JPEG", "PNG", "HEIF", ..."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View


def file_format(view: View) -> str:
    """The container's format; a file's suffix is not asked."""
    return view.photo.format


MEASURE = Measure("file_format", "", file_format, below="FORMAT", above="FORMAT")
