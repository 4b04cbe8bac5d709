"""What files contain, told by their sha256; a file that has not changed is not read again."""

from __future__ import annotations

import hashlib
import time
from typing import NamedTuple, Protocol

from pipeline.core.imagefile import READ_ERRORS, stamp_of
from pipeline.core.types import ImageFile

# A file changed this shortly before it was hashed may be changed again without its time telling.
_GRAIN_NS = 2_000_000_000
_DAY_S = 86400


class Known(NamedTuple):
    """What is remembered of one file.

    Attributes:
        stamp: Size, times and place when it was hashed, as text.
        read_at: Seconds since 1970 when that was.
    """

    stamp: str
    sha256: str
    read_at: int


class Memory(Protocol):
    """What is remembered of files (`store.known_files`)."""

    def before(self, place: str) -> tuple[str, str, int] | None:
        """What an earlier run has kept, as `Known`."""

    def told(self, place: str, at_most: int) -> str | None:
        """What this run has told already."""

    def tell(self, place: str, at_most: int, word: str, hashed: Known | None) -> None:
        """Remember what is told, and what the next run is to know."""


class Contents:
    """sha256 of files, remembered from run to run by size, times and place on the disk.

    Each night reads a share of them again, so that in `reread_days` all have been: a disk that
    decays and a program that sets everything back are noticed.

    Args:
        memory: What is remembered of files, from run to run and within this one.
        limit: Bytes; of a larger file the size alone counts, because nobody will look at it.
        reread_days: 0 reads every file again.
        now: Seconds since 1970; for tests.
    """

    def __init__(
        self, memory: Memory, limit: int, reread_days: int, now: float | None = None
    ) -> None:
        self._memory, self._limit, self._days = memory, limit, reread_days
        self._now = time.time() if now is None else now

    def of(self, file: ImageFile | None, limit: int = 0) -> str:
        """The content's sha256; a file that cannot be read has a word of its own, no file "".

        Args:
            file: Read once, however often it is asked for; a page of a PDF counts as the whole.
            limit: Bytes, where not that of all files.
        """
        if file is None:
            return ""
        place, limit = _place(file), limit or self._limit
        told = self._memory.told(place, limit)
        if told is None:
            told, hashed = self._of(file, place, limit)
            self._memory.tell(place, limit, told, hashed)
        return told

    def _of(self, file: ImageFile, place: str, limit: int) -> tuple[str, Known | None]:
        """The word for a file, and what the next run is to know."""
        try:
            size, *times = stamp_of(file.path.stat())
            if file.member is None and size > limit:
                return f"too large: {size}", None
            stamp = ":".join(map(str, (size, *times)))
            before = self._memory.before(place)
            known = Known(*before) if before else None
            if known is None or known.stamp != stamp or self._is_due(place, known):
                known = Known(stamp, file.sha256(limit), int(self._now))
        except READ_ERRORS as error:
            return f"unreadable: {type(error).__name__}", None
        # A time in the future says nothing: the clock has been set since.
        settled = max(times[:2]) < self._now * 10**9 - _GRAIN_NS
        return known.sha256, known if settled else None

    def _is_due(self, place: str, known: Known) -> bool:
        """Whether a file's turn has come, told by its place; one that was passed over is due."""
        if not self._days:
            return True
        age, today = self._now - known.read_at, int(self._now) // _DAY_S
        has_its_day = int(place[:8], 16) % self._days == today % self._days
        return age >= self._days * _DAY_S or (has_its_day and age >= _DAY_S)


def _place(file: ImageFile) -> str:
    """What a file is remembered by; not its name, which may be an ID number."""
    place = "|".join((str(file.path.absolute()), *file.inside, str(file.member)))
    # Names in another encoding than UTF-8 come with surrogates.
    return hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]
