"""What one picture may be and take: the policy's `[input]`."""

from __future__ import annotations

from pydantic import Field

from pipeline.core.standard import Strict


class InputLimits(Strict):
    """What the decoder is willing to open, and what one picture may take.

    Attributes:
        max_scans: Of a JPEG; each passes over all its pixels.
        max_seconds: From a picture's file to its measurements; its worker is ended then.
        max_memory_mb: Of decoding, beside what the worker has anyway.
        reread_days: In so many days every file is read again, though nothing says that it changed.
    """

    max_bytes: int = Field(gt=0)
    max_megapixels: float = Field(gt=0)
    max_scans: int = Field(gt=0, default=50)
    max_seconds: float = Field(gt=0, default=20.0)
    max_memory_mb: int = Field(gt=0, default=1500)
    reread_days: int = Field(ge=1, default=30)
