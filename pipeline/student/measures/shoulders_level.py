"""Slope of the line from shoulder to shoulder, °, clockwise positive as the viewer sees it."""

from __future__ import annotations

import math

import numpy as np

from pipeline.student.view.base import (
    CHIN,
    LEFT_CHEEK,
    RIGHT_CHEEK,
    Measure,
    NotMeasuredError,
    View,
)

_COLUMNS = (0.65, 0.85)  # where a shoulder is sought, in face widths from the face's middle
_PERSON = 0.5  # MediaPipe's own threshold (`selfie_segmentation`)


def take(view: View) -> float:
    """Angle between the tops of both shoulders.

    A shoulder's top is the median, over the columns 0.65 to 0.85 face widths beside the middle of
    the cheeks, of the first row below the chin that is the person; both sides slope alike there, so
    that a level pair gives 0. Hair that falls over a shoulder counts with it.

    Raises:
        NotMeasuredError: Without a mesh or a segmenter, or if a shoulder is not in the picture.
    """
    points, person = view.points, view.backdrop.person
    size = np.array(view.frame) / person.shape[0]  # px a cell of the segmenter's square
    middle = (points[RIGHT_CHEEK] + points[LEFT_CHEEK]) / 2
    width = float(abs(points[LEFT_CHEEK, 0] - points[RIGHT_CHEEK, 0]))
    chin = max(0, int(points[CHIN, 1] / size[1]))
    tops = []
    for side in (-1, 1):
        first, last = sorted((middle[0] + side * width * np.array(_COLUMNS)) / size[0])
        if first < 0 or last >= len(person):
            raise NotMeasuredError("the shoulders are not in the picture")
        below = person[chin:, int(first) : int(last) + 1] >= _PERSON
        if not below.any(axis=0).all():
            raise NotMeasuredError("the shoulders are not in the picture")
        tops.append(float(np.median(below.argmax(axis=0))) * size[1])
    return math.degrees(math.atan2(tops[1] - tops[0], sum(_COLUMNS) * width))


MEASURE = Measure("shoulders_level", "°", take, below="SHOULDERS", above="SHOULDERS")
