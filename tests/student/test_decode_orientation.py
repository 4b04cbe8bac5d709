"""The stored orientation is applied once; a damaged tag costs nothing else."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image
from places import SHARED
from stored_pictures import LIMITS, STORED, TAGGED, UPRIGHT, assert_upright, picture, saved, tag

from pipeline.core.policy import InputLimits
from pipeline.student.decode import decode_picture


@pytest.mark.parametrize("format", TAGGED)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(format: str, orientation: int) -> None:
    stored = picture(STORED[orientation](UPRIGHT))
    photo = decode_picture(saved(stored, format, exif=tag(orientation)), LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == orientation


def test_heic_obeys_its_own_rotation_and_not_exif() -> None:
    # An Exif object instead of bytes keeps pillow-heif from writing the rotation property; then
    # the tag is all there is, and HEIF (ISO/IEC 23008-12) does not let it turn the picture.
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(picture(UPRIGHT), "HEIF", exif=exif)
    assert b"irot" not in data
    photo = decode_picture(data, LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == 6


@pytest.mark.parametrize("format", TAGGED)
@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_impossible_orientation_is_none(format: str, orientation: int) -> None:
    photo = decode_picture(saved(picture(UPRIGHT), format, exif=tag(orientation)), LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == 1


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "block",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage!!",
        b"Exif\0\0II*\0",
        b"Exif\0\0II+\0\x08\0\0\0",  # BigTIFF, cut off
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
    ],
)
def test_a_damaged_exif_block_costs_nothing_but_the_tag(format: str, block: bytes) -> None:
    photo = decode_picture(saved(picture(UPRIGHT), format, exif=block), LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == 1


@pytest.mark.parametrize("other_tag", [0x0100, 0x011A], ids=["width", "resolution"])
def test_a_nonsense_tag_beside_the_orientation_does_no_harm(other_tag: int) -> None:
    # A number's tag that holds text: Pillow reads such a block and fails to write it again.
    nonsense = struct.pack(">HHL4s", other_tag, 2, 4, b"abc\0")
    turned = struct.pack(">HHLHH", 0x0112, 3, 1, 6, 0)
    block = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 2) + nonsense + turned + b"\0" * 4
    photo = decode_picture(saved(picture(STORED[6](UPRIGHT)), "JPEG", exif=block), LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == 6


@pytest.mark.shared
@pytest.mark.skipif(
    not (SHARED / "exif_orientation").is_dir(), reason="../shared/data/exif_orientation is absent"
)
@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_public_pictures_of_all_orientations_show_the_same(shape: str) -> None:
    limits = InputLimits(max_bytes=2**26, max_megapixels=100)
    photos = [
        decode_picture((SHARED / "exif_orientation" / f"{shape}_{tag}.jpg").read_bytes(), limits)
        for tag in range(9)
    ]
    assert [p.exif_orientation for p in photos] == [1, 1, 2, 3, 4, 5, 6, 7, 8]
    first = photos[1].bgr.astype(np.int16)
    for photo in photos[2:]:
        assert photo.bgr.shape == first.shape
        assert np.abs(photo.bgr - first).mean() < 8


def dated(text: str | bytes) -> bytes:
    """An EXIF block with this DateTimeOriginal."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = text
    return exif.tobytes()


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("2025:03:07 10:11:12", "2025-03-07"),
        ("2025:03:07", "2025-03-07"),
        ("0000:00:00 00:00:00", ""),
        ("2025:02:30 10:11:12", ""),
        ("    :  :     :  :  ", ""),
        ("yesterday", ""),
    ],
)
def test_the_day_on_which_a_photo_was_taken_is_read(text: str, taken: str) -> None:
    photo = decode_picture(saved(picture(UPRIGHT), "JPEG", exif=dated(text)), LIMITS)
    assert photo.taken == taken
    assert decode_picture(saved(picture(UPRIGHT), "JPEG"), LIMITS).taken == ""
