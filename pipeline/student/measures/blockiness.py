"""Blocks of JPEG compression in the pixels themselves, whatever the file says of its quality."""

from __future__ import annotations

import numpy as np

from pipeline.core.opencv import cv2
from pipeline.core.types import Pixels
from pipeline.student.view.base import Measure, NotMeasuredError, View

_BLOCK = 8
_SIDE = 512  # the middle of the picture says enough


def take(view: View) -> float:
    """How much larger the step across block edges is than elsewhere; 0 without blocks.

    Mean luma step at the phase (of 8) where it is largest / median of the means at the others,
    minus 1; the mean of both directions. A simplification of Wang, Sheikh and Bovik 2002
    ("No-reference perceptual quality assessment of JPEG compressed images"). It sees
    compression that a later saving at high quality hides from `jpeg_quality`, but not after
    scaling.

    Raises:
        NotMeasuredError: If the picture is smaller than four blocks.
    """
    height, width = view.photo.bgr.shape[:2]
    top, left = max(0, (height - _SIDE) // 2), max(0, (width - _SIDE) // 2)
    middle = view.photo.bgr[top : top + _SIDE, left : left + _SIDE]
    if min(middle.shape[:2]) < 4 * _BLOCK:
        raise NotMeasuredError("the picture is too small")
    luma = np.asarray(cv2.cvtColor(middle, cv2.COLOR_BGR2GRAY), np.uint8)
    return (_excess(luma[:, 1:], luma[:, :-1], 0) + _excess(luma[1:], luma[:-1], 1)) / 2


def _excess(luma: Pixels, before: Pixels, axis: int) -> float:
    """`before` is the neighbour of every pixel of `luma`; `axis` runs along the blocks' edges."""
    steps = cv2.reduce(cv2.absdiff(luma, before), axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    phase = np.arange(len(steps)) % _BLOCK
    phases = np.bincount(phase, steps) / np.bincount(phase) / luma.shape[axis]
    return float(phases.max() / max(float(np.median(phases)), 0.05)) - 1


MEASURE = Measure("blockiness", "", take, below="BLOCKS", above="BLOCKS")
