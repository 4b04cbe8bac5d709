"""Which kind of reference a file is, where nobody says so but its folders and its name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.source.files import collect
from pipeline.source.found import Found
from pipeline.source.pdf_pages import with_pages
from pipeline.source.text import squashed

OTHER = "other"  # a kind of its own: compared as every other
# Words in names of folders and files, by kind; the innermost that says a kind counts.
WORDS = {
    "admission": ("录取", "admission", "高考", "luqu"),
    "idcard": ("身份证", "idcard", "证件", "sfz", "国徽", "人像面"),
    "household": ("户籍", "户口", "household", "hukou"),
    "enrolment": ("学籍", "入学", "新生", "enrolment", "xueji"),
}


def by_kind(
    references: Mapping[str, Sequence[Path]],
    settled_before: float = math.inf,
    whole: Sequence[Path] = (),
) -> Iterator[tuple[str, list[Found]]]:
    """Files by kind, the kinds in the order given; those of kind "" sorted by what names say.

    Raises:
        SourceError: If a source cannot be used.
    """
    sorted_out: dict[str, list[Found]] = {}
    for kind, sources in references.items():
        for found in with_pages(collect(sources, settled_before, whole).found):
            sorted_out.setdefault(kind or kind_of(found.name), []).append(found)
        sorted_out.setdefault(kind, [])
    sorted_out.pop("", None)
    yield from sorted_out.items()


def kind_of(name: str) -> str:
    """The kind that a file's name, or else its folders from the innermost, say."""
    for part in reversed(name.split("/")):
        text = squashed(part)
        for kind, words in WORDS.items():
            if any(word in text for word in words):
                return kind
    return OTHER
