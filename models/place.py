"""Puts files in place whole or not at all, and one process at a time into one folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


@contextmanager
def alone(folder: Path, patience_s: float) -> Iterator[None]:
    """The folder, made if need be, to ourselves: whoever fills one takes its lock by this.

    Raises:
        filelock.Timeout: Another process has had it for `patience_s` seconds.
        OSError: It cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", timeout=patience_s):
        yield


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
