"""A cohort's nights and deliveries as its page lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.errors import PhotoproofError
from pipeline.core.moments import local_minute
from pipeline.night.folder import FILES, PAGE, RESULTS, SUMMARY, WORKBOOK
from pipeline.site.config import Site
from pipeline.site.keeping import nights_of
from pipeline.store.summary import RunSummary


@dataclass(frozen=True, slots=True)
class PastNight:
    """One night of which the reports are kept.

    Attributes:
        name: Of its folder: the day.
        finished: When it ended, as people read it; "" where that is not known.
        students: In the roster.
        assessed: Looked at that night.
        decisions: Students by the machine's decision.
        files: Which reports there are.
    """

    name: str
    finished: str = ""
    students: int = 0
    assessed: int = 0
    decisions: Mapping[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()


def past_nights(site: Site, cohort: str) -> list[PastNight]:
    """A cohort's nights, newest first."""
    return [_read(folder) for folder in reversed(nights_of(site, cohort))]


def _read(folder: Path) -> PastNight:
    files = tuple(n for n in (PAGE, WORKBOOK, RESULTS, FILES) if (folder / n).is_file())
    try:
        found = RunSummary.read((folder / SUMMARY).read_text("utf-8"), SUMMARY)
    except (OSError, ValueError, PhotoproofError):
        return PastNight(folder.name, files=files)
    counts = dict(found.counts.decision)
    moment = local_minute(found.finished)
    return PastNight(folder.name, moment, found.students, found.assessed, counts, files)
