"""A file that appears whole or not at all: written beside its place, then renamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from pipeline.core.private import make_file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, its owner's alone, that takes its place if the block ends well.

    Its name begins with a dot and the file's own, by which what a killed process left is found.

    Raises:
        OSError: It cannot be made or put in place.
    """
    aside = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
    try:
        make_file(aside)
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
