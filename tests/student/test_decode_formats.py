"""Every format and colour mode becomes the same BGR pixels."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image
from stored_pictures import FORMATS, LIMITS, UPRIGHT, assert_upright, picture, saved, shown, tag

from pipeline.core.policy import InputLimits
from pipeline.student.decode import decode_picture


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_decodes_to_bgr(format: str) -> None:
    data = saved(picture(UPRIGHT), format)
    photo = decode_picture(data, LIMITS)
    assert_upright(photo)
    assert photo.format == format
    assert photo.exif_orientation == 1
    assert photo.file_bytes == len(data)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    assert photo.bgr.flags.c_contiguous


def test_a_jpeg_with_a_second_picture_behind_it_is_a_jpeg() -> None:
    out = io.BytesIO()
    picture(UPRIGHT).save(
        out, "MPO", save_all=True, append_images=[picture(UPRIGHT[::-1])], quality=100
    )
    photo = decode_picture(out.getvalue(), LIMITS)
    assert photo.format == "JPEG"
    assert photo.bgr.shape == UPRIGHT.shape


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_a_jpeg_has_the_pixels_that_pillow_gives_it(
    mode: str, progressive: bool, subsampling: int
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (97, 66, 3), dtype=np.uint8)
    options = {"quality": 80, "progressive": progressive, "subsampling": subsampling}
    data = saved(picture(noise).convert(mode), "JPEG", **options)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(shown(data), np.asarray(image.convert("RGB")))


def test_a_jpeg_with_a_slight_fault_is_read_without_a_word(
    capfd: pytest.CaptureFixture[str],
) -> None:
    data = saved(picture(UPRIGHT), "JPEG", exif=tag(6))
    stray = data[:-2] + b"stray" + data[-2:]
    assert np.array_equal(shown(stray), shown(data))
    assert capfd.readouterr() == ("", "")


def test_cmyk() -> None:
    photo = decode_picture(saved(picture(UPRIGHT).convert("CMYK"), "JPEG"), LIMITS)
    assert photo.mode == "CMYK"
    assert_upright(photo)


def test_sixteen_bit_grey_is_scaled_and_not_cut_off() -> None:
    deep = np.array([[0, 257 * 10], [257 * 200, 65535]], dtype=np.uint16)
    photo = decode_picture(saved(Image.fromarray(deep), "PNG"), LIMITS)
    assert photo.mode == "I;16"
    assert photo.bgr[:, :, 0].tolist() == [[0, 10], [200, 255]]
    assert (photo.bgr == photo.bgr[:, :, :1]).all(), "grey in all three channels"


@pytest.mark.parametrize("top", [255.0, 65535.0])
def test_floating_point_grey(top: float) -> None:
    light = np.array([[0, 0.2], [0.6, 1.0]], dtype=np.float32) * np.float32(top)
    photo = decode_picture(saved(Image.fromarray(light), "TIFF"), LIMITS)
    assert photo.mode == "F"
    assert photo.bgr[:, :, 1].tolist() == [[0, 51], [153, 255]]


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_and_black_and_white(mode: str) -> None:
    grey = Image.new(mode, (3, 2), 255)
    grey.putpixel((0, 0), 0)
    photo = decode_picture(saved(grey, "PNG"), LIMITS)
    assert photo.mode == mode
    assert photo.bgr[:, :, 2].tolist() == [[0, 255, 255], [255, 255, 255]]


def test_palette() -> None:
    photo = decode_picture(
        saved(picture(UPRIGHT).convert("P", palette=Image.Palette.ADAPTIVE), "PNG"), LIMITS
    )
    assert photo.mode == "P"
    assert_upright(photo)


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (2, 1), (0, 0, 255, 255))
    clear.putpixel((1, 0), (0, 0, 255, 0))
    assert shown(saved(clear, "PNG")).tolist() == [[[0, 0, 255], [255, 255, 255]]]
    half = Image.new("LA", (1, 1), (0, 128))
    assert shown(saved(half, "PNG")).tolist() == [[[127, 127, 127]]]


def test_transparency_of_a_palette_lies_on_white() -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    data = saved(image, "PNG", transparency=1)
    assert decode_picture(data, LIMITS).mode == "P"
    assert shown(data).tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_an_animation_is_its_first_picture() -> None:
    data = saved(
        picture(UPRIGHT), "GIF", save_all=True, append_images=[picture(UPRIGHT[::-1])], duration=100
    )
    assert_upright(decode_picture(data, LIMITS))


@pytest.mark.parametrize(("format", "dpi"), [("JPEG", 300), ("PNG", 350), ("TIFF", 72)])
def test_dpi_as_the_file_says(format: str, dpi: int) -> None:
    photo = decode_picture(saved(picture(UPRIGHT), format, dpi=(dpi, dpi)), LIMITS)
    assert photo.dpi == pytest.approx(dpi, abs=0.1)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "HEIF"])
def test_no_dpi_is_zero(format: str) -> None:
    assert decode_picture(saved(picture(UPRIGHT), format), LIMITS).dpi == 0.0


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (3000, 4000), (2560, 100)])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_is_decoded_no_larger_than_needed(
    width: int, height: int, orientation: int
) -> None:
    image = Image.new("RGB", (width, height), (200, 30, 40))
    image.paste((0, 200, 0), (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    image.save(stream, "JPEG", exif=exif)
    limits = InputLimits(max_bytes=2**24, max_megapixels=20)
    whole = decode_picture(stream.getvalue(), limits)
    small = decode_picture(stream.getvalue(), limits, 1280)
    assert 1280 <= max(small.bgr.shape) < 2560
    assert small.bgr.shape[0] / small.bgr.shape[1] == pytest.approx(
        whole.bgr.shape[0] / whole.bgr.shape[1], rel=0.05
    )
    assert small.bgr.mean(axis=(0, 1)) == pytest.approx(whole.bgr.mean(axis=(0, 1)), abs=3)
    assert small.exif_orientation == orientation
    assert (small.sha256, small.file_bytes) == (whole.sha256, whole.file_bytes)


@pytest.mark.parametrize(("kind", "side"), [("JPEG", 2000), ("PNG", 3000)])
def test_what_is_small_or_no_jpeg_keeps_its_pixels(kind: str, side: int) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (side, 40)).save(stream, kind)
    assert decode_picture(stream.getvalue(), LIMITS, 1280).bgr.shape == (40, side, 3)
