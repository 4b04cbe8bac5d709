"""Whole copies of databases: for a backup, and before tables are brought up to date."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pipeline.core.errors import StoreError
from pipeline.core.private import make_file
from pipeline.core.said import cause


def kept_copy(path: Path, version: int) -> Path:
    """Where a database is kept as it was before its tables were brought up to date."""
    return path.with_name(f".{path.name}.version{version}")


def copy_whole(path: Path, target: Path) -> None:
    """Copy a database, whoever writes to it, and see that the copy is whole.

    Raises:
        StoreError: It is damaged, or the copy cannot be written.
    """
    try:
        make_file(target)
        with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)
            (fault,) = other.execute("PRAGMA quick_check").fetchone()
    except (OSError, sqlite3.Error) as error:
        raise StoreError("store_uncopied", path=path, why=cause(error)) from error
    if fault != "ok":
        target.unlink()
        raise StoreError("store_copy_damaged", path=path, fault=fault)
