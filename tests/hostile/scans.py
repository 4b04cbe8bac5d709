"""PDFs as they should not be: locked, cut off, far too large; and how to make plain ones."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image


def gradient(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.radial_gradient("L").resize((width, height)).convert(mode)


def scan(*pages: Image.Image, dpi: float = 300.0) -> bytes:
    """A PDF of pictures, one a page: JPEG where they have colours, else packed."""
    out = io.BytesIO()
    first, *others = pages or (gradient(480, 640),)
    first.save(out, "PDF", save_all=True, append_images=others, resolution=dpi)
    return out.getvalue()


def written(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, count = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (count, trailer, start)
    return bytes(out)


def stream(content: bytes, about: bytes = b"") -> bytes:
    head = b"<</Length %d%s>>\nstream\n" % (len(content), about)
    return head + content + b"\nendstream"


CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"


def page(
    content: bytes = b"",
    *more: bytes,
    box: bytes = b"0 0 400 600",
    about: bytes = b"",
    count: int = 1,
) -> bytes:
    """A PDF of one page; `more` are objects from 5 on."""
    return written(
        [
            CATALOGUE,
            b"<</Type/Pages/Kids[3 0 R]/Count %d>>" % count,
            b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R%s>>" % (box, about),
            stream(content),
            *more,
        ]
    )


def pictured(jpeg: bytes, size: tuple[int, int], place: bytes, about: bytes = b"") -> bytes:
    """A page with a JPEG at a place (a matrix); `about` is of the page."""
    head = b"/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB" % size
    picture = stream(jpeg, head + b"/BitsPerComponent 8/Filter/DCTDecode")
    resources = b"/Resources<</XObject<</A 5 0 R>>>>"
    box = b"0 0 %d %d" % size
    return page(b"q %s cm /A Do Q" % place, picture, box=box, about=resources + about)


def locked() -> bytes:
    """Whoever opens it is asked for a password."""
    objects = [CATALOGUE, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"]
    words = b"".join(b"/%s<%s>" % (name, b"5a" * 32) for name in (b"O", b"U"))
    objects += [b"<</Filter/Standard/V 1/R 2%s/P -4>>" % words]
    return written(objects, b"/Encrypt 4 0 R/ID[<00><00>]")


def large_picture() -> bytes:
    """A picture of 10,000 megapixels, packed into a few bytes that end at once."""
    head = b"/Subtype/Image/Width 100000/Height 100000/ColorSpace/DeviceGray/BitsPerComponent 8"
    picture = stream(zlib.compress(bytes(1000)), head + b"/Filter/FlateDecode")
    resources = b"/Resources<</XObject<</A 5 0 R>>>>"
    return page(b"q 400 0 0 600 0 0 cm /A Do Q", picture, about=resources)


def in_itself() -> bytes:
    """A form that draws itself, twice."""
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A 5 0 R>>>>"
    resources = b"/Resources<</XObject<</A 5 0 R>>>>"
    return page(b"/A Do", stream(b"/A Do /A Do", head), about=resources)


def bomb() -> bytes:
    """A page of 200 MB of drawing, packed a thousandfold."""
    packed = zlib.compress(b"0 0 m 9 9 l S\n" * 15_000_000, 9)
    about = b"/Filter/FlateDecode"
    objects = [CATALOGUE, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"]
    return written([*objects, stream(packed, about)])


def with_a_script() -> bytes:
    action = b"/OpenAction<</S/JavaScript/JS(while(true){})>>"
    objects = [b"<</Type/Catalog/Pages 2 0 R%s>>" % action]
    objects += [b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    return written([*objects, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"])


# What is wrong with each, a word of `[value]`; "" where a page comes out all the same.
SCANS: dict[str, tuple[Callable[[], bytes], str]] = {
    "locked.pdf": (locked, "pdf_locked"),
    "empty.pdf": (lambda: b"", "pdf_damaged"),
    "text.pdf": (lambda: "这不是扫描件".encode() * 1000, "pdf_damaged"),
    "cut_off.pdf": (lambda: scan()[:4000], "pdf_damaged"),
    "no_page.pdf": (
        lambda: written([CATALOGUE, b"<</Type/Pages/Kids[]/Count 0>>"]),
        "pdf_damaged",
    ),
    "pages_in_a_ring.pdf": (
        lambda: written([CATALOGUE, b"<</Type/Pages/Kids[2 0 R]/Count 9>>"]),
        "pdf_damaged",
    ),
    "large_picture.pdf": (large_picture, "pdf_page_too_large"),
    "in_itself.pdf": (in_itself, "pdf_damaged"),
    "bomb.pdf": (bomb, "pdf_damaged"),
    "billions.pdf": (lambda: page(count=2_000_000_000), ""),
    "wide.pdf": (lambda: page(box=b"0 0 900000 1"), ""),
    "endless_box.pdf": (lambda: page(box=b"0 0 1e30 1e30"), ""),
    "no_box.pdf": (lambda: page(box=b"0 0 0 0"), ""),
    "with_a_script.pdf": (with_a_script, ""),
}


def make(folder: Path) -> list[str]:
    """Write every hostile PDF; their names."""
    for name, (content, _) in SCANS.items():
        (folder / name).write_bytes(content())
    return list(SCANS)
