"""Small tables of the site's file: limits of what comes in over HTTP, and the log of nights."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

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


class Check(Strict):
    """Single photos for machines: how many are looked at at once, and how often one may ask.

    Attributes:
        workers: Processes that stay warm, about 400 MB each; a night beside them has its own.
        waiting: Calls that may wait for one; who comes after them is told to come again.
        per_minute: Calls of one machine account in any 60 seconds.
        max_mb: A picture's size, in millions of bytes.
    """

    workers: int = Field(default=1, ge=1, le=64)
    waiting: int = Field(default=16, ge=0, le=1000)
    per_minute: int = Field(default=120, ge=1, le=100_000)
    max_mb: int = Field(default=20, ge=1, le=200)


class Log(Strict):
    """The structured log, one JSON object a line."""

    file: Path | None = None
    level: Literal["debug", "info", "warning", "error"] = "info"
