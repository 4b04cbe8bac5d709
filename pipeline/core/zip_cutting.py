"""A zip archive written anew without some of its members; the others' bytes are copied as they are.

Nothing is unpacked, so that names in whatever encoding, methods and encryption stay, and memory is
a directory's. What lies between members, and the archive's comment, is left out.
"""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from pipeline.core.zip_directory import (
    END,
    END_64,
    ENTRY,
    IN_ZIP64,
    LOCAL_BYTES,
    LOCATOR,
    OVERLAPPING,
    ZIP64,
    Entry,
    TooManyEntriesError,
    entry_of,
    place_of,
    records,
)

_BLOCK = 2**20
_DESCRIBED = 0x8  # sizes and checksum follow the content (4.3.9)


def cut(source: BinaryIO, target: BinaryIO, names: Collection[str], most: int) -> tuple[int, int]:
    """Copy an archive without members.

    Args:
        source: The archive, an open regular file.
        target: An empty file.
        names: Of those that are left out, as `Entry.name` has them; all of one name are.
        most: Members at most.

    Returns:
        How many were left out, and how many remain.

    Raises:
        zipfile.BadZipFile: It is no zip archive, or a member is not where and what it is said to
            be.
        TooManyEntriesError: It has more members.
        OSError: It cannot be read, or the target not be written.
    """
    size = source.seek(0, os.SEEK_END)
    start, length, shift = place_of(source, size)
    gone, directory = 0, list[bytes]()
    every = list(_upto(most, records(source, start, length)))
    for told, body in every:
        entry = entry_of(told, body, start, shift)
        if entry.fault:
            raise zipfile.BadZipFile(entry.fault)
        if entry.name in names:
            gone += 1
            continue
        at = target.tell()
        if at > size:  # a bomb: members that share their bytes
            raise zipfile.BadZipFile(OVERLAPPING)
        _copy(source, target, entry)
        directory.append(_moved(told, body, at))
    begins = target.tell()
    target.writelines(directory)
    target.write(_end(len(directory), target.tell() - begins, begins))
    return gone, len(directory)


def _upto(most: int, found: Iterator[Any]) -> Iterator[Any]:
    for number, one in enumerate(found, 1):
        if number > most:
            raise TooManyEntriesError
        yield one


def _copy(source: BinaryIO, target: BinaryIO, entry: Entry) -> None:
    """A member's own header, its content as packed, and what may follow it."""
    source.seek(entry.offset)
    head = source.read(LOCAL_BYTES)
    if len(head) < LOCAL_BYTES or head[:4] != b"PK\3\4":
        raise zipfile.BadZipFile("a member is not where it is said to be")
    (flags,) = struct.unpack_from("<H", head, 6)
    name, extra = struct.unpack_from("<HH", head, LOCAL_BYTES - 4)
    fields = source.read(name + extra)
    if fields[:name] != entry.raw:
        raise zipfile.BadZipFile("a member has two names")
    target.write(head + fields)
    left = entry.packed
    while left:
        piece = source.read(min(left, _BLOCK))
        if not piece:
            raise zipfile.BadZipFile("a member is cut off")
        target.write(piece)
        left -= len(piece)
    if flags & _DESCRIBED:
        target.write(_described(source.read(24), entry))


def _described(behind: bytes, entry: Entry) -> bytes:
    """The descriptor behind a member's content, which may have a mark, and wide sizes."""
    for mark in (b"PK\7\10", b""):
        for form in ("<LLL", "<LQQ"):
            if form == "<LQQ" or max(entry.packed, entry.size) < IN_ZIP64:
                told = mark + struct.pack(form, entry.crc, entry.packed, entry.size)
                if behind.startswith(told):
                    return told
    raise zipfile.BadZipFile("what follows a member is not about it")


def _moved(told: tuple[Any, ...], body: bytes, at: int) -> bytes:
    """An entry of the directory whose member lies elsewhere now."""
    if told[18] != IN_ZIP64:
        if at >= IN_ZIP64:
            raise zipfile.BadZipFile("a member would lie where its entry cannot say")
        return ENTRY.pack(*told[:18], at) + body
    place, end = told[12], told[12] + told[13]
    while place + 4 <= end:
        kind, length = struct.unpack_from("<HH", body, place)
        if kind == ZIP64:
            before = 8 * [*told[10:12]].count(IN_ZIP64)
            if before + 8 > length:
                break
            place += 4 + before
            return ENTRY.pack(*told) + body[:place] + struct.pack("<Q", at) + body[place + 8 :]
        place += 4 + length
    raise zipfile.BadZipFile("its directory is damaged")


def _end(count: int, length: int, start: int) -> bytes:
    """What stands behind a directory."""
    if count < 0xFFFF and max(length, start) < IN_ZIP64:
        return END.pack(b"PK\5\6", 0, 0, count, count, length, start, 0)
    wide = END_64.pack(b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
    locator = LOCATOR.pack(b"PK\6\7", 0, start + length, 1)
    return wide + locator + END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, IN_ZIP64, IN_ZIP64, 0)
