"""The pictures that are kept of a student, for people to look at."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.core.geometry import crop_square, shrink
from pipeline.core.types import Floats, Pixels, Portrait

# Longer side and JPEG quality.
_SIDE, _QUALITY = 320, 82


def registry_crop(portrait: Portrait) -> tuple[Pixels, Floats]:
    """Hair to shoulders at 3:4, as the registry's frame shows them, and the eyes in its pixels.

    The face box is half as high as the crop.
    """
    x, y, width, height = (float(v) for v in portrait.face.box)
    side = max(8, round(height * 2.0))
    square, left, top = crop_square(portrait.bgr, (x + width / 2, y + height / 2), side)
    edge = side // 8
    eyes = portrait.face.landmarks[:2] - np.array((left + edge, top), dtype=np.float32)
    return square[:, edge : side - edge], eyes


def thumbnail(bgr: Pixels) -> bytes:
    """A small JPEG for the report."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    ok, jpeg = cv2.imencode(".jpg", shrink(bgr, _SIDE), quality)
    assert ok
    return bytes(jpeg)
