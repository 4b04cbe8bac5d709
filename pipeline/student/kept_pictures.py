"""The pictures that are kept of a student, for people to look at."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.core.geometry import crop_square, shrink
from pipeline.core.types import Floats, Pixels, Portrait

# Longer side and JPEG quality.
_SIDE, _QUALITY = 320, 82
# A picture to compare by is tried at these sides, each at these qualities, until it fits. One of
# 480 × 640 fits as it came; nothing that the networks see is longer than 1,280 (`detect.LONGEST`).
SHARP_BYTES = 100_000
_SHARP_SIDES, _SHARP_QUALITIES = (1280, 960, 720, 540, 400), (92, 84)


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
    return _encoded(shrink(bgr, _SIDE), _QUALITY)


def sharp(bgr: Pixels) -> bytes:
    """A JPEG of at most `SHARP_BYTES` for people to compare by: as large and as good as fits."""
    longest = min(max(bgr.shape[:2]), _SHARP_SIDES[0])
    for side in (longest, *(side for side in _SHARP_SIDES if side < longest)):
        fitting = shrink(bgr, side)
        for quality in _SHARP_QUALITIES:
            if len(jpeg := _encoded(fitting, quality)) <= SHARP_BYTES:
                return jpeg
    return thumbnail(bgr)


def _encoded(bgr: Pixels, quality: int) -> bytes:
    ok, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok
    return bytes(jpeg)
