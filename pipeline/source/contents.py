"""What files contain, told by their sha256; a file that has not changed is not read again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import NamedTuple

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


class Contents:
    """sha256 of files, remembered from run to run by size, times and place on the disk.

    Each night reads a share of them again, so that in `reread_days` all have been: a disk that
    decays and a program that sets everything back are noticed.

    Args:
        known: What an earlier run remembered, by `place`.
        limit: Bytes; of a larger file the size alone counts, because nobody will look at it.
        reread_days: 0 reads every file again.
        now: Seconds since 1970; for tests.

    Attributes:
        seen: What the next run is to remember.
    """

    def __init__(
        self,
        known: Mapping[str, tuple[str, str, int]],
        limit: int,
        reread_days: int,
        now: float | None = None,
    ) -> None:
        self._known = {place: Known(*what) for place, what in known.items()}
        self._limit, self._days = limit, reread_days
        self._now = time.time() if now is None else now
        self.seen: dict[str, Known] = {}
        self._told: dict[tuple[str, int], str] = {}

    def of(self, file: ImageFile | None, limit: int = 0) -> str:
        """The content's sha256; a file that cannot be read has a word of its own, no file "".

        Args:
            file: Read once, however often it is asked for; a page of a PDF counts as the whole.
            limit: Bytes, where not that of all files.
        """
        if file is None:
            return ""
        asked = _place(file), limit or self._limit
        if asked not in self._told:
            self._told[asked] = self._of(file, *asked)
        return self._told[asked]

    def _of(self, file: ImageFile, place: str, limit: int) -> str:
        try:
            size, *times = stamp_of(file.path.stat())
            if file.member is None and size > limit:
                return f"too large: {size}"
            stamp = ":".join(map(str, (size, *times)))
            known = self._known.get(place)
            if known is None or known.stamp != stamp or self._is_due(place, known):
                known = Known(stamp, file.sha256(limit), int(self._now))
        except READ_ERRORS as error:
            return f"unreadable: {type(error).__name__}"
        # A time in the future says nothing: the clock has been set since.
        if max(times[:2]) < self._now * 10**9 - _GRAIN_NS:
            self.seen[place] = known
        return known.sha256

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
