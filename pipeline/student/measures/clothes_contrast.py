"""Clothes against the background: difference of their colours, ΔE*ab."""

from __future__ import annotations

import numpy as np

from pipeline.student.view.backdrop import lab_bytes, median_colour
from pipeline.student.view.base import (
    CHIN,
    LEFT_CHEEK,
    RIGHT_CHEEK,
    Measure,
    NotMeasuredError,
    View,
    background_key,
    eye_to_chin,
)
from pipeline.student.view.colour_space import every_fourth

_BELOW = 0.4  # T below the chin begin the clothes
_BESIDE = 0.6  # face widths from the face's middle: neck and neckline end there
_SURELY = 0.9  # segmenter's output from which a pixel is surely the person
_FEW = 0.01  # share of the picture that must be clothes


def take(view: View) -> float:
    """CIE 1976 distance of the clothes' median CIELAB to the background's.

    Clothes are what the segmenter surely takes for the person, to both sides of the neck and below
    it; long hair that falls there counts with them. T is eye to chin (ISO/IEC 29794-5).

    Raises:
        NotMeasuredError: Without a mesh or a segmenter, or if no clothes or no background are seen.
    """
    backdrop, points = view.backdrop, view.points
    middle = float(points[RIGHT_CHEEK, 0] + points[LEFT_CHEEK, 0]) / 2 * backdrop.scale
    reach = float(abs(points[LEFT_CHEEK, 0] - points[RIGHT_CHEEK, 0])) * _BESIDE * backdrop.scale
    top = max(0, round((float(points[CHIN, 1]) + _BELOW * eye_to_chin(points)) * backdrop.scale))
    clothes = backdrop.stretched(backdrop.person >= _SURELY, (slice(top, None), slice(None)))
    clothes[:, max(0, round(middle - reach)) : max(0, round(middle + reach))] = False
    if clothes.sum() < _FEW * backdrop.bgr[..., 0].size:
        raise NotMeasuredError("no clothes are seen")
    worn = every_fourth(backdrop.bgr[top:], clothes)  # a quarter of them is plenty
    return float(np.linalg.norm(median_colour(lab_bytes(worn[None])[0]) - background_key(view)))


MEASURE = Measure("clothes_contrast", "ΔE", take, below="CLOTHES", above="CLOTHES")
