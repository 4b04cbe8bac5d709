"""Files as the run read them, found again, and made into what the registry takes as proof."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.errors import SourceError
from pipeline.core.imagefile import READ_ERRORS, ImageFile
from pipeline.core.policy import InputLimits
from pipeline.core.types import PHOTO, Case
from pipeline.source.files import collect
from pipeline.source.found import NOT_PICTURES, Found, suffix
from pipeline.source.pdf_pages import pages, with_pages
from pipeline.student.decode import UnreadableError, decode_picture, read

# What the registry's notices ask of proofs: JPEG of 20 to 100 KB, whatever a KB is.
LEAST_BYTES, MOST_BYTES = 20 * 1024, 100 * 1000
_QUALITIES = (98, 95, 90, 85, 80, 70, 60)
_LARGEST = 2000  # px, longer side
_SMALLER = 0.8
Source = Literal["as_it_came", "converted", "kept_picture"]


@dataclass(frozen=True, slots=True)
class Original:
    """A student's file that the run used.

    Attributes:
        slot: Of the picture that the store keeps of it: "photo", "idcard", "idcard#2"; each page
            of a PDF has one. "" where that is not known.
        file: Where its bytes are; None where they are not there any more, or others.
    """

    slot: str
    delivered: Delivered
    file: ImageFile | None


def originals(case: Case, limits: InputLimits) -> list[Original]:
    """The files in use of a student: the photo, then references in the order of their slots."""
    used = [f for f in case.files if f.fate is Fate.USED]
    found = []
    seen: dict[str, int] = {}
    lost: set[str] = set()
    for one in sorted(used, key=lambda f: f.kind != PHOTO):
        file = _again(one, limits)
        for page in _pictures(one.name, file) if file else [None]:
            number = seen[one.kind] = seen.get(one.kind, 0) + 1
            slot = one.kind if number == 1 else f"{one.kind}#{number}"
            found.append(Original("" if one.kind in lost else slot, one, page))
        if file is None and suffix(one.name) == ".pdf":
            lost.add(one.kind)  # nobody knows how many pages, and so slots, it had
    return found


def _pictures(name: str, file: ImageFile) -> list[ImageFile]:
    """The file, or each page of one that is a PDF."""
    if suffix(name) != ".pdf":
        return [file]
    (found,) = with_pages([Found(name, reason=NOT_PICTURES, content=file)])
    return pages(file, found.pages)


def _again(one: Delivered, limits: InputLimits) -> ImageFile | None:
    """The file of a delivery, if it still lies there with the same bytes."""
    for file in _candidates(one):
        try:
            if not one.sha256 or file.sha256(limits.max_bytes) == one.sha256:
                return file
        except READ_ERRORS:
            continue
    return None


def _candidates(one: Delivered) -> Iterator[ImageFile]:
    path = Path(one.path)
    if path.is_file():
        yield ImageFile(path)
        return
    archive = next((p for p in path.parents if p.is_file()), None)
    if archive is None:
        return
    inside = path.relative_to(archive).as_posix()
    try:
        members = collect([archive]).found
    except SourceError:
        return
    yield from (f.content for f in members if f.content is not None and f.name == inside)


def proof_of(
    file: ImageFile | None, kept: bytes | None, limits: InputLimits
) -> tuple[bytes, Source] | None:
    """A file as the registry takes it: its own bytes where they are so, else made anew from it.

    Args:
        file: Of the proof; None where it is gone.
        kept: The picture that the store keeps of it, which then takes its place.
        limits: On what is decoded.

    Returns:
        JPEG of `LEAST_BYTES` to `MOST_BYTES`, upright as far as the file says, and what it was made
        of; None where there is neither file nor picture.
    """
    if file is not None:
        try:
            data = read(file, limits)
            photo = decode_picture(data, limits)
        except UnreadableError:
            return None
        plain = photo.format == "JPEG" and photo.exif_orientation == 1
        if plain and LEAST_BYTES <= len(data) <= MOST_BYTES:
            return data, "as_it_came"
        return _fitting(Image.fromarray(np.ascontiguousarray(photo.bgr[:, :, ::-1]))), "converted"
    if kept is None:
        return None
    with Image.open(io.BytesIO(kept)) as picture:
        return _fitting(picture.convert("RGB")), "kept_picture"


def _fitting(picture: Image.Image) -> bytes:
    """A JPEG of the wanted size in bytes: as good as it may be, fewer pixels where it must be.

    One that is too small even at its best is filled up behind a comment, which no pixel notices.
    """
    fitted = picture.copy()
    fitted.thumbnail((_LARGEST, _LARGEST))
    while True:
        for quality in _QUALITIES:
            if len(data := _jpeg(fitted, quality)) <= MOST_BYTES:
                return data if len(data) >= LEAST_BYTES else _jpeg(fitted, quality, LEAST_BYTES)
        by = min(_SMALLER, (MOST_BYTES / len(data)) ** 0.5)
        fitted.thumbnail((round(fitted.width * by), round(fitted.height * by)))


def _jpeg(picture: Image.Image, quality: int, fill: int = 0) -> bytes:
    out = io.BytesIO()
    options: dict[str, Any] = {"comment": b" " * fill} if fill else {}
    picture.save(out, "JPEG", quality=quality, subsampling=0 if quality > 90 else 2, **options)
    return out.getvalue()
