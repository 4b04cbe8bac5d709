"""Background uniformity of ISO/IEC 29794-5: mean luminance gradient of the background."""

from __future__ import annotations

import numpy as np

from pipeline.core.opencv import cv2
from pipeline.student.view.base import Measure, NotMeasuredError, View
from pipeline.student.view.face_area import luminance
from pipeline.student.view.scalars import sigmoid

_KERNEL = np.ones((4, 4), dtype=np.uint8)  # OFIQ erodes the background by this


def take(view: View) -> float:
    """Mean length of the 3 × 3 Sobel gradient of luminance 0-255 over the eroded background.

    OFIQ BackgroundUniformity, with two differences. OFIQ's background comes from a face parsing
    network, ours from the selfie segmenter. And the eyes are 54 px apart here, 81 px with OFIQ, so
    that soft gradients count for up to one and a half times as much.

    Raises:
        NotMeasuredError: If no background is left.
    """
    backdrop = view.backdrop
    mask = cv2.erode(backdrop.mask, _KERNEL)
    light = luminance(backdrop.bgr)
    across, down = (cv2.Sobel(light, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0))
    inside = mask > 0
    if not inside.any():
        raise NotMeasuredError("no background was found")
    return float(cv2.magnitude(across, down)[inside].mean())


MEASURE = Measure(
    "background_uniformity",
    "",
    take,
    below="BACKGROUND_UNEVEN",
    above="BACKGROUND_UNEVEN",
    scalar=sigmoid(10, 100, h=190, a=1, s=-1),
)
