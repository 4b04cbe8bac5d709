"""Moiré: how far one frequency stands out of the face's spectrum, as the grid of a screen does."""

from __future__ import annotations

from functools import cache

import numpy as np

from pipeline.core.opencv import cv2
from pipeline.core.types import Floats
from pipeline.student.view.base import (
    CHIN,
    LEFT_EYE_OUTER,
    RIGHT_EYE_OUTER,
    Measure,
    NotMeasuredError,
    View,
)

_SIDE = 128  # px of the square in the middle of the face, where skin has no pattern of its own
_COARSEST = 0.12  # cycles a pixel; below it lie the features of the face
_AROUND, _PEAK = 15, 3  # sides of the means that a peak is set against and taken over
_LATTICE = 0.13, 0.02  # width across and along an axis that the 8 px blocks of JPEG take


def take(view: View) -> float:
    """Largest excess of log10 power over its surroundings; about 0.9 on skin.

    The spectrum of a Hann-windowed square of luma, after Garcia and de Queiroz, "Face-spoofing
    2D-detection based on Moiré-pattern analysis", IEEE TIFS 10 (2015), who look for such peaks.
    The axes' multiples of 1/8 are left out. A photo of a photo without a grid shows nothing.

    Raises:
        NotMeasuredError: Without a mesh, or in a picture smaller than 128 px.
    """
    width, height = view.frame
    if min(width, height) < _SIDE:
        raise NotMeasuredError("the picture is too small")
    centre = view.points[[RIGHT_EYE_OUTER, LEFT_EYE_OUTER, CHIN]].mean(axis=0)
    left, top = (
        int(np.clip(at - _SIDE / 2, 0, size - _SIDE))
        for at, size in zip(centre, (width, height), strict=True)
    )
    face = view.face.bgr[top : top + _SIDE, left : left + _SIDE]
    luma = cv2.cvtColor(face, cv2.COLOR_BGR2GRAY).astype(np.float32)
    window, allowed = _window(), _allowed()
    power = np.abs(np.fft.rfft2((luma - luma.mean()) * window)) ** 2
    level = np.log10(np.fft.fftshift(power, axes=0) + 1).astype(np.float32)
    excess = cv2.blur(level, (_PEAK, _PEAK)) - cv2.blur(level, (_AROUND, _AROUND))
    return float(excess[allowed].max())


@cache
def _window() -> Floats:
    """(128, 128) Hann window."""
    edge = np.hanning(_SIDE)
    return np.asarray(np.outer(edge, edge), np.float32)


@cache
def _allowed() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(128, 65) frequencies that are neither the face's own nor those of JPEG's blocks."""
    down = np.fft.fftshift(np.fft.fftfreq(_SIDE))[:, None]
    across = np.fft.rfftfreq(_SIDE)[None, :]
    wide, narrow = _LATTICE

    def blocks(along: Floats, other: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return (np.abs(along * 8 - np.rint(along * 8)) < wide) & (np.abs(other) < narrow)

    fine = np.hypot(across, down) > _COARSEST
    return np.asarray(fine & ~blocks(across, down) & ~blocks(down, across))


MEASURE = Measure("moire", "", take, below="POSSIBLE_RECAPTURE", above="POSSIBLE_RECAPTURE")
