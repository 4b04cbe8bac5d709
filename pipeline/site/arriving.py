"""What is still being written when a night begins."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from pipeline.site.config import Cohort, Site


def last_change(path: Path) -> float:
    """When a file was last written, as seconds since 1970; copies with an old time included."""
    status = path.stat()
    return max(status.st_mtime, status.st_ctime)


def unsettled(paths: Iterable[Path], minutes: float) -> list[Path]:
    """The files among these that changed within so many minutes."""
    since = time.time() - 60 * minutes
    return [path for path in paths if path.is_file() and last_change(path) > since]


def whole_files(site: Site, cohort: Cohort) -> list[Path]:
    """Files that are useless until they are whole: rosters and archives."""
    given = (*cohort.roster, *cohort.photos, *(p for ps in cohort.references.values() for p in ps))
    return [path for path in map(site.path, given) if path.is_file()]
