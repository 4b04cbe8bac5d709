"""What lies at a path, told from another of the same name."""

from __future__ import annotations

from pathlib import Path


def inode_of(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file or folder; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
