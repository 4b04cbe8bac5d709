"""Reports appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.aside import replacing as replacing_whole
from pipeline.core.errors import StoreError
from pipeline.core.said import cause


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well.

    Raises:
        StoreError: If the folder or the file cannot be written.
    """
    try:
        with replacing_whole(path) as temporary:
            yield temporary
    except OSError as error:
        raise StoreError("report_unwritable", name=path.name, why=cause(error)) from error
