from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from places import SHARED

from pipeline.core.policy import InputLimits
from pipeline.core.types import ImageFile, Photo
from pipeline.student.decode import UnreadableError, decode, read

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
    return decode(data, LIMITS).bgr[:, :, ::-1].astype(np.int64)


def assert_upright(photo: Photo) -> None:
    assert photo.bgr.shape == UPRIGHT.shape
    assert photo.bgr.astype(int) == pytest.approx(UPRIGHT[:, :, ::-1].astype(int), abs=LOSS)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_decodes_to_bgr(format: str) -> None:
    data = saved(picture(UPRIGHT), format)
    photo = decode(data, LIMITS)
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
    photo = decode(out.getvalue(), LIMITS)
    assert photo.format == "JPEG"
    assert photo.bgr.shape == UPRIGHT.shape


@pytest.mark.parametrize("format", TAGGED)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(format: str, orientation: int) -> None:
    stored = picture(STORED[orientation](UPRIGHT))
    photo = decode(saved(stored, format, exif=tag(orientation)), LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == orientation


def test_heic_obeys_its_own_rotation_and_not_exif() -> None:
    # An Exif object instead of bytes keeps pillow-heif from writing the rotation property; then
    # the tag is all there is, and HEIF (ISO/IEC 23008-12) does not let it turn the picture.
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(picture(UPRIGHT), "HEIF", exif=exif)
    assert b"irot" not in data
    photo = decode(data, LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == 6


@pytest.mark.parametrize("format", TAGGED)
@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_impossible_orientation_is_none(format: str, orientation: int) -> None:
    photo = decode(saved(picture(UPRIGHT), format, exif=tag(orientation)), LIMITS)
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
    photo = decode(saved(picture(UPRIGHT), format, exif=block), LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == 1


@pytest.mark.parametrize("other_tag", [0x0100, 0x011A], ids=["width", "resolution"])
def test_a_nonsense_tag_beside_the_orientation_does_no_harm(other_tag: int) -> None:
    # A number's tag that holds text: Pillow reads such a block and fails to write it again.
    nonsense = struct.pack(">HHL4s", other_tag, 2, 4, b"abc\0")
    turned = struct.pack(">HHLHH", 0x0112, 3, 1, 6, 0)
    block = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 2) + nonsense + turned + b"\0" * 4
    photo = decode(saved(picture(STORED[6](UPRIGHT)), "JPEG", exif=block), LIMITS)
    assert_upright(photo)
    assert photo.exif_orientation == 6


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
    photo = decode(saved(picture(UPRIGHT).convert("CMYK"), "JPEG"), LIMITS)
    assert photo.mode == "CMYK"
    assert_upright(photo)


def test_sixteen_bit_grey_is_scaled_and_not_cut_off() -> None:
    deep = np.array([[0, 257 * 10], [257 * 200, 65535]], dtype=np.uint16)
    photo = decode(saved(Image.fromarray(deep), "PNG"), LIMITS)
    assert photo.mode == "I;16"
    assert photo.bgr[:, :, 0].tolist() == [[0, 10], [200, 255]]
    assert (photo.bgr == photo.bgr[:, :, :1]).all(), "grey in all three channels"


@pytest.mark.parametrize("top", [255.0, 65535.0])
def test_floating_point_grey(top: float) -> None:
    light = np.array([[0, 0.2], [0.6, 1.0]], dtype=np.float32) * np.float32(top)
    photo = decode(saved(Image.fromarray(light), "TIFF"), LIMITS)
    assert photo.mode == "F"
    assert photo.bgr[:, :, 1].tolist() == [[0, 51], [153, 255]]


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_and_black_and_white(mode: str) -> None:
    grey = Image.new(mode, (3, 2), 255)
    grey.putpixel((0, 0), 0)
    photo = decode(saved(grey, "PNG"), LIMITS)
    assert photo.mode == mode
    assert photo.bgr[:, :, 2].tolist() == [[0, 255, 255], [255, 255, 255]]


def test_palette() -> None:
    photo = decode(
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
    assert decode(data, LIMITS).mode == "P"
    assert shown(data).tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_an_animation_is_its_first_picture() -> None:
    data = saved(
        picture(UPRIGHT), "GIF", save_all=True, append_images=[picture(UPRIGHT[::-1])], duration=100
    )
    assert_upright(decode(data, LIMITS))


@pytest.mark.parametrize(("format", "dpi"), [("JPEG", 300), ("PNG", 350), ("TIFF", 72)])
def test_dpi_as_the_file_says(format: str, dpi: int) -> None:
    photo = decode(saved(picture(UPRIGHT), format, dpi=(dpi, dpi)), LIMITS)
    assert photo.dpi == pytest.approx(dpi, abs=0.1)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "HEIF"])
def test_no_dpi_is_zero(format: str) -> None:
    assert decode(saved(picture(UPRIGHT), format), LIMITS).dpi == 0.0


def test_too_many_pixels() -> None:
    with pytest.raises(UnreadableError, match=r"^64 x 96 pixels, more than 0\.006 megapixels$"):
        decode(saved(picture(UPRIGHT), "PNG"), InputLimits(max_bytes=2**20, max_megapixels=0.006))
    just = InputLimits(max_bytes=2**20, max_megapixels=64 * 96 / 1e6)
    assert_upright(decode(saved(picture(UPRIGHT), "PNG"), just))


def test_a_decompression_bomb_is_refused_before_it_unfolds() -> None:
    header = struct.pack(">LLBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = saved(picture(UPRIGHT), "PNG")
    with pytest.raises(UnreadableError):
        decode(png[:16] + header + png[29:], LIMITS)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_truncated_picture_is_unreadable(format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = saved(picture(noise), format)
    with pytest.raises(UnreadableError) as refused:
        decode(data[: len(data) // 2], LIMITS)
    assert str(refused.value)


def test_a_truncated_jpeg_says_so() -> None:
    data = saved(picture(UPRIGHT), "JPEG")
    with pytest.raises(UnreadableError, match="truncated"):
        decode(data[:-40], LIMITS)


def test_a_text_file_is_no_picture() -> None:
    with pytest.raises(UnreadableError, match=r"^not a picture in a known format$"):
        decode("这不是照片\n".encode() * 100, LIMITS)


def test_a_format_that_is_not_listed_is_not_opened() -> None:
    out = io.BytesIO()
    picture(UPRIGHT).save(out, "PPM")
    with pytest.raises(UnreadableError, match=r"^not a picture in a known format$"):
        decode(out.getvalue(), LIMITS)


def test_read_gives_the_bytes_of_a_file_and_of_an_archive_member(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")
    assert read(ImageFile(tmp_path / "a.jpg"), LIMITS) == b"12345"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.writestr("in/a.jpg", b"678")
    assert read(ImageFile(tmp_path / "a.zip", "in/a.jpg"), LIMITS) == b"678"


def refusal(file: ImageFile, limits: InputLimits = LIMITS) -> str:
    """The reason why a file is refused; it must not give the file's name away."""
    with pytest.raises(UnreadableError) as refused:
        read(file, limits)
    reason = str(refused.value)
    assert reason
    assert ID not in reason
    assert str(file.path.parent) not in reason
    return reason


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.jpg").touch()
    assert refusal(ImageFile(tmp_path / f"{ID}.jpg")) == "the file is empty"


def test_a_vanished_file_and_a_folder(tmp_path: Path) -> None:
    assert "No such file" in refusal(ImageFile(tmp_path / f"{ID}.jpg"))
    assert "Is a directory" in refusal(ImageFile(tmp_path))


def test_a_file_over_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(100))
    file = ImageFile(tmp_path / "a.jpg")
    assert len(read(file, InputLimits(max_bytes=100, max_megapixels=1))) == 100
    assert "larger than" in refusal(file, InputLimits(max_bytes=99, max_megapixels=1))


@pytest.mark.parametrize(
    ("max_bytes", "words"), [(64 * 2**20, "64 MiB"), (2**19, "0.5 MiB"), (1536 * 1024, "1.5 MiB")]
)
def test_the_limit_is_named_as_it_is(tmp_path: Path, max_bytes: int, words: str) -> None:
    with (tmp_path / "a.jpg").open("wb") as sparse:
        sparse.truncate(max_bytes + 1)
    limits = InputLimits(max_bytes=max_bytes, max_megapixels=1)
    assert refusal(ImageFile(tmp_path / "a.jpg"), limits) == f"the file is larger than {words}"


METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflated": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


@pytest.fixture(params=METHODS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> ImageFile:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", METHODS[request.param]) as out:
        out.writestr(f"{ID}.jpg", saved(picture(UPRIGHT), "BMP"))
    return ImageFile(path, f"{ID}.jpg")


def test_a_damaged_archive_member(archive: ImageFile) -> None:
    data = bytearray(archive.path.read_bytes())
    middle = len(data) // 2
    data[middle - 40 : middle + 40] = bytes(80)
    archive.path.write_bytes(data)
    assert refusal(archive) == "the file could not be read (it is damaged)"


def test_a_truncated_archive(archive: ImageFile) -> None:
    data = archive.path.read_bytes()
    archive.path.write_bytes(data[: len(data) // 2])
    assert refusal(archive) == "the file could not be read (it is damaged)"


def test_an_archive_member_that_vanished(archive: ImageFile) -> None:
    with zipfile.ZipFile(archive.path, "w") as out:
        out.writestr("another.jpg", b"x")
    assert refusal(archive) == "the file could not be read (it is no longer in the archive)"


def test_an_encrypted_archive_member(archive: ImageFile) -> None:
    data = bytearray(archive.path.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + flags] |= 1
    archive.path.write_bytes(data)
    assert "encrypted" in refusal(archive)


@given(st.binary(max_size=300))
def test_random_bytes_are_a_picture_or_unreadable(data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"II*\0"):
        try:
            decode(start + data, LIMITS)
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
        photo = decode(bytes(data[: int(len(data) * kept)]), LIMITS)
    except UnreadableError as error:
        assert str(error)
    else:
        assert photo.exif_orientation in range(1, 9)


@pytest.mark.shared
@pytest.mark.skipif(
    not (SHARED / "exif_orientation").is_dir(), reason="../shared/data/exif_orientation is absent"
)
@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_public_pictures_of_all_orientations_show_the_same(shape: str) -> None:
    limits = InputLimits(max_bytes=2**26, max_megapixels=100)
    photos = [
        decode((SHARED / "exif_orientation" / f"{shape}_{tag}.jpg").read_bytes(), limits)
        for tag in range(9)
    ]
    assert [p.exif_orientation for p in photos] == [1, 1, 2, 3, 4, 5, 6, 7, 8]
    first = photos[1].bgr.astype(np.int16)
    for photo in photos[2:]:
        assert photo.bgr.shape == first.shape
        assert np.abs(photo.bgr - first).mean() < 8


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
    whole = decode(stream.getvalue(), limits)
    small = decode(stream.getvalue(), limits, 1280)
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
    assert decode(stream.getvalue(), LIMITS, 1280).bgr.shape == (40, side, 3)
