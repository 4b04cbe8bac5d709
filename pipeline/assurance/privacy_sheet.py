"""What an impact assessment (影响评估) asks of a school that compares faces, from its real runs.

人脸识别技术应用安全管理办法 (in force 2025-06-01): purposes, kinds of data, places and
retention are on record, and at 100,000 stored faces a school files with its province's authority
within 30 working days. What is counted here is what the runs' folders hold now.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.moments import local_minute
from pipeline.core.words import Language, words
from pipeline.night.folder import database_of
from pipeline.store import RunSummary, Store

FILING_AT = 100_000  # persons with stored faces
WARNED_FROM = 0.8


@dataclass(frozen=True, slots=True)
class Held:
    """What one run's folder holds.

    Attributes:
        pictures: Keys of students with stored pictures.
        templates: Keys of students with stored face templates.
        others_read: Somebody besides the owner may read the folder.
    """

    folder: str
    summary: RunSummary
    pictures: frozenset[str]
    templates: frozenset[str]
    others_read: bool

    @property
    def persons(self) -> frozenset[str]:
        """Students with anything stored that shows or tells a face."""
        return self.pictures | self.templates

    def rules(self, table: str) -> Mapping[str, Any]:
        """A table of the run's own policy."""
        found: Mapping[str, Any] = self.summary.policy.get(table, {})
        return found


def held_by(run: Path) -> Held:
    """What a run's folder holds of faces.

    Raises:
        StoreError: The folder holds no finished run.
    """
    with Store(database_of(run), readonly=True) as store:
        pictures, templates = store.cohort.keepers()
        mode = run.stat().st_mode
        shared = bool(mode & (stat.S_IRGRP | stat.S_IROTH))
        return Held(str(run), store.finished(), pictures, templates, shared)


def persons(runs: Sequence[Held]) -> int:
    """Persons over all runs; a student of two runs, by the same number, is one."""
    return len({key for run in runs for key in run.persons})


def sheet(runs: Sequence[Held], lang: Language) -> Iterator[str]:
    """The sheet, a line a fact."""
    t = words("privacy", lang)
    yield t["title"]
    yield t["purpose"]
    searching = [run.folder for run in runs if run.rules("cohort").get("one_to_many")]
    yield t["search_on"].format(runs=", ".join(searching)) if searching else t["search_off"]
    yield t["kinds"]
    yield t["basis"]
    for run in runs:
        keeps = run.rules("privacy").get("keep_templates")
        yield t["run"].format(
            run=run.folder,
            finished=local_minute(run.summary.finished),
            students=run.summary.students,
            pictures=len(run.pictures),
            templates=len(run.templates),
        )
        if run.summary.purged:
            yield t["purged"].format(date=local_minute(run.summary.purged))
        yield t["templates_kept"] if keeps else t["templates_gone"]
        if run.rules("card").get("read"):
            yield t["cards_read"]
        yield t["others_read"] if run.others_read else t["owner_reads"]
    yield t["retention"]
    count = persons(runs)
    yield t["persons"].format(persons=f"{count:,}", limit=f"{FILING_AT:,}")
    if count >= FILING_AT:
        yield t["file_now"]
    elif count >= WARNED_FROM * FILING_AT:
        yield t["file_soon"]
    yield t["lawyer"]
