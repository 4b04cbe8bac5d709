"""Halves of uploads that nobody goes on with, and what nobody accepted: deleted in time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.site.config import Site
from pipeline.site.deliveries import UPLOADS


def drafts_of(site: Site, cohorts: Sequence[str]) -> Iterator[Path]:
    """The folders of what is being handed in."""
    for cohort in cohorts:
        with suppress(FileNotFoundError):
            yield from [p for p in (site.home_of(cohort) / UPLOADS).iterdir() if p.is_dir()]


def sweep(site: Site, now: float) -> int:
    """Delete what is too old; how many files.

    Args:
        site: The site, whose `[uploads]` says what is.
        now: Seconds since 1970.
    """
    return sum(_swept(site, folder, now) for folder in drafts_of(site, tuple(site.cohorts)))


def _swept(site: Site, folder: Path, now: float) -> int:
    parts = list((folder / "parts").glob("*"))
    halves = [p for p in parts if _older(p, now, site.uploads.keep_hours * 3600)]
    for half in halves:
        (folder / "told" / f"{half.name}.json").unlink(missing_ok=True)
        half.unlink(missing_ok=True)
    every = [p for p in (folder, *folder.rglob("*")) if p.exists()]
    alone = len(halves) == len(parts)
    old = all(_older(p, now, site.uploads.keep_days * 24 * 3600) for p in every)
    if not (alone and (old or folder.name.startswith(".gone-"))):
        return len(halves)
    whole = sum(path.is_file() for path in (folder / "files").rglob("*"))
    shutil.rmtree(folder, ignore_errors=True)
    return len(halves) + whole


def _older(path: Path, now: float, seconds: float) -> bool:
    try:
        return now - path.stat().st_mtime > seconds
    except FileNotFoundError:
        return False
