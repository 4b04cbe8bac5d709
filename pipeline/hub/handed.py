"""The one picture that a call brings, in a form or as the body: read into memory, no further."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

PICTURE = "picture"  # the field of a form that holds it
WORDS = ("profile", "cohort")  # what a call may say besides, in the form or the address
SLOWEST_S = 60  # for a body to come in: others wait for the place
_AROUND = 16 * 1024  # bytes of a form beside its picture
_LONGEST_WORD = 200


class NotHandedError(Exception):
    """There is no picture to look at: `status` and the key of `[api_error]` say why."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


@dataclass(frozen=True, slots=True)
class Handed:
    """A picture and what is said of it."""

    picture: bytes
    name: str
    profile: str
    cohort: str


async def handed(request: Request, most: int) -> Handed:
    """Read the picture of a call.

    Args:
        request: Its body is not read yet.
        most: Bytes that a picture may have.

    Raises:
        NotHandedError: It is too large, comes too slowly, or is none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = kind == "multipart/form-data"
    if not (form or kind in ("", "application/octet-stream") or kind.startswith("image/")):
        raise NotHandedError(415, "wrong_kind")
    limit = most + (_AROUND if form else 0)
    if _announced(request) > limit:
        raise NotHandedError(413, "too_large")
    try:
        async with asyncio.timeout(SLOWEST_S):
            body = await _body(request, limit)
    except TimeoutError:
        raise NotHandedError(408, "too_slow") from None
    except ClientDisconnect:
        raise NotHandedError(400, "gone") from None
    said = {word: request.query_params.get(word, "") for word in WORDS}
    picture, name = body, ""
    if form:
        picture, name, in_form = await _parted(request, body, limit)
        said |= in_form
    if len(picture) > most:
        raise NotHandedError(413, "too_large")
    if not picture:
        raise NotHandedError(422, "no_picture")
    return Handed(picture, name, said["profile"], said["cohort"])


def _announced(request: Request) -> int:
    """The length that a call says its body has; 0 where it says none."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


async def _body(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise NotHandedError(413, "too_large")
    return bytes(body)


async def _parted(request: Request, body: bytes, limit: int) -> tuple[bytes, str, dict[str, str]]:
    """Picture, its name and the words of a form."""

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        request.headers, once(), max_files=1, max_fields=len(WORDS), max_part_size=_LONGEST_WORD
    )
    parser.spool_max_size = limit + 1  # or it would write what is larger to the disk
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, LookupError):  # a charset may be anything
        raise NotHandedError(422, "misunderstood") from None
    try:
        file = form.get(PICTURE)
        words = {word: value for word in WORDS if isinstance(value := form.get(word), str)}
        if not isinstance(file, UploadFile):
            return b"", "", words
        name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
        return await file.read(), name[:_LONGEST_WORD], words
    finally:
        await form.close()
