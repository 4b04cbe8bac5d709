"""PDF scans: how many pages a file has, and one page as a picture.

The library behind it (pdfium) is a large decoder of foreign bytes: what is here runs in processes
that are caged and may die (`pipeline.source.pdf_pages`, workers of a night).
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

Memory = Callable[[int], AbstractContextManager[object]]

MAX_PAGES = 12  # of one file so many are looked at: a student's proofs, not a volume
# Twice what the stages after decoding look at (`student.detect.LONGEST`).
LONGEST_PX = 2560
MAX_PICTURE_PX = 100_000_000  # of a page; one of A4 at 600 dots an inch is 35 megapixels
_BYTES = 8  # a pixel: pdfium unpacks each picture whole, in four bytes, and scales it into four
_LARGEST_PAGE = 1e6  # units; 350 m
_UNIT_DPI = 72  # ISO 32000-1, 8.3.2.3
_DRAWN_DPI = 200  # of pages that hold no picture
_MAX_OBJECTS = 50_000  # of a page; those of a scan are a handful, of a page of text thousands
_NEAR = 0.01  # of the page's side by which a picture may miss its edge
_NO_TURN = (1, 0, None)
_EXIF_ORIENTATION = 0x0112

# Reasons, words of `[value]` in the catalogue.
LOCKED, DAMAGED, NO_PAGE = "pdf_locked", "pdf_damaged", "pdf_no_page"
TOO_MUCH = "pdf_page_too_large"


class PdfFaultError(Exception):
    """A PDF or a page of it cannot be used; the text is a word of `[value]` in the catalogue."""


def pages_of(data: bytes) -> int:
    """How many pages a PDF has, at least one; those that are looked at have been read, not drawn.

    Raises:
        PdfFaultError: It is locked by a password, damaged, or no PDF; a page is too large.
    """
    with _opened(data) as document:
        for number in range(min(len(document), MAX_PAGES)):
            _objects(document[number])
        return len(document)


def picture_of(data: bytes, number: int, memory: Memory = nullcontext) -> bytes:
    """One page as a picture file: its own JPEG where the page is just that, else drawn (BMP).

    A picture in it is drawn as large as it is, no page larger than `LONGEST_PX`.

    Args:
        data: The PDF.
        number: Of the page, from 0.
        memory: Bounds what is done inside; called with the bytes that it takes.

    Raises:
        PdfFaultError: As `pages_of`; the page is not there, or holds too large pictures.
        MemoryError: From `memory`.
    """
    with ExitStack() as open_:
        with memory(0):
            document = open_.enter_context(_opened(data))
            if not 0 <= number < len(document):
                raise PdfFaultError(NO_PAGE)
            page = document[number]
            pictures, others = _objects(page)
            if not others and len(pictures) == 1 and (jpeg := _whole_page(page, pictures[0])):
                return jpeg
            width, height = page.get_size()
            if not (0 < width < _LARGEST_PAGE and 0 < height < _LARGEST_PAGE):
                raise PdfFaultError(DAMAGED)
            dots = max(map(_dots, pictures), default=_DRAWN_DPI / _UNIT_DPI)
            scale = min(dots or 1.0, LONGEST_PX / max(width, height))
            pixels = sum(math.prod(picture.get_px_size()) for picture in pictures)
        with memory(_BYTES * round(pixels + scale * width * scale * height)):
            bitmap = page.render(scale=scale, may_draw_forms=False)
            out = io.BytesIO()
            bitmap.to_pil().save(out, "BMP")
            return out.getvalue()


@contextmanager
def _opened(data: bytes) -> Iterator[PdfDocument]:
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD

    try:
        document = PdfDocument(data)
    except PdfiumError as error:
        # Of a file without pages the library repeats what was wrong with the one before.
        locked = error.err_code == FPDF_ERR_PASSWORD and b"/Encrypt" in data
        raise PdfFaultError(LOCKED if locked else DAMAGED) from error
    try:
        yield document
    except (PdfiumError, ValueError) as error:
        raise PdfFaultError(DAMAGED) from error
    finally:
        document.close()


def _objects(page: Any) -> tuple[list[Any], int]:
    """A page's pictures, and how many other things are on it.

    Raises:
        PdfFaultError: A picture is too large, or they are too many.
    """
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    pictures, others, pixels = [], 0, 0
    for place, thing in enumerate(page.get_objects()):
        if place == _MAX_OBJECTS:
            raise PdfFaultError(TOO_MUCH)
        if thing.type != FPDF_PAGEOBJ_IMAGE:
            others += 1
            continue
        wide, high = thing.get_px_size()
        pixels += wide * high
        if pixels > MAX_PICTURE_PX:
            raise PdfFaultError(TOO_MUCH)
        pictures.append(thing)
    return pictures, others


def _dots(picture: Any) -> float:
    """How many pixels of a picture lie on one unit of its page."""
    left, bottom, right, top = picture.get_bounds()
    wide, high = picture.get_px_size()
    longer = max(right - left, top - bottom)
    return max(wide, high) / longer if longer > 0 else 0.0


def _whole_page(page: Any, picture: Any) -> bytes:
    """The JPEG that a page is, byte for byte; b"" where a viewer would show something else.

    It fills the page upright, is nothing but a JPEG, hides nothing, and has no EXIF orientation,
    which viewers of PDF do not obey.
    """
    from pypdfium2 import raw

    if page.get_rotation() or picture.get_filters() != ["DCTDecode"] or picture.level:
        return b""
    a, b, c, d, e, f = picture.get_matrix().get()
    left, bottom, right, top = page.get_bbox()
    near_x, near_y = _NEAR * (right - left), _NEAR * (top - bottom)
    fills = abs(e - left) < near_x and abs(f - bottom) < near_y
    fills &= abs(e + a - right) < near_x and abs(f + d - top) < near_y
    straight = abs(b) < near_x and abs(c) < near_y
    plain = {raw.FPDF_COLORSPACE_DEVICERGB, raw.FPDF_COLORSPACE_DEVICEGRAY}
    plain |= {raw.FPDF_COLORSPACE_ICCBASED, raw.FPDF_COLORSPACE_CALRGB}
    about = picture.get_metadata()
    if not (fills and straight and about.colorspace in plain and about.bits_per_pixel in (8, 24)):
        return b""
    if raw.FPDFPageObj_HasTransparency(picture):
        return b""
    jpeg = bytes(picture.get_data())
    try:
        from PIL import Image  # late: a night with nothing to do loads no picture library

        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            return jpeg if image.getexif().get(_EXIF_ORIENTATION) in _NO_TURN else b""
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError):
        return b""
