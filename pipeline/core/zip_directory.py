"""What a zip archive says it holds, read without believing it.

Python's reader takes a directory as a whole: one entry with a wrong name or place and no member can
be had. Here each entry is judged by itself, before a byte of any member is read, and a member is
opened through Python's reader by a directory that names it alone.

The format is PKWARE's APPNOTE.TXT 6.3: 4.3.6 the whole, 4.3.12 an entry, 4.3.14 and 4.3.16 its end.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, BinaryIO

_UTF8_NAME = 0x800
_MOST_NAMED = 2**16 - 1
END = struct.Struct("<4s4H2LH")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR = struct.Struct("<4sLQL")
ENTRY = struct.Struct("<4s4B4HL2L5H2L")
LOCAL_BYTES = 30  # of a member's own header without name and extra fields
_LARGEST_WINDOW = 2**26  # the largest that packers offer by name
ZIP64, IN_ZIP64 = 1, 0xFFFFFFFF

# Why an entry cannot be used.
LYING_NAME = "names that are not the UTF-8 they claim to be"
BAD_NAME = "names that are empty or hold a NUL character"
OUTSIDE = "members that lie outside the archive"
OVERLAPPING = "members that overlap one another"


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as the directory tells of it.

    Attributes:
        raw: Its name's bytes.
        packed: Bytes in the archive.
        size: Bytes unpacked, as declared.
        offset: Where its own header begins in the file.
        attributes: The external ones, of which the upper half is a Unix mode.
        when: Date and time of the last change as DOS writes them, the date in the upper half.
        fault: Why it cannot be used; "" of a good one.
    """

    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int
    extra: bytes
    when: int = 0
    fault: str = ""

    @property
    def name(self) -> str:
        """As Python's reader names it: UTF-8 by the flag, else code page 437; so where it lies."""
        if self.flags & _UTF8_NAME:
            with suppress(UnicodeDecodeError):
                return self.raw.decode("utf-8")
        return self.raw.decode("cp437")


@dataclass(frozen=True, slots=True)
class Directory:
    """The entries of one archive, by name; of several with one name the last, as readers do.

    Attributes:
        bytes: Size of the archive's file.
        overwritten: Entries whose name a later one has.
    """

    entries: dict[str, Entry]
    bytes: int
    overwritten: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, file: BinaryIO, most: int) -> Directory:
        """Read the directory at the end of an archive.

        Args:
            file: The archive, an open regular file.
            most: Entries at most.

        Raises:
            TooManyEntriesError: There are more.
            zipfile.BadZipFile: It is no zip archive, or its directory is damaged.
            OSError: It cannot be read.
        """
        size = file.seek(0, os.SEEK_END)
        start, length, shift = place_of(file, size)
        found = list(_entries(file, start, length, shift, most))
        apart = _apart(found)
        last = {entry.name: entry for entry in apart}
        return cls(last, size, tuple(e for e in apart if last[e.name] is not e))


class TooManyEntriesError(Exception):
    """An archive has more entries than anybody wants read."""


def open_member(archive: BinaryIO, size: int, entry: Entry) -> Iterator[bytes]:
    """A member's content, piece by piece.

    Args:
        archive: The file.
        size: Its bytes.
        entry: Without fault.

    Raises:
        READ_ERRORS: Of `pipeline.core.imagefile`.
    """
    if entry.fault:
        raise zipfile.BadZipFile(entry.fault)
    if entry.method == zipfile.ZIP_LZMA:
        _refuse_large_window(archive, entry)
    with (
        zipfile.ZipFile(_Alone(archive, size, entry)) as one,
        one.open(one.infolist()[0]) as member,
    ):
        while piece := member.read(2**20):
            yield piece


def _refuse_large_window(archive: BinaryIO, entry: Entry) -> None:
    """LZMA's decoder sets aside what five bytes before the content ask for, up to 4 GiB (5.8.8)."""
    archive.seek(entry.offset)
    name, extra = struct.unpack_from("<HH", archive.read(LOCAL_BYTES), LOCAL_BYTES - 4)
    archive.seek(entry.offset + LOCAL_BYTES + name + extra + 5)
    if int.from_bytes(archive.read(4), "little") > _LARGEST_WINDOW:
        raise zipfile.BadZipFile("it asks for too much memory")


