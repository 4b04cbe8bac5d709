"""What a site still holds of a cohort whose run was purged, and when it goes by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.site.config import Site
from pipeline.site.deliveries import ABOUT, UPLOADS, deliveries_of, folder_of
from pipeline.site.keeping import nights_of


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left.

    Attributes:
        nights: Whose reports are kept.
        deliveries: Handed in by the browser and accepted.
        files: They have.
        size: Bytes of those files.
        waiting: Files that were handed in and not accepted.
        until: The last day on which it may be there; None where no end is known.
    """

    cohort: str
    home: Path
    nights: int
    deliveries: int
    files: int
    size: int
    waiting: int
    until: date | None

    @property
    def anything(self) -> bool:
        """Whether there is something."""
        return bool(self.nights or self.deliveries or self.files or self.waiting)


def remaining(site: Site, run: Path) -> Remaining | None:
    """What is left of the cohort whose run this is; None where it is none's."""
    name = next((n for n in site.cohorts if site.run_of(n).resolve() == run.resolve()), None)
    if name is None:
        return None
    files, uploads = _files(folder_of(site, name)), site.home_of(name) / UPLOADS
    return Remaining(
        name,
        site.home_of(name),
        len(nights_of(site, name)),
        len(deliveries_of(site, name)),
        len(files),
        sum(path.stat().st_size for path in files),
        # Of each hand-in, what is whole and what is half; not its notes and its lock.
        sum(len(_files(part)) for kind in ("files", "parts") for part in uploads.glob(f"*/{kind}")),
        site.cohorts[name].kept_until,
    )


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != ABOUT]
