"""JPEG quality 1-100 on libjpeg's scale, estimated from the file's quantisation table."""

from __future__ import annotations

import numpy as np

from pipeline.core.types import Value
from pipeline.student.view.base import Measure, View

# Luminance table of ITU-T T.81 Annex K.1, row by row: what libjpeg scales by the quality.
_ANNEX_K = np.array(
    [
        *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
        *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
        *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
        *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
    ]
)


def _tables() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(100, 64) baseline tables for qualities 1-100, sorted, by libjpeg's jpeg_quality_scaling."""
    quality = np.arange(1, 101)
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)[:, None]
    return np.sort(np.clip((_ANNEX_K * percent + 50) // 100, 1, 255), axis=1).astype(float)


_BY_QUALITY = _tables()


def take(view: View) -> Value:
    """The quality whose Annex K table is nearest to the file's own; None for other formats.

    Exact for files written by libjpeg and its kin. Cameras and some editors have tables of their
    own, for which it is the nearest equivalent. Tables are compared sorted, because libraries
    hand them out in different orders. A file saved twice keeps only the last table.
    """
    table = view.photo.luma_table
    if not table:
        return None
    distance = np.abs(_BY_QUALITY - np.sort(np.array(table, dtype=float))).sum(axis=1)
    # Of equal fits the highest counts: nobody is blamed for rounding.
    return float(100 - int(distance[::-1].argmin()))


MEASURE = Measure("jpeg_quality", "", take, below="COMPRESSION", above="COMPRESSION")
