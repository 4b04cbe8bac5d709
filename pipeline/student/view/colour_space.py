"""Colours in CIELAB (D65, 2°), as numbers and as words "#RRGGBB"."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.core.opencv import cv2
from pipeline.core.types import Floats, Pixels


def lab(bgr: Pixels) -> Floats:
    """(..., 3) uint8 BGR to float32 L* 0-100, a*, b*; OpenCV's float conversion of sRGB."""
    flat = bgr.reshape(1, -1, 3).astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(flat, cv2.COLOR_BGR2LAB), np.float32).reshape(bgr.shape)


def every_fourth(bgr: Pixels, inside: NDArray[np.bool_]) -> Pixels:
    """(N, 3) pixels of every other row and column, where the (h, w) `inside` is true."""
    chosen = inside[::2, ::2]
    # A channel at a time: picked pixel by pixel they take four times as long.
    return np.stack([bgr[::2, ::2, i][chosen] for i in range(3)], axis=-1)


def name(colour: Floats) -> str:
    """A (3,) CIELAB colour as "#RRGGBB"; one outside sRGB is cut to it."""
    flat = np.asarray(colour, np.float32).reshape(1, 1, 3)
    bgr = cv2.cvtColor(flat, cv2.COLOR_LAB2BGR).reshape(3) * 255
    blue, green, red = (int(v) for v in np.clip(np.rint(bgr), 0, 255))
    return f"#{red:02X}{green:02X}{blue:02X}"


def delta_e(one: str, other: str) -> float:
    """Distance ΔE*ab (CIE 1976) of two colours "#RRGGBB"."""
    return math.dist(_lab(one), _lab(other))


@lru_cache(maxsize=1024)  # a limit's colour is asked for once a student
def _lab(word: str) -> tuple[float, ...]:
    red, green, blue = bytes.fromhex(word.removeprefix("#"))
    return tuple(lab(np.array([[blue, green, red]], dtype=np.uint8))[0].tolist())
