"""What files contain, told by their sha256; a file that has not changed is not read again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping

from pipeline.core.imagefile import READ_ERRORS
from pipeline.core.types import ImageFile

# Size, modification time in ns since 1970 and sha256 of one file.
Known = tuple[int, int, str]
# A file changed this shortly before it was hashed may be changed again without its time telling.
_GRAIN_NS = 2_000_000_000


class Contents:
    """sha256 of files, remembered from run to run by size and modification time.

    Args:
        known: What an earlier run remembered, by `place`.
    """

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = known
        self._now_ns = time.time_ns()
        self.seen: dict[str, Known] = {}

    def of(self, file: ImageFile | None) -> str:
        """The content's sha256; a file that cannot be read has a word of its own, no file ""."""
        if file is None:
            return ""
        try:
            stat = file.path.stat()
            known = self._known.get(place := _place(file))
            if known is None or known[:2] != (stat.st_size, stat.st_mtime_ns):
                sha256 = hashlib.sha256(file.read_bytes(2**31)).hexdigest()
                known = (stat.st_size, stat.st_mtime_ns, sha256)
        except READ_ERRORS as error:
            return f"unreadable: {type(error).__name__}"
        # A time in the future says nothing: the clock has been set since.
        if known[1] < self._now_ns - _GRAIN_NS:
            self.seen[place] = known
        return known[2]


def _place(file: ImageFile) -> str:
    """What a file is remembered by; not its name, which may be an ID number."""
    place = f"{file.path.absolute()}|{file.member}"
    # Names in another encoding than UTF-8 come with surrogates.
    return hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]
