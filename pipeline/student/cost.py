"""What decoding a picture will cost, told by its header before a pixel is unpacked."""

from __future__ import annotations

import re

from PIL import Image

# Bytes of one pixel in Pillow's memory; four for every mode not named.
_STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
# Bytes a pixel beside that while it is unpacked: libheif's and libwebp's own planes and what is
# copied from them.
_UNPACKING = {"HEIF": 9, "WEBP": 8}
# libjpeg keeps two bytes a coefficient of a picture that comes in several scans, three components.
_COEFFICIENTS = 6
# Afterwards: what comes out is BGR, and once more where the picture has to be turned.
_BGR = 3 * 2

# A marker that ends a scan's data, in which 0xFF is followed by 0, by a restart or by filling.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_START_OF_SCAN, _END = 0xDA, 0xD9


def memory_of(image: Image.Image) -> int:
    """Bytes that decoding an opened picture takes at most, its size and format considered."""
    stored = _STORED.get(image.mode, 4)
    unpacking = _UNPACKING.get(image.format or "", 0)
    if image.info.get("progressive"):
        unpacking = _COEFFICIENTS
    return image.width * image.height * (stored + max(unpacking, _BGR))


def scans_of(jpeg: bytes, most: int) -> int:
    """Scans of a JPEG, each of which passes over the whole picture; counted up to `most` + 1.

    ITU-T T.81, B.1.1: segments follow one another by their lengths. A thumbnail inside one has
    scans of its own, which are not counted.
    """
    if jpeg.count(b"\xff\xda") <= most:
        return jpeg.count(b"\xff\xda")
    found, place = 0, 2
    while found <= most and (marker := _MARKER.search(jpeg, place)):
        kind = marker[0][1]
        if kind == _END:
            break
        found += kind == _START_OF_SCAN
        length = int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
        place = marker.end() + max(length, 2)
    return found
