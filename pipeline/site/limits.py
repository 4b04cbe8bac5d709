"""Limits of what comes in by the browser: `[uploads]` of the site's file."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.standard import Strict


class Uploads(Strict):
    """What may be handed in by the browser.

    Attributes:
        largest_mb: Of one file.
        whole_mb: Of all that one person hands in at once.
        most_files: As well.
        free_mb: So much of the disk stays free.
        keep_hours: A file that did not come whole is deleted after so long.
        keep_days: What came whole and was not accepted, after so long.
    """

    largest_mb: int = Field(default=8192, ge=1)
    whole_mb: int = Field(default=32768, ge=1)
    most_files: int = Field(default=20_000, ge=1, le=1_000_000)
    free_mb: int = Field(default=2048, ge=0)
    keep_hours: float = Field(default=24, gt=0, le=720)
    keep_days: float = Field(default=7, gt=0, le=365)
