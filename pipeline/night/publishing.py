"""A run's reports, written where they would come out otherwise or do not lie there whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.core.digest import digest_of
from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.policy import load_profile
from pipeline.core.program import program_digest
from pipeline.core.types import Case
from pipeline.core.words import Language
from pipeline.night.folder import PAGE, REPORTS, RESULTS, WORKBOOK
from pipeline.store import RunSummary, Store
from pipeline.store.masking import mask_of

_NOTE = "reports"
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
    stored, told = sum(1 for _ in store.decided()), sum(summary.counts.decision.values())
    if stored != told:
        raise StoreError(
            f"{out}: its store holds {stored} decided students, the run decided {told};"
            " nothing was published",
            "Give the same command again.",
        )
    made_of = _made_of(store, summary, lang)
    noted = json.loads(store.noted(_NOTE) or "{}")
    known = noted["files"] if noted.get("made_of") == made_of else {}
    due = [name for name in REPORTS if known.get(name) != _sha256(out / name)]
    if not due:
        return
    # Late: their libraries take longer to load than everything else an unchanged night does.
    from pipeline.report import write_csv, write_html, write_xlsx
    from pipeline.report.view import masked_case

    mask = mask_of(store)

    def cases() -> Iterator[Case]:
        return (masked_case(case, mask) for case in store.cases())

    if RESULTS in due:
        write_csv(cases(), out / RESULTS)
    if PAGE in due:
        write_html(summary, cases(), out / PAGE, lang)
    if WORKBOOK in due:
        write_xlsx(summary, cases(), out / WORKBOOK, lang)
    files = {name: _sha256(out / name) for name in REPORTS}
    with store.transaction():
        store.note(_NOTE, json.dumps({"made_of": made_of, "files": files}))


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
    """Of a file's content; "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
