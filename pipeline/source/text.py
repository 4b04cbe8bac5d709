"""Forms of text: for comparing (`folded`, `squashed`) and for sentences (`listed`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.core.privacy import masked
from pipeline.core.said import said

SHOWN_NAMES = 5

_PUNCTUATION = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Compatibility-normalised (NFKC), without case and outer spaces."""
    if text.isascii():  # nothing to normalise, and numbers are most of what is folded
        return text.lower().strip()
    return unicodedata.normalize("NFKC", text).casefold().strip()


def squashed(text: str) -> str:
    """`folded`, and nothing left but letters and digits of any script."""
    plain = folded(text)
    return plain if plain.isalnum() else _PUNCTUATION.sub("", plain)


def listed(items: Sequence[object], limit: int = SHOWN_NAMES) -> str:
    """The first few items, masked, and how many more there are."""
    shown = tuple(masked(str(item)) for item in items[:limit])
    if len(items) > limit:
        return said("style.and_more", shown=shown, more=len(items) - limit)
    return said("style.as_is", text=shown)