def place_of(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Where the directory begins, its length, and how far offsets are off by what lies before."""
    tail_at = max(0, size - END.size - _MOST_NAMED)
    file.seek(tail_at)
    tail = file.read(size - tail_at)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < END.size:
        raise zipfile.BadZipFile("no zip archive, or cut off")
    _, disk, _, _, _, length, offset, _ = END.unpack_from(tail, at)
    end = tail_at + at
    if end >= LOCATOR.size + END_64.size:
        file.seek(end - LOCATOR.size)
        if file.read(4) == b"PK\6\7":
            end -= LOCATOR.size + END_64.size
            file.seek(end)
            told = END_64.unpack(file.read(END_64.size))
            if told[0] != b"PK\6\6":
                raise zipfile.BadZipFile("its directory is damaged")
            disk, length, offset = told[4], told[8], told[9]
    start = end - length
    if disk or start < 0 or offset > start:
        raise zipfile.BadZipFile("its directory is damaged")
    return start, length, start - offset


def _entries(file: BinaryIO, start: int, length: int, shift: int, most: int) -> Iterator[Entry]:
    """Every entry, judged by itself."""
    for number, (told, body) in enumerate(records(file, start, length), 1):
        if number > most:
            raise TooManyEntriesError
        yield entry_of(told, body, start, shift)


def records(file: BinaryIO, start: int, length: int) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    """Every entry as it stands there: the fields of `ENTRY`; name, extra fields and comment."""
    file.seek(start)
    while length > 0:
        header = file.read(ENTRY.size)
        if len(header) < ENTRY.size or header[:4] != b"PK\1\2":
            raise zipfile.BadZipFile("its directory is damaged")
        told = ENTRY.unpack(header)
        body = file.read(sum(told[12:15]))
        if len(body) < sum(told[12:15]):
            raise zipfile.BadZipFile("its directory is damaged")
        length -= len(header) + len(body)
        yield told, body


def entry_of(told: tuple[Any, ...], body: bytes, directory: int, shift: int) -> Entry:
    """What `records` gives, understood.

    Args:
        told: The fields.
        body: What follows them.
        directory: Where the directory begins.
        shift: How far offsets are off.
    """
    flags, method = told[5:7]
    crc, packed, size = told[9:12]
    raw, extra = body[: told[12]], body[told[12] : told[12] + told[13]]
    size, packed, offset = _large(extra, size, packed, told[18])
    when = told[8] << 16 | told[7]
    entry = Entry(raw, flags, method, crc, packed, size, offset + shift, told[17], extra, when)
    return replace(entry, fault=_fault(entry, directory))


def _large(extra: bytes, *fields: int) -> list[int]:
    """Size, packed size and offset, those of 4 GiB and more from the zip64 field (4.5.3)."""
    wide = b""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == ZIP64:
            wide = extra[4 : 4 + length]
            break
        extra = extra[4 + length :]
    found = []
    for field in fields:
        if field == IN_ZIP64 and len(wide) >= 8:
            field, wide = int.from_bytes(wide[:8], "little"), wide[8:]
        found.append(field)
    return found


def _fault(entry: Entry, directory: int) -> str:
    if not entry.raw or b"\0" in entry.raw:
        return BAD_NAME
    if entry.flags & _UTF8_NAME:
        try:
            entry.raw.decode("utf-8")
        except UnicodeDecodeError:
            return LYING_NAME
    if _least_end(entry) > directory:
        return OUTSIDE
    return ""


def _least_end(entry: Entry) -> int:
    """Where a member's content ends at the earliest; its own header may have longer fields."""
    return entry.offset + LOCAL_BYTES + len(entry.raw) + entry.packed


def _apart(entries: list[Entry]) -> list[Entry]:
    """The entries in their order; those that reach into the next one's place have a fault."""
    order = sorted(range(len(entries)), key=lambda place: entries[place].offset)
    for place, following in pairwise(order):
        entry = entries[place]
        if not entry.fault and _least_end(entry) > entries[following].offset:
            entries[place] = replace(entry, fault=OVERLAPPING)
    return entries


class _Alone(io.RawIOBase):
    """An archive's file as one with a directory of a single entry behind it."""

    def __init__(self, archive: BinaryIO, size: int, entry: Entry) -> None:
        self._archive, self._size, self._tail, self._at = archive, size, _tail(entry, size), 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = (0, self._at, self._size + len(self._tail))[whence]
        if base + offset < 0:
            raise OSError(22, os.strerror(22))
        self._at = base + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._at < self._size:
            self._archive.seek(self._at)
            piece = self._archive.read(min(len(buffer), self._size - self._at))
        else:
            behind = self._at - self._size
            piece = self._tail[behind : behind + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _tail(entry: Entry, size: int) -> bytes:
    """A directory that begins at `size` and names one member."""
    wide = struct.pack("<HHQQQ", ZIP64, 24, entry.size, entry.packed, entry.offset)
    header = ENTRY.pack(
        *(b"PK\1\2", 45, 3, 45, 0, entry.flags, entry.method, 0, 0x21, entry.crc),
        *(IN_ZIP64, IN_ZIP64, len(entry.raw), len(wide), 0, 0, 0, 0, IN_ZIP64),
    )
    directory = header + entry.raw + wide
    end = END_64.pack(b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), size)
    locator = LOCATOR.pack(b"PK\6\7", 0, size + len(directory), 1)
    return directory + end + locator + END.pack(b"PK\5\6", 0, 0, 1, 1, IN_ZIP64, IN_ZIP64, 0)
