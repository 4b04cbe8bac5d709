"""Decode stage: bytes to an upright-by-EXIF BGR picture and what the file says about itself.

Pillow reads every format (HEIC through pillow-heif) and every header. The pixels of a faultless
JPEG come straight from libjpeg-turbo, in BGR and in a third of the time; they are the same. The
EXIF orientation is applied once, here. OpenCV's decoder is not used: it takes some damaged
files for whole and writes of others to stderr.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from contextlib import suppress
from datetime import datetime
from typing import cast

import cv2
import numpy as np
import pillow_heif
from PIL import Image, UnidentifiedImageError
from PIL import ImageFile as PillowFile
from simplejpeg import decode_jpeg

from pipeline.core.catalogue import LOG_LANGUAGE, table
from pipeline.core.geometry import apply_exif
from pipeline.core.imagefile import READ_ERRORS
from pipeline.core.policy import InputLimits
from pipeline.core.said import Said, recognised
from pipeline.core.types import ImageFile, Photo, Pixels
from pipeline.student.allowance import memory_for
from pipeline.student.cost import memory_of, scans_of

pillow_heif.register_heif_opener()

# MPO, what some phones call a JPEG with a second picture behind it, is opened by JPEG.
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "HEIF", "GIF")
_EXIF_ORIENTATION = 0x0112
_EXIF_IFD, _EXIF_TAKEN = 0x8769, 0x9003  # Exif 2.32: DateTimeOriginal
_JPEG = ("JPEG", "MPO")
_FAILED = "the decoder failed: "
_TOO_MUCH_MEMORY = "it takes more memory than a photo may"
# So many pixels are turned into BGR at once: what lies in between takes little memory.
_AT_ONCE = 2**20


class UnreadableError(Exception):
    """A picture cannot be decoded; the text is the reason, for people, without file names."""


def read(file: ImageFile, limits: InputLimits) -> bytes:
    """The file's bytes; those of a picture where it is a page of a PDF.

    Raises:
        UnreadableError: If it vanished, is empty, too large or a damaged archive member; if the
            page cannot be drawn.
    """
    try:
        data = file.read_bytes(limits.max_bytes)
    except OSError as error:
        reason = error.strerror or "it is damaged"
        raise UnreadableError(f"the file could not be read ({reason})") from error
    except READ_ERRORS as error:
        raise UnreadableError(f"the file could not be read ({_archive_fault(error)})") from error
    if not data:
        raise UnreadableError("the file is empty")
    if len(data) > limits.max_bytes:
        raise UnreadableError(f"the file is larger than {limits.max_bytes / 2**20:.3g} MiB")
    return data if file.page is None else _page(data, file.page, limits)


def _page(data: bytes, number: int, limits: InputLimits) -> bytes:
    """A page of a PDF as a picture's bytes."""
    import pypdfium2  # noqa: F401 - loaded before memory is bounded

    from pipeline.core.pdf import PdfFaultError, picture_of

    try:
        return picture_of(data, number, lambda size: memory_for(size, limits))
    except PdfFaultError as error:
        raise UnreadableError(str(error)) from error
    except MemoryError as error:
        raise UnreadableError(_TOO_MUCH_MEMORY) from error


def decode_picture(data: bytes, limits: InputLimits, longest: int | None = None) -> Photo:
    """Decode one picture.

    Args:
        data: The file.
        limits: On pixels.
        longest: The longer side that is enough: a JPEG of at least twice that is decoded at a
            half, a quarter or an eighth of its size, in a fraction of the time. None for all.

    Raises:
        UnreadableError: With the decoder's own reason: not a picture, truncated; or it has too many
            pixels or scans, or would take too much memory.
    """
    PillowFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; pixels decide here
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _decode(image, data, limits, longest)
    except UnidentifiedImageError as error:
        raise UnreadableError("not a picture in a known format") from error
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise UnreadableError(_known(_reason(error))) from error
    except MemoryError as error:
        raise UnreadableError(_TOO_MUCH_MEMORY) from error
    except (
        struct.error,
        ArithmeticError,
        LookupError,
        TypeError,
        RuntimeError,
        cv2.error,
    ) as error:
        # Decoders raise these on crafted or damaged headers.
        raise UnreadableError(f"{_FAILED}{_reason(error)}") from error


def _decode(image: Image.Image, data: bytes, limits: InputLimits, longest: int | None) -> Photo:
    megapixels = image.width * image.height / 1e6
    if megapixels > limits.max_megapixels:
        raise UnreadableError(
            f"{image.width} x {image.height} pixels, more than {limits.max_megapixels:g} megapixels"
        )
    jpeg = image.format in _JPEG
    if jpeg and scans_of(data, limits.max_scans) > limits.max_scans:
        raise UnreadableError("a JPEG in more scans than a photo has")
    size = memory_of(image)
    if size > limits.max_memory_mb * 10**6:
        raise UnreadableError(_TOO_MUCH_MEMORY)
    with memory_for(size, limits):
        return _unpacked(image, data, longest)


