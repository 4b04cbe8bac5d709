"""Bytes of an upload as they come: appended at the place where they belong, by one writer."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class OtherOffsetError(Exception):
    """The part is longer or shorter than the sender believes.

    Attributes:
        offset: Where to go on.
    """

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Part:
    """An open part. The newest writer has it: one whose line went dead would hold it for ever.

    Args:
        path: The part's file, which is there.
    """

    _writers: dict[Path, Part] = {}  # noqa: RUF012 - all parts of this process share it
    _taking = threading.Lock()

    def __init__(self, path: Path) -> None:
        self._path, self._turn, self._shut, self._file = path, threading.Lock(), False, -1

    def __enter__(self) -> Self:
        with self._taking:
            before = self._writers.get(self._path)
            self._writers[self._path] = self
        if before:
            before.shut()
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        return self

    @property
    def offset(self) -> int:
        """How many bytes are there."""
        return os.fstat(self._file).st_size

    def at(self, offset: int) -> None:
        """See that the next byte belongs at this place.

        Raises:
            OtherOffsetError: It does not.
        """
        if (there := self.offset) != offset:
            raise OtherOffsetError(there)

    def write(self, data: bytes | bytearray) -> None:
        """Append.

        Raises:
            OtherOffsetError: A newer sender has taken the part over.
            OSError: The disk is full.
        """
        with self._turn:
            if self._shut:
                raise OtherOffsetError(self._path.stat().st_size if self._path.exists() else 0)
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]

    def keep(self) -> None:
        """See that what was written is on the disk."""
        os.fsync(self._file)

    def shut(self) -> None:
        """Let nothing more in."""
        with self._turn:
            self._shut = True

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.shut()
        with self._taking:
            if self._writers.get(self._path) is self:
                del self._writers[self._path]
        os.close(self._file)
