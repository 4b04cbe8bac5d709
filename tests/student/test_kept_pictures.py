"""Pictures to compare by: as sharp as they came, within their bound."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.core.types import Pixels
from pipeline.student.kept_pictures import SHARP_BYTES, sharp, thumbnail


def opened(jpeg: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1), np.uint8)


def drawn(width: int, height: int, blur: float) -> Pixels:
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), blur) if blur else noise, np.uint8)


def test_an_upload_is_kept_pixel_for_pixel() -> None:
    photo = drawn(480, 640, 3)
    kept = opened(sharp(photo))
    assert kept.shape == photo.shape
    assert float(np.abs(kept.astype(int) - photo).mean()) < 2
    assert max(opened(thumbnail(photo)).shape) == 320


@pytest.mark.parametrize(("width", "height"), [(120, 160), (480, 640), (960, 1280), (3000, 200)])
@pytest.mark.parametrize("blur", [0, 1, 6])
def test_no_picture_exceeds_the_bound(width: int, height: int, blur: float) -> None:
    assert len(sharp(drawn(width, height, blur))) <= SHARP_BYTES
