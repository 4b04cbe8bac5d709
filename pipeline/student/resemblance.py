"""Resemblance stage: a perceptual hash of the upright picture, to find copies under other names."""

from __future__ import annotations

import cv2

from pipeline.core.geometry import mirror
from pipeline.core.types import Pixels


def picture_hashes(upright: Pixels) -> tuple[str, str]:
    """64-bit pHash (DCT of the 32 px luma, OpenCV's img_hash) of a picture and its mirror image.

    Returns:
        Two words of 16 hexadecimal digits; Hamming distance measures unlikeness.
    """
    one, other = (cv2.img_hash.pHash(picture) for picture in (upright, mirror(upright)))
    return one.tobytes().hex(), other.tobytes().hex()
