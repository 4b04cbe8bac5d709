"""Forgetting a run: faces, names and answers are deleted, and that it was done is on record.

Of the store nothing about a student is left. Of the review's log stays who did what and when,
without about whom; its chain still holds, and its last entry says what was deleted. Counts,
versions and the policy stay in `run.json`: they are about nobody.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.core.errors import StoreError
from pipeline.core.private import make_file
from pipeline.core.said import cause
from pipeline.night.folder import (
    ASSIGNED,
    COLLEGES,
    DATABASE,
    LEDGER,
    PREVIOUS,
    PROPOSED,
    REPORTS,
    SUMMARY,
    database_of,
    locked,
)
from pipeline.store import Store, log
from pipeline.store.ledger import Ledger


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
    with Store(database_of(run)) as store:
        summary = store.summary()
        return datetime.fromisoformat(summary.finished) if summary else None


def purge_run(run: Path, by: str) -> Purged:
    """Delete all that a run's folder holds of its students; again where it was cut off.

    The folder's own roster, photos and exported tables lie elsewhere and are their owner's to
    delete. Pages of a database are overwritten, not only given free.

    Args:
        run: The output folder.
        by: Who orders it.

    Raises:
        StoreError: There is no run in the folder, a run is at work in it, or it is not writable.
    """
    database = database_of(run)  # nothing is made where there is no run
    with locked(run), Store(database) as store, Ledger(run / LEDGER) as ledger:
        # The ledger is made where nobody reviewed: that a run was deleted is on record too.
        students, pictures = store.count("student"), store.count("picture")
        ledger.record(by, "purge_begun", students=students, pictures=pictures)
        summary, now = store.summary(), log.now()
        left = summary and replace(summary, remarks=(), intake={}, purged=now)
        store.erase(left)
        told = left.as_json() if left else {"remarks": [], "purged": now}
        files = _remove(run, told)
        ledger.decided(store.decisions_digest(), store.stamp())
        answers = ledger.forget(by, files=list(files))
        return Purged(students, pictures, answers, files, ledger.verify().head)


def _remove(run: Path, summary: dict[str, Any]) -> tuple[str, ...]:
    """Delete the reports and write the summary anew; the names of what was deleted."""
    removed = []
    try:
        # A run that was killed while it wrote leaves the report under another name. A store that
        # was brought up to date leaves what it was before.
        held = (*REPORTS, DATABASE, LEDGER, ASSIGNED, PROPOSED)
        aside = (f for name in held for f in run.glob(f".{name}.*"))
        for file in (*(run / name for name in (*REPORTS, ASSIGNED, PROPOSED)), *aside):
            if file.exists():
                file.unlink()
                removed.append(file.name)
        for folder in (COLLEGES, PREVIOUS):
            if (run / folder).is_dir():
                shutil.rmtree(run / folder)
                removed.append(folder)
        make_file(run / SUMMARY)
        (run / SUMMARY).write_text(
            json.dumps(summary, ensure_ascii=False, indent=2) + "\n", "utf-8"
        )
    except OSError as error:
        raise StoreError("report_undeletable", run=run, why=cause(error)) from error
    return tuple(removed)
