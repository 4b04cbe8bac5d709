"""One small picture whose corners differ, stored in every format and orientation."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.core.policy import InputLimits
from pipeline.core.types import Photo
from pipeline.student.decode import decode_picture

pillow_heif.register_heif_opener()

LIMITS = InputLimits(max_bytes=2**20, max_megapixels=1)
ID = "11010519491231002X"

# Upright, in RGB: every corner another colour, so that each of the eight orientations differs.
UPRIGHT = np.full((96, 64, 3), 128, dtype=np.uint8)
UPRIGHT[:32, :16] = (255, 0, 0)
UPRIGHT[:16, 48:] = (0, 255, 0)
UPRIGHT[64:, :32] = (0, 0, 255)

# The stored picture that each tag shows upright. Exif 2.32, tag 0x0112: the shown edges at which
# the stored row 0 and column 0 belong.
STORED: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda shown: shown,  # top, left
    2: lambda shown: shown[:, ::-1],  # top, right
    3: lambda shown: shown[::-1, ::-1],  # bottom, right
    4: lambda shown: shown[::-1],  # bottom, left
    5: lambda shown: shown.swapaxes(0, 1),  # left, top
    6: lambda shown: shown[:, ::-1].swapaxes(0, 1),  # right, top
    7: lambda shown: shown[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: lambda shown: shown[::-1].swapaxes(0, 1),  # left, bottom
}
# How to save without loss, or nearly, in each format; JPEG and HEIC may be this far off.
FORMATS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 100, "subsampling": 0},
    "PNG": {},
    "BMP": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "HEIF": {"quality": -1},
    "GIF": {},
}
TAGGED = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF")
LOSS = 8


def picture(rgb: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(rgb))


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **{**FORMATS[format], **options})
    return out.getvalue()


def tag(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def shown(data: bytes) -> NDArray[np.int64]:
    """The decoded picture in RGB, signed so that differences can be taken."""
    return decode_picture(data, LIMITS).bgr[:, :, ::-1].astype(np.int64)


def assert_upright(photo: Photo) -> None:
    assert photo.bgr.shape == UPRIGHT.shape
    assert photo.bgr.astype(int) == pytest.approx(UPRIGHT[:, :, ::-1].astype(int), abs=LOSS)
