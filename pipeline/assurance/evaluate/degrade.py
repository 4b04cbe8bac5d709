"""Worse versions of a good picture: what scanners, messengers and bad light make of portraits."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from pipeline.core.geometry import shrink, similarity
from pipeline.core.types import Floats, Pixels

CLEAN = "clean"
DEGRADATIONS = ("jpeg10", "blur", "face40", "dark", "grey", "roll")
MOST_ROLL_DEG = 40.0

_JPEG_QUALITY = 10
_BLUR = 1 / 60  # sigma of the Gaussian, in shorter sides of the picture
_FACE_PX = 40  # width of the shrunken face's box
_LIGHT = 0.18  # about two and a half stops darker, cut to 8 bit
# Where no face is found in the clean picture, its width is taken for this share of the picture's.
_USUAL_FACE = 0.4


def degraded(bgr: Pixels, how: str, face_width: float | None, roll_deg: float) -> Pixels:
    """One worse version of an upright picture.

    Args:
        bgr: (H, W, 3) BGR.
        how: `CLEAN` or one of `DEGRADATIONS`.
        face_width: Of the face in `bgr`, px; None if none was found.
        roll_deg: Clockwise angle of `roll`, within ±`MOST_ROLL_DEG`.

    Returns:
        (h, w, 3) BGR, of the same size but for `face40`.
    """
    if how == "jpeg10":
        return _jpeg(bgr)
    if how == "blur":
        return _pixels(cv2.GaussianBlur(bgr, (0, 0), min(bgr.shape[:2]) * _BLUR))
    if how == "face40":
        width = face_width or _USUAL_FACE * bgr.shape[1]
        return shrink(bgr, max(1, round(max(bgr.shape[:2]) * min(1.0, _FACE_PX / width))))
    if how == "dark":
        return (bgr * _LIGHT).astype(np.uint8)
    if how == "grey":
        return _pixels(cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))
    if how == "roll":
        return rolled(bgr, roll_deg)
    assert how == CLEAN
    return bgr


def rolled(bgr: Pixels, roll_deg: float) -> Pixels:
    """The picture rolled clockwise about its middle, same size; its border fills the corners."""
    height, width = bgr.shape[:2]
    margin = int(np.ceil((np.hypot(height, width) - min(height, width)) / 2)) + 1
    wide = np.pad(bgr, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    middle = np.array(((width - 1) / 2, (height - 1) / 2))
    angle = np.radians(roll_deg)
    # Pillow asks where each new pixel comes from: the same points, rolled back.
    points: Floats = np.array(((0.0, 0.0), (width, 0.0)), dtype=np.float32)
    back = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    source = ((points - middle) @ back + middle + margin).astype(np.float32)
    matrix = similarity(points, source)
    # Pillow counts from the corner of a pixel, `similarity` from its centre.
    matrix[:, 2] += 0.5 - matrix[:, :2] @ (0.5, 0.5)
    data = tuple(float(value) for value in matrix.ravel())
    image = Image.fromarray(wide).transform(
        (width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
    )
    return np.asarray(image, dtype=np.uint8)


def _jpeg(bgr: Pixels) -> Pixels:
    ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    assert ok
    return _pixels(cv2.imdecode(data, cv2.IMREAD_COLOR))


def _pixels(array: object) -> Pixels:
    return np.asarray(array, dtype=np.uint8)
