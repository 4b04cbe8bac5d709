"""File size in KB (1,024 bytes), as upload forms count it."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View


def take(view: View) -> float:
    """Bytes of the file as delivered / 1024."""
    return view.photo.file_bytes / 1024


MEASURE = Measure("file_kb", "KB", take, below="SIZE_KB", above="SIZE_KB")
