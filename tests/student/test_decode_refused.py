"""Pictures that are too large, damaged or none at all."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_pictures import LIMITS, UPRIGHT, assert_upright, picture, saved, tag

from pipeline.core.policy import InputLimits
from pipeline.student.decode import UnreadableError, decode_picture


def test_too_many_pixels() -> None:
    with pytest.raises(UnreadableError, match=r"^64 x 96 pixels, more than 0\.006 megapixels$"):
        decode_picture(
            saved(picture(UPRIGHT), "PNG"), InputLimits(max_bytes=2**20, max_megapixels=0.006)
        )
    just = InputLimits(max_bytes=2**20, max_megapixels=64 * 96 / 1e6)
    assert_upright(decode_picture(saved(picture(UPRIGHT), "PNG"), just))


def test_a_decompression_bomb_is_refused_before_it_unfolds() -> None:
    header = struct.pack(">LLBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = saved(picture(UPRIGHT), "PNG")
    with pytest.raises(UnreadableError):
        decode_picture(png[:16] + header + png[29:], LIMITS)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_truncated_picture_is_unreadable(format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = saved(picture(noise), format)
    with pytest.raises(UnreadableError) as refused:
        decode_picture(data[: len(data) // 2], LIMITS)
    assert str(refused.value)


def test_a_truncated_jpeg_says_so() -> None:
    data = saved(picture(UPRIGHT), "JPEG")
    with pytest.raises(UnreadableError, match="truncated"):
        decode_picture(data[:-40], LIMITS)


def test_a_text_file_is_no_picture() -> None:
    with pytest.raises(UnreadableError, match=r"^not a picture in a known format$"):
        decode_picture("这不是照片\n".encode() * 100, LIMITS)


def test_a_format_that_is_not_listed_is_not_opened() -> None:
    out = io.BytesIO()
    picture(UPRIGHT).save(out, "PPM")
    with pytest.raises(UnreadableError, match=r"^not a picture in a known format$"):
        decode_picture(out.getvalue(), LIMITS)


@given(st.binary(max_size=300))
def test_random_bytes_are_a_picture_or_unreadable(data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"II*\0"):
        try:
            decode_picture(start + data, LIMITS)
        except UnreadableError as error:
            assert str(error)


SOUND = {
    "JPEG": saved(picture(UPRIGHT), "JPEG", exif=tag(6), dpi=(300, 300)),
    "PNG": saved(picture(UPRIGHT), "PNG", exif=tag(6)),
    "WEBP": saved(picture(UPRIGHT), "WEBP", exif=tag(6)),
    "HEIF": saved(picture(UPRIGHT), "HEIF", exif=tag(6)),
}


@pytest.mark.parametrize("format", SOUND)
@given(
    damage=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6
    ),
    kept=st.floats(0.05, 1),
    header=st.booleans(),
)
def test_a_damaged_picture_is_a_picture_or_unreadable(
    format: str, damage: list[tuple[float, int]], kept: float, header: bool
) -> None:
    data = bytearray(SOUND[format])
    reach = min(len(data), 200) if header else len(data)
    for place, value in damage:
        data[int(place * reach)] = value
    try:
        photo = decode_picture(bytes(data[: int(len(data) * kept)]), LIMITS)
    except UnreadableError as error:
        assert str(error)
    else:
        assert photo.exif_orientation in range(1, 9)
