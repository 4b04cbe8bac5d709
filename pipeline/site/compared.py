"""A cohort's nights side by side, from the reports that are kept of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.core.errors import StoreError
from pipeline.desk.cases.changes import Changes, Night, accepted_since, changes, night_of_reports
from pipeline.desk.cases.desk import opened
from pipeline.night.folder import DATABASE, RESULTS
from pipeline.site.config import Site
from pipeline.site.keeping import NIGHTS, nights_of


def last_nights(site: Site, cohort: str) -> Changes:
    """A cohort's last night against the one before; since when, by all nights that are kept.

    Raises:
        StoreError: Fewer than two nights are kept.
    """
    folders = [night for night in nights_of(site, cohort) if (night / RESULTS).is_file()]
    return changes(_read(folders, site.run_of(cohort)))


def two_nights(before: Path, after: Path) -> Changes:
    """Two folders of nights; those between and before them say since when.

    Raises:
        StoreError: One holds no `results.csv`.
    """
    for folder in (before, after):
        if not (folder / RESULTS).is_file():
            raise StoreError("no_night", folder=folder)
    before, after = before.resolve(), after.resolve()
    beside = sorted(p for p in before.parent.iterdir() if p.is_dir() and (p / RESULTS).is_file())
    known = [p for p in beside if p.name <= before.name and not p.is_symlink()]
    run = before.parent.parent / "run" if before.parent.name == NIGHTS else before.parent
    return changes(_read([*known, after], run))


def _read(folders: Sequence[Path], run: Path) -> list[Night]:
    if len(folders) < 2:
        raise StoreError("one_night", run=run, nights=len(folders))
    people: dict[str, str] = {}
    if (run / DATABASE).is_file():
        with opened(run) as desk:
            people = accepted_since(desk)
    return [night_of_reports(folder, people) for folder in folders]
