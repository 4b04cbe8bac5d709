"""What is found in a source, and what a file's name alone tells about it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.imagefile import PICTURES as PICTURES
from pipeline.core.types import ImageFile

ARCHIVES = frozenset({".zip", ".rar", ".7z"})
NOT_PICTURES = "not pictures"
ARRIVING = "still arriving"
UNUSABLE = "archives that are damaged, or hold or unpack to too much, or are no zip"
JUNK = "litter of operating systems"

# What programs that keep files of one name append.
_AFTER = re.compile(r"(?:\s*[(（]\d{1,2}[)）]|_|~\d{0,2})+$")

# Written by Windows, macOS and network drives beside people's files; dot files are junk as well.
_JUNK = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir"})


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a source: a picture to use, or the reason to leave it out.

    Attributes:
        name: Decoded path inside the source, with "/".
        size: Of the content in bytes; -1 where it is not known.
        changed: Seconds since 1970 when the content was last changed; 0 where it is not known.
        source: The folder or archive that was given, as it was given.
        order: Place of that source among those given, later ones higher.
        content: How to read whatever it is; None for what cannot be read or is better not.
        pages: Of a PDF that is used as pictures, one a page; 0 of a picture.
    """

    name: str
    picture: ImageFile | None = None
    reason: str = ""
    size: int = -1
    changed: float = 0.0
    source: str = ""
    order: int = 0
    content: ImageFile | None = None
    pages: int = 0

    @property
    def path(self) -> str:
        """Where people find it: the source as given, and the path inside."""
        return f"{self.source.rstrip('/')}/{self.name}" if self.name else self.source


def suffix(name: str) -> str:
    """Lower-case suffix with its dot, "" without one; ".jpg(1)" and ".jpg_" are ".jpg"."""
    stem, _, ending = name.rpartition(".")
    return f".{_AFTER.sub('', ending.lower())}" if stem else ""


def is_junk(parts: Sequence[str]) -> bool:
    """Whether a path leads to or through hidden files and litter of operating systems."""
    return any(part.startswith(".") or part.casefold() in _JUNK for part in parts)


def readable(name: str) -> str:
    """A name on disk that is not UTF-8 (an archive unpacked without care) read as GB18030."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("gb18030", "replace")
    return name
