"""Pictures in zip archives: listed, judged by what the archive declares, never extracted."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.core import imagefile
from pipeline.core.errors import SourceError
from pipeline.core.imagefile import READ_ERRORS, opened_archive
from pipeline.core.privacy import masked
from pipeline.core.types import ImageFile
from pipeline.core.zip_directory import LYING_NAME, Entry, TooManyEntriesError
from pipeline.source.found import (
    ARCHIVES,
    JUNK,
    NOT_PICTURES,
    PICTURES,
    UNUSABLE,
    Found,
    is_junk,
    suffix,
)

# Far above any graduation photo (20-40 KB) and any camera file; below what harms a machine.
MAX_MEMBER_BYTES = 64 * 1024 * 1024
# Deflate reaches about 1000:1 on nothing but zeros; pictures, even blank bitmaps of a usual size,
# stay below these two.
MAX_RATIO = 200
RATIO_FROM_BYTES = 1024 * 1024
# Many small members may be tight, and an archive as a whole still not be; from this sum on it is
# held to the same ratio.
SUM_FROM_BYTES = 2**30

MAX_DEPTH = 3  # archives inside archives
NESTED = "archives inside too many archives"

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_UNICODE_PATH = 0x7075
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
# Two bytes in UTF-8 (Latin, Greek, Arabic): what pairs of GBK bytes can pass for.
_TWO_BYTES = re.compile("[\u0080-\u07ff]")
_DRIVE = re.compile(r"[A-Za-z]:")


def search_archive(path: Path, inside: tuple[str, ...] = (), below: str = "") -> Iterator[Found]:
    """Every member of a zip archive and of those in it, no folders; a bad one has its reason.

    Args:
        path: Of the outermost archive.
        inside: Members that lead to the archive to search, outermost first.
        below: What stands in front of every name.

    Raises:
        SourceError: If the file is no zip archive, its directory is damaged, or it holds or unpacks
            to too much.
    """
    where = masked("/".join((str(path), *inside)))
    try:
        with opened_archive(path, inside) as (_, directory):
            pass
    except TooManyEntriesError as error:
        raise SourceError(
            "archive_crowded", where=where, max_members=imagefile.MAX_MEMBERS
        ) from error
    except READ_ERRORS as error:
        raise SourceError("archive_unreadable", where=where) from error
    unpacked = sum(entry.size for entry in directory.entries.values())
    if unpacked > max(SUM_FROM_BYTES, MAX_RATIO * directory.bytes):
        raise SourceError("archive_huge", where=where, unpacked=unpacked / 2**30)
    for entry in directory.overwritten:
        found = _found(path, inside, below, entry)
        yield replace(
            found, picture=None, content=None, reason="overwritten by a later member of that name"
        )
    for entry in directory.entries.values():
        found = _found(path, inside, below, entry)
        if found.name.endswith("/") and not entry.fault:
            continue
        if found.reason == NESTED and len(inside) < MAX_DEPTH:
            yield from _search_nested(path, (*inside, entry.name), found)
        else:
            yield found


def _search_nested(path: Path, inside: tuple[str, ...], archive: Found) -> Iterator[Found]:
    """Members of an archive in an archive; where it cannot be read, itself with the reason."""
    try:
        yield from search_archive(path, inside, f"{archive.name}/")
    except SourceError:
        yield replace(archive, reason=UNUSABLE)


def _found(path: Path, inside: tuple[str, ...], below: str, entry: Entry) -> Found:
    name = _decoded(entry)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if entry.fault:
        name, reason = name.replace("\0", "?"), entry.fault
    elif not _stays_inside(name):
        reason = "their paths lead out of the archive"
    else:
        reason = JUNK if is_junk(parts) else _refusal(entry, name)
    file = ImageFile(path, entry.name, name, inside)
    plain = reason in ("", JUNK, NOT_PICTURES, UNUSABLE) and not _unreadable(entry)
    content = file if plain else None
    picture = None if reason else file
    return Found(below + name, picture, reason, entry.size, _changed(entry.when), content=content)


def _changed(when: int) -> float:
    """A member's time as DOS writes it, which has no zone, in seconds since 1970 here; 0 for none.

    The format: 7 bits of years since 1980, 4 of months, 5 of days; 5 of hours, 6 of minutes, 5 of
    pairs of seconds.
    """
    date, time = when >> 16, when & 0xFFFF
    year = 1980 + (date >> 9)
    try:
        moment = datetime(
            *(year, date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, min(59, 2 * (time & 31)))
        )
        return moment.timestamp() if year > 1980 else 0.0
    except (ValueError, OverflowError, OSError):
        return 0.0


def _decoded(entry: Entry) -> str:
    """The member's name as its author wrote it, with "/" between folders.

    Without the UTF-8 flag, or where it lies, they are, in this order: what the
    Info-ZIP Unicode path field says (APPNOTE.TXT 4.6.9), UTF-8 (macOS sets no flag), GB18030
    (Chinese Windows), cp437.
    """
    name = entry.name
    if not entry.flags & _UTF8_NAME or entry.fault == LYING_NAME:
        name = _unicode_path(entry.extra, entry.raw) or _guessed(entry.raw)
    return name.replace("\\", "/")  # only now: in GBK a backslash can be half a character


def _guessed(raw: bytes) -> str:
    try:
        name = raw.decode("utf-8")
        if not _TWO_BYTES.search(name):
            return name
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in extra field 0x7075, "" without one or when the name was changed after it."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(body) > 5:
            version, checksum = struct.unpack_from("<BI", body)
            if version == 1 and checksum == zlib.crc32(raw):
                return body[5:].decode("utf-8", "replace")
    return ""


def _stays_inside(name: str) -> bool:
    return not name.startswith("/") and not _DRIVE.match(name) and ".." not in name.split("/")


def _refusal(entry: Entry, name: str) -> str:
    """Why a member is left out, "" when it is a picture to use."""
    ending = suffix(name)
    if stat.S_ISLNK(entry.attributes >> 16):
        return "links"
    if ending in ARCHIVES - {".zip"}:
        return UNUSABLE
    if ending not in PICTURES | {".zip", ".pdf"}:
        return NOT_PICTURES
    if reason := _unreadable(entry, large=ending == ".zip"):
        return reason
    return {".zip": NESTED, ".pdf": NOT_PICTURES}.get(ending, "")


def _unreadable(entry: Entry, large: bool = True) -> str:
    """Why a member's bytes are not read, "" when they are.

    Args:
        entry: As the archive's directory has it.
        large: It may be larger than a picture is.
    """
    packed_tightly = entry.size > MAX_RATIO * entry.packed
    checks = {
        "encrypted": bool(entry.flags & _ENCRYPTED),
        "packed by a method that cannot be read": entry.method not in _METHODS,
        f"larger than {MAX_MEMBER_BYTES >> 20} MiB": not large and entry.size > MAX_MEMBER_BYTES,
        "packed too tightly for a photo": packed_tightly and entry.size > RATIO_FROM_BYTES,
    }
    return next((reason for reason, applies in checks.items() if applies), "")
