"""Forgetting a run: faces, names and answers are deleted, and that it was done is on record.

Of the store nothing about a student is left. Of the review's log stays who did what and when,
without about whom; its chain still holds, and its last entry says what was deleted. Counts,
versions and the policy stay in `run.json`: they are about nobody.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import StoreError
from pipeline.night.folder import LEDGER, REPORTS, SUMMARY, database_of, locked
from pipeline.review import log
from pipeline.review.ledger import Ledger
from pipeline.schema import emptied, open_database


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted; all zero where nothing was left. `head` is the log's last hash."""

    students: int
    pictures: int
    answers: int
    files: tuple[str, ...]
    head: str


def finished(run: Path) -> datetime | None:
    """When a run ended; None for one that was cut off.

    Raises:
        StoreError: There is no run in the folder.
    """
    with _store(run) as database:
        noted = _noted(database)
        return datetime.fromisoformat(noted["finished"]) if noted else None


def purge(run: Path, by: str) -> Purged:
    """Delete all that a run's folder holds of its students; again where it was cut off.

    The folder's own roster, photos and exported tables lie elsewhere and are their owner's to
    delete. Pages of a database are overwritten, not only given free.

    Args:
        run: The output folder.
        by: Who orders it.

    Raises:
        StoreError: There is no run in the folder, a run is at work in it, or it is not writable.
    """
    database_of(run)  # nothing is made where there is no run
    with locked(run), _store(run) as database, Ledger(run / LEDGER) as ledger:
        # The ledger is made where nobody reviewed: that a run was deleted is on record too.
        students, pictures = (_count(database, table) for table in ("student", "picture"))
        ledger.record(by, "purge_begun", students=students, pictures=pictures)
        files = _remove(run, _empty(database))
        answers = ledger.forget(by, files=list(files))
        return Purged(students, pictures, answers, files, log.verify(ledger.db, {}).head)


@contextmanager
def _store(run: Path) -> Iterator[sqlite3.Connection]:
    path = database_of(run)
    with closing(open_database(path, readonly=False)) as database:
        try:
            yield database
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"{path}: cannot be written ({error})",
                "Make room on the disk and close other programs that use the file.",
            ) from error


def _count(database: sqlite3.Connection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def _noted(database: sqlite3.Connection) -> dict[str, Any]:
    row = database.execute("SELECT value FROM meta WHERE name = 'run'").fetchone()
    summary: dict[str, Any] = json.loads(row[0]) if row else {}
    return summary


def _empty(database: sqlite3.Connection) -> dict[str, Any]:
    """Delete every student, and the remarks on them; the summary that is left."""
    summary = _noted(database) | {"remarks": [], "purged": log.now()}
    with database:
        database.execute("BEGIN IMMEDIATE")
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'meta'"
        for (name,) in database.execute(tables).fetchall():
            database.execute(f"DELETE FROM {name}")  # noqa: S608 - our own tables
        database.execute("DELETE FROM meta WHERE name = 'cohort_key'")  # a new run sees all anew
        text = json.dumps(summary, ensure_ascii=False)
        database.execute("UPDATE meta SET value = ? WHERE name = 'run'", (text,))
    database.execute("VACUUM")
    if not emptied(database):
        raise sqlite3.OperationalError("somebody is reading it: end the review desk")
    return summary


def _remove(run: Path, summary: dict[str, Any]) -> tuple[str, ...]:
    """Delete the reports and write the summary anew; the names of what was deleted."""
    removed = []
    try:
        for name in REPORTS:
            # A run that was killed while it wrote leaves the report under another name.
            for file in (run / name, *run.glob(f".{name}.*")):
                if file.exists():
                    file.unlink()
                    removed.append(file.name)
        (run / SUMMARY).write_text(
            json.dumps(summary, ensure_ascii=False, indent=2) + "\n", "utf-8"
        )
    except OSError as error:
        raise StoreError(
            f"{run}: a report cannot be deleted ({error.strerror})",
            "Close it where it is open, and give the command again.",
        ) from error
    return tuple(removed)
