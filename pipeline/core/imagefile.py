"""Where a picture's bytes are: a plain file, or a member of a zip that is read in place."""

from __future__ import annotations

import errno
import hashlib
import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from pipeline.core.zip_directory import Directory, TooManyEntriesError, open_member

# What pictures are called, lower case.
PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".gif"}
    | {".tif", ".tiff", ".heic", ".heif"}
)

# Far above any cohort's; below what harms a machine.
MAX_MEMBERS = 200_000
_BLOCK = 2**20
_NO_FILE = "it is a pipe or a device, not a file"

# What `ImageFile.read_bytes` can raise: the file vanished or is not readable; the archive member
# is damaged, cut off, gone, encrypted or packed in an unknown way.
READ_ERRORS = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    KeyError,
    RuntimeError,
    ValueError,
    OverflowError,
    TooManyEntriesError,
)


def open_regular(path: Path) -> BinaryIO:
    """A file opened for reading, if it is one: opening a pipe would wait for its writer.

    Raises:
        OSError: It cannot be opened, or is no regular file.
    """
    return os.fdopen(_descriptor(path), "rb")


def _descriptor(path: Path) -> int:
    flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, os.O_RDONLY | flags)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, _NO_FILE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


Stamp = tuple[int, int, int, int]


def stamp_of(status: os.stat_result) -> Stamp:
    """Size, time of change of content and of file (ns since 1970), and place on the disk.

    The second time cannot be set back, as the first can.
    """
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


# Directories of the archives used last, by path: reading that of 20,000 members anew takes 0.1 s a
# picture.
_directories: OrderedDict[Path, tuple[Stamp, Directory]] = OrderedDict()
_KEPT = 8


# Archives that lie in archives, unpacked into memory: those used last, by path and members.
_nested: OrderedDict[tuple[Path, tuple[str, ...]], tuple[Stamp, bytes, Directory]] = OrderedDict()
_KEPT_NESTED = 2
# As large as a class's photos as the camera made them.
MAX_NESTED_BYTES = 256 << 20


@contextmanager
def opened_archive(
    path: Path, inside: tuple[str, ...] = ()
) -> Iterator[tuple[BinaryIO, Directory]]:
    """A zip archive, or one that lies in it: its bytes, and its directory.

    Args:
        path: Of the outermost archive.
        inside: Members that are archives themselves, from the outermost to the one wanted.

    Raises:
        READ_ERRORS: If it cannot be read, or is far too large.
    """
    if not inside:
        with open_regular(path) as file:
            yield file, _directory(path, file)
        return
    stamp = stamp_of(path.stat())
    known = _nested.pop((path, inside), None)
    if known is None or known[0] != stamp:
        with opened_archive(path, inside[:-1]) as (around, directory):
            data = bytearray()
            for piece in open_member(around, directory.bytes, directory.entries[inside[-1]]):
                data += piece
                if len(data) > MAX_NESTED_BYTES:
                    raise zipfile.BadZipFile("an archive inside it unpacks to too much")
        content = bytes(data)
        known = stamp, content, Directory.of(io.BytesIO(content), MAX_MEMBERS)
    _nested[path, inside] = known
    while len(_nested) > _KEPT_NESTED:
        _nested.popitem(last=False)
    yield io.BytesIO(known[1]), known[2]


def _directory(path: Path, file: BinaryIO) -> Directory:
    """The directory of an archive that is open."""
    stamp = stamp_of(os.fstat(file.fileno()))
    known = _directories.pop(path, None)
    if known is None or known[0] != stamp:
        known = stamp, Directory.of(file, MAX_MEMBERS)
    _directories[path] = known
    while len(_directories) > _KEPT:
        _directories.popitem(last=False)
    return known[1]


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A picture on disk: a plain file, or one member of a zip archive (never extracted).

    Attributes:
        inside: Members that are archives themselves and lead to `member`, outermost first.
        page: Of a PDF, from 0, which is the picture (`pipeline.core.pdf`); None for other files
            and for a PDF as a whole. The bytes are those of the file.
        carried: The bytes themselves, or what reading them came to, where the file has left for a
            machine that does not see `path` (`carrying`).
    """

    path: Path
    member: str | None = None
    member_name: str = ""
    inside: tuple[str, ...] = ()
    page: int | None = None
    carried: bytes | Exception | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """File name for people: decoded member name, or the path's last part."""
        return (self.member_name or self.member or self.path.name).rsplit("/", 1)[-1]

    def read_bytes(self, limit: int) -> bytes:
        """At most `limit` + 1 bytes of content, so that the caller can tell "too large".

        Raises:
            READ_ERRORS: If it has vanished, cannot be read, is no regular file, or is a damaged
                archive member.
        """
        return b"".join(self._pieces(limit))

    def sha256(self, limit: int) -> str:
        """sha256 of the first `limit` + 1 bytes, which are never in memory together.

        Raises:
            READ_ERRORS: As `read_bytes`.
        """
        digest = hashlib.sha256()
        for piece in self._pieces(limit):
            digest.update(piece)
        return digest.hexdigest()

    def carrying(self, limit: int) -> ImageFile:
        """The same picture with its bytes, at most `limit` + 1; for whoever reads it, no other."""
        try:
            return replace(self, carried=self.read_bytes(limit))
        except READ_ERRORS as error:
            return replace(self, carried=error)

    def _pieces(self, limit: int) -> Iterator[bytes]:
        left = limit + 1
        for piece in self._whole():
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    def _whole(self) -> Iterator[bytes]:
        if isinstance(self.carried, Exception):
            raise self.carried
        if self.carried is not None:
            yield self.carried
            return
        if self.member is not None:
            with opened_archive(self.path, self.inside) as (archive, directory):
                yield from open_member(archive, directory.bytes, directory.entries[self.member])
            return
        descriptor = _descriptor(self.path)  # a file object would take longer than a small file
        try:
            while piece := os.read(descriptor, _BLOCK):
                yield piece
        finally:
            os.close(descriptor)
