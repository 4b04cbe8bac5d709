"""A run's output folder: the names of its files, who works in it, and whether it holds a run."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from pipeline.core.errors import StoreError
from pipeline.core.inode import inode_of
from pipeline.core.moments import now_told
from pipeline.core.private import make_file, make_folder, umask
from pipeline.core.said import cause, recognised, said

DATABASE = "photoproof.sqlite"  # the run's own store
LEDGER = "review.sqlite"  # accounts, answers and the log of the review desk
RESULTS, PAGE, WORKBOOK = "results.csv", "report.html", "report.xlsx"
FILES = "files.csv"
REPORTS = (RESULTS, PAGE, WORKBOOK, FILES)  # what people read, about students by name
COLLEGES = "colleges"  # folder of pages and workbooks where one of each would be too large
SUMMARY = "run.json"
ASSIGNED = "assign.csv"  # files that people have given to students
PROPOSED = "assign.proposed.csv"  # files whose student the faces propose
PREVIOUS = "previous"  # folder of the reports that the present ones took the place of
_LOCK, _OWNER = ".lock", ".owner"
ASSIGNING = ".assigning"  # who writes ASSIGNED
PASSING = (_LOCK, _OWNER, ASSIGNING)  # of the process at work; they mean nothing in a copy


def database_of(run: Path) -> Path:
    """Where the store of a folder's run is.

    Raises:
        StoreError: The folder holds no run.
    """
    database = run / DATABASE
    if not database.is_file():
        raise StoreError("no_run", run=run)
    return database


class locked:  # noqa: N801 - used as a context manager
    """The output folder, held by one run at a time; a file beside the lock says by which."""

    def __init__(self, out: Path) -> None:
        self._out, self._lock = out, FileLock(out / _LOCK, mode=0o666 & ~umask())
        self._owner = out / _OWNER

    def __enter__(self) -> Self:
        """Take the lock. Raises StoreError if another run holds it or the folder is unusable."""
        try:
            make_folder(self._out)
            self._lock.acquire(timeout=0)
            make_file(self._owner)
            self._owner.write_text(
                said("owner.process", pid=os.getpid(), node=platform.node(), since=now_told()),
                "utf-8",
            )
            self._place = inode_of(self._out)
        except Timeout as error:
            raise StoreError("out_locked", out=self._out, by=self._named()) from error
        except OSError as error:
            self._lock.release()
            raise StoreError("out_unwritable", out=self._out, why=cause(error)) from error
        return self

    def still_there(self) -> None:
        """See that the folder's name still leads to the folder that was taken.

        Raises:
            StoreError: It was renamed, deleted or replaced while the run worked in it.
        """
        if inode_of(self._out) != self._place:
            raise StoreError("out_moved", out=self._out)

    def __exit__(self, *_: object) -> None:
        """Release the lock."""
        self._owner.unlink(missing_ok=True)
        self._lock.release()

    def _named(self) -> str:
        try:
            return recognised(self._owner.read_text("utf-8"), "owner")
        except OSError:
            return said("owner.unknown")
