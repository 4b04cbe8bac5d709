"""Forms of text: for comparing (`folded`, `squashed`) and for sentences (`listed`, `counted`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.core.privacy import masked

SHOWN_NAMES = 5

_PUNCTUATION = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Compatibility-normalised (NFKC), without case and outer spaces."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def squashed(text: str) -> str:
    """`folded`, and nothing left but letters and digits of any script."""
    plain = folded(text)
    return plain if plain.isalnum() else _PUNCTUATION.sub("", plain)


def listed(items: Sequence[object], limit: int = SHOWN_NAMES) -> str:
    """The first few items, masked, and how many more there are."""
    shown = ", ".join(masked(str(item)) for item in items[:limit])
    return f"{shown} and {len(items) - limit} more" if len(items) > limit else shown


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 file", "2 files"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def fault(error: Exception) -> str:
    """An error's own words, without the errno and the path that OSError repeats."""
    return (isinstance(error, OSError) and error.strerror) or str(error)
