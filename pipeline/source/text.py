"""Forms of text: two for comparing (`folded`, `squashed`), two for showing (`masked`, `listed`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SHOWN_NAMES = 5

_PUNCTUATION = re.compile(r"[\W_]+")
# Anything as long as an ID number (15 or 18 characters), also with a number stuck to it.
_LONG_NUMBER = re.compile(r"\d{14,}[\dX]", re.IGNORECASE)


def folded(text: str) -> str:
    """Compatibility-normalised (NFKC), without case and outer spaces."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def squashed(text: str) -> str:
    """`folded`, and nothing left but letters and digits of any script."""
    plain = folded(text)
    return plain if plain.isalnum() else _PUNCTUATION.sub("", plain)


def masked(text: str) -> str:
    """Text fit for a log: long numbers keep three and two characters, no control characters."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _LONG_NUMBER.sub(lambda m: m[0][:3] + "*" * (len(m[0]) - 5) + m[0][-2:], plain)
    return "".join(c if c.isprintable() else "?" for c in plain)


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
