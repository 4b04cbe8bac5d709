"""Reports appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.errors import StoreError
from pipeline.core.private import make_file
from pipeline.core.said import cause


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well.

    Raises:
        StoreError: If the folder or the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        make_file(temporary)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise StoreError("report_unwritable", name=path.name, why=cause(error)) from error
    finally:
        temporary.unlink(missing_ok=True)
