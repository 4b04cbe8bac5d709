"""Finds lines of text: PP-OCRv6 small's detector (PaddleOCR, Apache-2.0) on OpenVINO.

Input contract: (1, 3, H, W) float32 **BGR**, (value - 127.5) / 127.5, H and W multiples of 32.
Output (1, 1, H, W): how surely each pixel is the core of a line, 0-1. A line's box is its core
by what training had shrunk it by; thresholds and growth are RapidOCR's for this network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.pixels import Takes
from models.runtime import Batches
from pipeline.core.types import Floats, Pixels

HEIGHT, WIDTH = 352, 544
_TAKES = Takes("NCHW", rgb=False, mean=127.5, scale=127.5)
_CORE, _SURE, _GROWTH = 0.3, 0.5, 1.6
_LEAST = 3.0  # px; a core lower than this is noise


@dataclass(frozen=True, slots=True)
class Line:
    """Where a line of text lies.

    Attributes:
        centre: (2,) float32 px.
        length: Along the line, px.
        height: Across it, px.
        angle: Degrees from the x axis, clockwise positive, -45 to 45: text is near to upright here.
    """

    centre: Floats
    length: float
    height: float
    angle: float


class TextLines:
    """The compiled detector."""

    def __init__(self, path: Path) -> None:
        self._network = Batches(path, (HEIGHT, WIDTH, 3), _TAKES)

    def prepare(self) -> None:
        """Compile what will be called later and is not kept yet."""
        self._network.prepare(1)

    def __call__(self, bgr: Pixels) -> list[Line]:
        """Lines of an upright (352, 544, 3) BGR picture, in its pixels, from top to bottom."""
        (surely,) = self._network(bgr[None]).values()
        return lines_in(surely[0, 0])


def lines_in(surely: Floats) -> list[Line]:
    """Lines by the (H, W) probability of each pixel to be a line's core, from top to bottom."""
    core = (surely > _CORE).astype(np.uint8)
    outlines, _ = cv2.findContours(core, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    lines = []
    for outline in outlines:
        line = _line(outline)
        if line is not None and _mean(surely, outline) >= _SURE:
            lines.append(line)
    return sorted(lines, key=lambda line: float(line.centre[1]))


def _line(outline: np.ndarray) -> Line | None:
    """The box around a core, grown; None of one that is too low, or stands upright."""
    (x, y), (width, height), angle = cv2.minAreaRect(outline)
    if abs(angle) > 45:  # OpenCV exchanges the sides rather than leave its range of angles
        width, height, angle = height, width, angle - math.copysign(90, angle)
    if min(width, height) < _LEAST or width < height:
        return None
    grown = width * height * _GROWTH / (2 * (width + height))
    centre = np.array((x, y), dtype=np.float32)
    return Line(centre, width + 2 * grown, height + 2 * grown, angle)


def _mean(surely: Floats, outline: np.ndarray) -> float:
    """How surely the pixels inside an outline are text."""
    x, y, width, height = cv2.boundingRect(outline)
    inside = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(inside, [outline - (x, y)], 1)
    return float(surely[y : y + height, x : x + width][inside > 0].mean())
