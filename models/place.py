"""Puts a file in place whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def put_whole(data: bytes, target: Path) -> None:
    """Write `data` beside `target`, onto the disk, then rename: readers see all of it or nothing.

    Raises:
        OSError: If the folder cannot be written; nothing is left behind then.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)  # one cache may serve many users
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
