"""English sentences in what a Chinese reader is shown."""

from __future__ import annotations

import re
from html import unescape

# Four words in a row: less is a name, a file, a column or a code.
_SENTENCE = re.compile(r"(?:\b[A-Za-z][a-z']+[ ,;:]+){3,}[A-Za-z][a-z']+")
_UNSEEN = re.compile(
    r"<style.*?</style>|<script(?! type=\"application/json\").*?</script>|data:image[^\"]*|<[^>]+>",
    re.DOTALL,
)


def english(text: str) -> list[str]:
    """The English sentences of a text."""
    return [found.group() for found in _SENTENCE.finditer(text)]


def seen_of(page: str) -> str:
    """What a page of HTML shows, data that its script draws from included."""
    return unescape(_UNSEEN.sub(" ", page))
