"""What is found in a source, and what a file's name alone tells about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.types import ImageFile

PICTURES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".gif"}
    | {".tif", ".tiff", ".heic", ".heif"}
)
ARCHIVES = frozenset({".zip", ".rar", ".7z"})
NOT_PICTURES = "not pictures"

# Written by Windows, macOS and network drives beside people's files; dot files are junk as well.
_JUNK = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir"})


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a source: a picture to use, or the reason to leave it out.

    Attributes:
        name: Decoded path inside the source, with "/".
    """

    name: str
    picture: ImageFile | None = None
    reason: str = ""


def suffix(name: str) -> str:
    """Lower-case suffix with its dot, "" without one."""
    stem, _, ending = name.rpartition(".")
    return f".{ending.lower()}" if stem else ""


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
