"""A run's reports, written where they would come out otherwise or do not lie there whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.core.digest import digest_of, sha256_of
from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.policy import load_profile
from pipeline.core.private import make_file, make_folder
from pipeline.core.program import program_digest
from pipeline.core.said import cause
from pipeline.core.words import Language
from pipeline.night.folder import (
    COLLEGES,
    PAGE,
    PREVIOUS,
    REPORTS,
    SUMMARY,
    WORKBOOK,
)
from pipeline.store import RunSummary, Store

_NOTE = "reports"
_ASIDE = ".next"
# Above so many students report.html and report.xlsx are the index of one a college: a page of so
# many is 37 MB.
SPLIT_ABOVE = 20_000
# What a summary tells of how the run went, not of what came of it. A run that finds nothing to do
# leaves the report of the one that did it.
_COURSE = {
    *("started", "finished", "seconds", "assessed"),
    *("students_per_second", "workers", "stages"),
}


def publish(store: Store, summary: RunSummary, out: Path, lang: Language) -> None:
    """Write those of `REPORTS` that are missing, changed by others or no longer true.

    The store notes what they were made of, and each file's sha256.

    Args:
        store: With every decision.
        summary: Of the run, with its identity.
        out: The folder; held by this process (`pipeline.night.folder.locked`).
        lang: Of the reports.

    Raises:
        StoreError: If a file cannot be written, or the store has not the students of the summary.
    """
    stored = store.count("decision")
    told = sum(summary.counts.decision.values()) + sum(summary.counts.strays.values())
    if stored != told:
        raise StoreError("run_incomplete", out=out, stored=stored, told=told)
    made_of = _made_of(store, summary, lang)
    noted = json.loads(store.noted(_NOTE) or "{}")
    same = noted.get("made_of") == made_of
    known = noted["files"] if same else {}
    large = stored > SPLIT_ABOVE
    wanted = (*REPORTS, COLLEGES) if large else REPORTS
    due = [name for name in wanted if known.get(name) != _sha256(out / name)]
    if not due:
        return
    if large and {PAGE, WORKBOOK, COLLEGES} & {*due}:
        due = list(dict.fromkeys([*due, PAGE, WORKBOOK, COLLEGES]))
    # Late: its libraries take longer to load than everything else an unchanged night does.
    from pipeline.night.writing import write_reports

    with _aside(out) as aside:
        write_reports(store, summary, aside, lang, due, SPLIT_ABOVE)
        if not same:
            _keep_last(out)
        if COLLEGES in due or not large:
            shutil.rmtree(out / COLLEGES, ignore_errors=True)
        for name in due:
            (aside / name).replace(out / name)
    digests = {name: _sha256(out / name) for name in wanted}
    with store.transaction():
        store.note(_NOTE, json.dumps({"made_of": made_of, "files": digests}))


@contextmanager
def _aside(out: Path) -> Iterator[Path]:
    """A folder to write reports in: until all are whole, the last night's stay in their place.

    Raises:
        StoreError: If it cannot be made, or a finished report not be moved.
    """
    aside = out / _ASIDE
    try:
        shutil.rmtree(aside, ignore_errors=True)  # of a night that was killed
        make_folder(aside)
        yield aside
    except OSError as error:
        raise StoreError("reports_unplaced", out=out, why=cause(error)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _keep_last(out: Path) -> None:
    """Copy the reports of the night before into a folder of their own; they stay readable."""
    last = [out / name for name in (*REPORTS, SUMMARY) if (out / name).is_file()]
    if not last:
        return
    fresh = out / f"{_ASIDE}-{PREVIOUS}"
    shutil.rmtree(fresh, ignore_errors=True)
    make_folder(fresh)
    for file in last:
        make_file(fresh / file.name)
        shutil.copyfile(file, fresh / file.name)
    if (out / COLLEGES).is_dir():
        (out / COLLEGES).replace(fresh / COLLEGES)
    shutil.rmtree(out / PREVIOUS, ignore_errors=True)
    fresh.replace(out / PREVIOUS)


def _made_of(store: Store, summary: RunSummary, lang: Language) -> str:
    """Digest of all that the writers are given, and of the writers themselves."""
    told = {key: value for key, value in summary.as_json().items() if key not in _COURSE}
    return digest_of(
        told, _standard(summary.profile), lang, store.digest(pictures=True), program_digest()
    )


def _standard(profile: str) -> dict[str, Any] | None:
    """The photo standard, which report.html draws; None where a school's file is gone."""
    try:
        return load_profile(profile).model_dump(mode="json")
    except ConfigError:
        return None


def _sha256(path: Path) -> str:
    """Of a file's content, or of a folder's files; "" where it cannot be read."""
    try:
        if path.is_dir():
            return digest_of(sorted((file.name, sha256_of(file)) for file in path.iterdir()))
        return sha256_of(path)
    except OSError:
        return ""
