"""Where a picture's bytes are: a plain file, or a member of a zip that is read in place."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

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
)


@lru_cache(maxsize=8)
def _opened(path: Path, _changed_ns: int) -> zipfile.ZipFile:
    """An archive kept open: reading the directory of 20,000 members anew takes 0.1 s a picture."""
    return zipfile.ZipFile(path)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A picture on disk: a plain file, or one member of a zip archive (never extracted)."""

    path: Path
    member: str | None = None
    member_name: str = ""

    @property
    def name(self) -> str:
        """File name for people: decoded member name, or the path's last part."""
        return (self.member_name or self.member or self.path.name).rsplit("/", 1)[-1]

    def read_bytes(self, limit: int) -> bytes:
        """At most `limit` + 1 bytes of content, so that the caller can tell "too large".

        Raises:
            READ_ERRORS: If it has vanished, cannot be read, or is a damaged archive member.
        """
        if self.member is None:
            with self.path.open("rb") as plain:
                # As much memory as is asked for is set aside, so no more than the file needs.
                return plain.read(min(limit, os.fstat(plain.fileno()).st_size) + 1)
        archive = _opened(self.path, self.path.stat().st_mtime_ns)
        with archive.open(self.member) as packed:
            return packed.read(limit + 1)
