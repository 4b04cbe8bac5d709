"""A frame or bar along the picture's edge: thickness of the thickest, pixels of the file."""

from __future__ import annotations

import numpy as np

from pipeline.core.opencv import cv2
from pipeline.core.types import Pixels
from pipeline.student.view.base import Measure, View

_DEPTH = 0.2  # share of the picture that is searched from each edge
_FLAT = 6.0  # largest standard deviation, 0-255, along a line of a bar
_SAME = 8.0  # largest difference, 0-255, of a bar's lines to its outermost
_STEP = 12.0  # smallest difference, 0-255, across the bar's inner edge
_LENGTH = 0.8  # share of the edge along which it steps
_EVERY = 4  # of the pixels along a line one is looked at
_SOFT = 2  # lines that compression and scaling blur on either side of the inner edge


def take(view: View) -> float:
    """Lines of one colour from an edge inward that end in a straight step; 0 where there are none.

    A plain background is no border: it ends in a head, not in a straight line.
    """
    bgr = view.photo.bgr
    upright, lying = bgr, bgr.transpose(1, 0, 2)
    return float(max(map(_bar, (upright, upright[::-1], lying, lying[::-1]))))


def _bar(bgr: Pixels) -> int:
    """Thickness of the bar along the top, px."""
    strip = bgr[: max(8, round(_DEPTH * bgr.shape[0])), ::_EVERY]
    if strip[0].std(axis=0).max() >= _FLAT:
        return 0
    lines = np.ascontiguousarray(strip)
    mean = cv2.reduce(lines, 1, cv2.REDUCE_AVG, dtype=cv2.CV_64F)[:, 0]
    square = cv2.reduce(lines, 1, cv2.REDUCE_SUM2, dtype=cv2.CV_64F)[:, 0] / lines.shape[1]
    flat = (square - mean**2).max(axis=1) < _FLAT**2
    same = np.abs(mean - mean[0]).max(axis=1) < _SAME
    thick = int(np.argmin(flat & same)) if not (flat & same).all() else len(lines)
    if thick == 0 or thick + _SOFT >= len(lines):
        return 0
    steps = np.abs(lines[thick + _SOFT] - mean[0]).max(axis=1)
    return thick if float((steps > _STEP).mean()) >= _LENGTH else 0


MEASURE = Measure("border", "px", take, below="BORDER", above="BORDER")