def _unpacked(image: Image.Image, data: bytes, longest: int | None) -> Photo:
    """What `decode` gives, of an opened picture that is worth it."""
    stored_format, mode = image.format or "", image.mode
    dpi = image.info.get("dpi", (0.0, 0.0))[0]
    # Pillow turns TIFF while loading, pillow-heif turns HEIC; both drop the tag they obeyed.
    # So the tag is remembered before loading, and what is left of it afterwards is applied.
    found = image.info.get("original_orientation") or _orientation(image)
    taken = _taken(image)
    bgr = _pixels(image, data, longest)
    # Of JPEG images alone; the first table is luma's, in a greyscale file the only one.
    luma_table = tuple(getattr(image, "quantization", {}).get(0, ()))
    return Photo(
        bgr=apply_exif(bgr, _orientation(image)),
        sha256=hashlib.sha256(data).hexdigest(),
        exif_orientation=found if found in range(1, 9) else 1,
        format="JPEG" if stored_format == "MPO" else stored_format,
        mode=mode,
        file_bytes=len(data),
        dpi=float(dpi) if dpi and np.isfinite(float(dpi)) else 0.0,
        luma_table=luma_table,
        taken=taken,
    )


def _pixels(image: Image.Image, data: bytes, longest: int | None) -> Pixels:
    """(H, W, 3) uint8 BGR of an opened picture."""
    if longest is not None and max(image.size) >= 2 * longest:
        scale = longest / max(image.size)
        image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
    elif image.format in _JPEG and image.mode in ("RGB", "L"):
        # What is refused here for the slightest fault is Pillow's to judge, in its words.
        with suppress(ValueError):
            return cast(Pixels, decode_jpeg(data, "BGR"))
    image.load()
    return _to_bgr(image)


def _orientation(image: Image.Image) -> int:
    """The EXIF tag's value 1-8; 1 when it is absent, out of range or the EXIF block is damaged."""
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error):
        return 1
    return int(value) if value in range(1, 9) else 1


def _taken(image: Image.Image) -> str:
    """YYYY-MM-DD of EXIF's DateTimeOriginal; "" where it is absent, damaged or no date."""
    try:
        text = str(image.getexif().get_ifd(_EXIF_IFD).get(_EXIF_TAKEN, ""))
        return datetime.strptime(text[:10], "%Y:%m:%d").date().isoformat()
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error):
        return ""


def _to_bgr(image: Image.Image) -> Pixels:
    """(H, W, 3) uint8 BGR from any Pillow mode; transparency on white, 16 bit scaled to 8."""
    top = _top(image)
    rows = max(1, _AT_ONCE // image.width)
    if image.height <= rows:
        return _strip_to_bgr(image, top)
    bgr = np.empty((image.height, image.width, 3), dtype=np.uint8)
    for y in range(0, image.height, rows):
        strip = image.crop((0, y, image.width, min(y + rows, image.height)))
        bgr[y : y + rows] = _strip_to_bgr(strip, top)
    return bgr


def _top(image: Image.Image) -> float:
    """What white is in a deep picture; 0 in the others."""
    if image.mode == "F":
        brightest = cast(tuple[float, float], image.getextrema())[1]
        return 65535.0 if brightest > 255 else 255.0
    return 65535.0 if image.mode.startswith("I") else 0.0


def _strip_to_bgr(image: Image.Image, top: float) -> Pixels:
    if top:
        deep = np.nan_to_num(np.asarray(image, dtype=np.float64))
        grey = np.clip(deep * 255.0 / top, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    rgb = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    # Forty times faster than copying a reversed view, which NumPy does byte by byte.
    return cast(Pixels, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))


def _archive_fault(error: BaseException) -> str:
    """Why zipfile failed, not in its own words: they quote the name, which may be an ID number."""
    if isinstance(error, KeyError):
        return "it is no longer in the archive"
    if isinstance(error, RuntimeError):
        return "it is encrypted or packed in an unknown way"
    return "it is damaged"


def _known(reason: str) -> str:
    """A decoder's reason as it is where the catalogue has it, else as what a decoder says."""
    known = isinstance(recognised(reason, "value_form", "value"), Said)
    return reason if known or reason in table("value", LOG_LANGUAGE) else f"{_FAILED}{reason}"


def _reason(error: BaseException) -> str:
    first = (str(error) or type(error).__name__).splitlines()[0]
    return first[:160]
