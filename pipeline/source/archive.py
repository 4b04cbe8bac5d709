"""Pictures in zip archives: listed, judged by what the archive declares, never extracted."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.errors import SourceError
from pipeline.core.imagefile import MAX_MEMBERS, open_regular
from pipeline.core.privacy import masked
from pipeline.core.types import ImageFile
from pipeline.core.zip_directory import LYING_NAME, Directory, Entry, TooManyEntriesError
from pipeline.source.found import ARCHIVES, NOT_PICTURES, PICTURES, Found, is_junk, suffix

# Far above any graduation photo (20-40 KB) and any camera file; below what harms a machine.
MAX_MEMBER_BYTES = 64 * 1024 * 1024
# Deflate reaches about 1000:1 on nothing but zeros; pictures, even blank bitmaps of a usual size,
# stay below these two.
MAX_RATIO = 200
RATIO_FROM_BYTES = 1024 * 1024
# Many small members may be tight, and an archive as a whole still not be; from this sum on it is
# held to the same ratio.
SUM_FROM_BYTES = 2**30

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_UNICODE_PATH = 0x7075
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
# Two bytes in UTF-8 (Latin, Greek, Arabic): what pairs of GBK bytes can pass for.
_TWO_BYTES = re.compile("[\u0080-\u07ff]")
_DRIVE = re.compile(r"[A-Za-z]:")


def search_archive(path: Path) -> Iterator[Found]:
    """Every member of a zip archive but folders and litter; a member that is bad has its reason.

    Raises:
        SourceError: If the file is no zip archive, its directory is damaged, or it holds or unpacks
            to too much.
    """
    try:
        with open_regular(path) as file:
            directory = Directory.of(file, MAX_MEMBERS)
    except TooManyEntriesError as error:
        raise SourceError(
            f"{masked(str(path))} has more members than the {MAX_MEMBERS} that are read.",
            "Split the archive.",
        ) from error
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(
            f"{masked(str(path))} is neither a folder nor a zip archive that can be read.",
            "Unpack it into a folder or pack it again as .zip; .rar and .7z cannot be read.",
        ) from error
    unpacked = sum(entry.size for entry in directory.entries.values())
    if unpacked > max(SUM_FROM_BYTES, MAX_RATIO * directory.bytes):
        raise SourceError(
            f"{masked(str(path))} says that it unpacks to {unpacked / 2**30:.0f} GiB: too much"
            " for photos.",
            "Ask for the archive anew; pack photos as they are.",
        )
    for raw, entry in directory.entries.items():
        name = _decoded(entry)
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if name.endswith("/") and not entry.fault:
            continue
        if entry.fault:
            yield Found(name.replace("\0", "?"), reason=entry.fault)
        elif not _stays_inside(name):
            yield Found(name, reason="their paths lead out of the archive")
        elif not is_junk(parts):
            reason = _refusal(entry, name)
            yield Found(name, None if reason else ImageFile(path, raw, name), reason)


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
    packed_tightly = entry.size > MAX_RATIO * entry.packed
    checks = {
        "links": stat.S_ISLNK(entry.attributes >> 16),
        "archives inside an archive": suffix(name) in ARCHIVES,
        NOT_PICTURES: suffix(name) not in PICTURES,
        "encrypted": bool(entry.flags & _ENCRYPTED),
        "packed by a method that cannot be read": entry.method not in _METHODS,
        f"larger than {MAX_MEMBER_BYTES >> 20} MiB": entry.size > MAX_MEMBER_BYTES,
        "packed too tightly for a photo": packed_tightly and entry.size > RATIO_FROM_BYTES,
    }
    return next((reason for reason, applies in checks.items() if applies), "")
