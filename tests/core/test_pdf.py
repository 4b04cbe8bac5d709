"""Pages of PDF scans: their own JPEG where a page is just that, else drawn as it is seen."""

from __future__ import annotations

import io

import pytest
from hostile.scans import gradient, large_picture, locked, page, pictured, scan, stream
from PIL import Image, ImageChops

from pipeline.core import pdf

UPRIGHT = b"480 0 0 640 0 0"


def jpeg(picture: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (picture or two_halves()).save(out, "JPEG", quality=95, **options)
    return out.getvalue()


def two_halves(width: int = 480, height: int = 640) -> Image.Image:
    """Red above, blue below."""
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width, height // 2))
    return picture


def drawn(data: bytes, number: int = 0) -> Image.Image:
    picture = pdf.picture_of(data, number)
    assert picture[:2] == b"BM"
    return Image.open(io.BytesIO(picture))


def one(content: bytes, place: bytes = UPRIGHT, about: bytes = b"") -> bytes:
    return pictured(content, (480, 640), place, about)


def test_a_page_that_is_a_jpeg_comes_out_byte_for_byte() -> None:
    content = jpeg()
    assert pdf.picture_of(one(content), 0) == content


def test_what_pillow_writes_is_taken_as_it_is_too() -> None:
    data = scan(gradient(300, 400), gradient(640, 480))
    assert pdf.pages_of(data) == 2
    sizes = [Image.open(io.BytesIO(pdf.picture_of(data, number))).size for number in (0, 1)]
    assert sizes == [(300, 400), (640, 480)]
    assert all(pdf.picture_of(data, number)[:2] == b"\xff\xd8" for number in (0, 1))


@pytest.mark.parametrize(
    ("what", "place", "about"),
    [
        ("turned by the page", UPRIGHT, b"/Rotate 180"),
        ("turned by its matrix", b"-480 0 0 -640 480 640", b""),
    ],
)
def test_a_turned_picture_is_drawn_as_a_viewer_shows_it(
    what: str, place: bytes, about: bytes
) -> None:
    picture = drawn(one(jpeg(), place, about))
    assert picture.size == (480, 640)
    red, _, blue = picture.getpixel((240, 100))  # type: ignore[misc]
    assert blue > 200 > 50 > red, f"{what}: blue is above now"


def test_an_exif_orientation_is_not_obeyed_for_viewers_do_not_either() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    picture = drawn(one(jpeg(exif=exif)))
    red, _, blue = picture.getpixel((240, 100))  # type: ignore[misc]
    assert red > 200 > 50 > blue
    exif[0x0112] = 1
    assert pdf.picture_of(one(jpeg(exif=exif)), 0)[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("what", "place"),
    [("only a part of the page", b"240 0 0 320 0 0"), ("beyond its edge", b"960 0 0 1280 0 0")],
)
def test_a_picture_that_is_not_all_of_the_page_is_drawn(what: str, place: bytes) -> None:
    assert drawn(one(jpeg(), place)).size, what


def test_more_than_a_picture_is_drawn() -> None:
    head = b"/Subtype/Image/Width 480/Height 640/ColorSpace/DeviceRGB/BitsPerComponent 8"
    picture = stream(jpeg(), head + b"/Filter/DCTDecode")
    resources = b"/Resources<</XObject<</A 5 0 R>>>>"
    content = b"q 480 0 0 640 0 0 cm /A Do Q 0 1 0 rg 200 500 80 80 re f"
    shown = drawn(page(content, picture, box=b"0 0 480 640", about=resources))
    assert shown.getpixel((240, 100)) == (0, 255, 0)


def test_a_drawn_page_keeps_the_pictures_own_pixels_up_to_a_limit() -> None:
    small = gradient(500, 700, "1")
    assert drawn(scan(small, dpi=100)).size == (500, 700)
    assert not ImageChops.difference(drawn(scan(small, dpi=100)).convert("1"), small).getbbox()
    assert max(drawn(scan(gradient(4000, 5000, "1"))).size) == pdf.LONGEST_PX
    assert drawn(page(b"0 0 m 9 9 l S")).size == (1112, 1667), "no picture: 200 dots an inch"


def test_what_cannot_be_used_says_why() -> None:
    for data, number, why in (
        (locked(), 0, pdf.LOCKED),
        (b"%PDF-1.7", 0, pdf.DAMAGED),
        (scan(), 1, pdf.NO_PAGE),
        (large_picture(), 0, pdf.TOO_MUCH),
    ):
        with pytest.raises(pdf.PdfFaultError, match=f"^{why}$"):
            pdf.picture_of(data, number)


def test_after_a_locked_file_a_damaged_one_is_not_called_locked() -> None:
    for data in (locked(), page().replace(b"/Kids[3 0 R]/Count 1", b"/Kids[]/Count 0     ")):
        with pytest.raises(pdf.PdfFaultError) as caught:
            pdf.pages_of(data)
    assert str(caught.value) == pdf.DAMAGED
