"""What people handed in by the browser and somebody accepted, beside what the site's file names.

```
cohorts/2026/deliveries/20261128T190412123-3f9a1c20/
  delivery.json        who handed it in and who accepted it, and whether its roster stands alone
  roster/  photos/  references/idcard/
```

A delivery is made elsewhere and comes here by one rename, whole or not at all. So nothing in it is
ever "still arriving", and a night that is at work never sees a change of what it has listed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from pipeline.core.jsonfile import read_json
from pipeline.night.intake import Sources
from pipeline.site.config import Site
from pipeline.source.kinds import WORDS

DELIVERIES, UPLOADS = "deliveries", "uploads"  # accepted; and what is still being handed in
ROSTER, PHOTOS, REFERENCES = "roster", "photos", "references"
ABOUT = "delivery.json"
UNSORTED = "unsorted"  # references whose folders and names say which kind they are


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it lies in its folder.

    Attributes:
        folder: With `roster`, `photos` and `references`, as far as it has them.
        by: Who handed it in.
        accepted_by: Who accepted it.
        at: When, ISO 8601.
        stands_alone: Its roster takes the place of all that came before.
        files: How many files it has.
        size: Their bytes.
    """

    folder: Path
    by: str = ""
    accepted_by: str = ""
    at: str = ""
    stands_alone: bool = False
    files: int = 0
    size: int = 0

    def files_of(self, what: str) -> list[Path]:
        """The files below one of its folders, by name."""
        return sorted(path for path in (self.folder / what).rglob("*") if path.is_file())


def named_by(moment: datetime) -> str:
    """A name by which folders stand in the order of their moments, whatever a clock is set to."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}{utc.microsecond // 1000:03}-{token_hex(4)}"


def folder_of(site: Site, cohort: str) -> Path:
    """Where a cohort's accepted deliveries lie."""
    return site.home_of(cohort) / DELIVERIES


def deliveries_of(site: Site, cohort: str) -> list[Delivery]:
    """A cohort's deliveries, oldest first."""
    folder = folder_of(site, cohort)
    found = folder.iterdir() if folder.is_dir() else ()
    return [read_delivery(p) for p in sorted(found) if p.is_dir() and not p.name.startswith(".")]


def forget_handed_in(site: Site, cohort: str) -> int:
    """Delete all that was handed in for a cohort, accepted or not; how many deliveries."""
    count = len(deliveries_of(site, cohort))
    for name in (DELIVERIES, UPLOADS):
        if (folder := site.home_of(cohort) / name).is_dir():
            shutil.rmtree(folder)
    return count


def read_delivery(folder: Path) -> Delivery:
    """A delivery as its own folder tells it; what the folder does not tell is empty."""
    told = read_json(folder / ABOUT)
    known = {name: told[name] for name in Delivery.__slots__ if name in told and name != "folder"}
    return Delivery(folder, **known)


def with_deliveries(sources: Sources, deliveries: Iterable[Delivery]) -> Sources:
    """Sources, and after them what these deliveries hold: of two files the later one counts."""
    for delivery in deliveries:
        sources = _with(sources, delivery)
    return sources


def _with(sources: Sources, delivery: Delivery) -> Sources:
    rosters = delivery.files_of(ROSTER)
    before: Sequence[Path] = () if delivery.stands_alone and rosters else sources.roster
    photos = _if_there(delivery.folder / PHOTOS)
    references = {kind: list(paths) for kind, paths in sources.references.items()}
    given = _if_there(delivery.folder / REFERENCES)
    kinds = [path for folder in given for path in folder.iterdir() if path.is_dir()]
    for path in sorted(kinds, key=_rank):
        references.setdefault("" if path.name == UNSORTED else path.name, []).append(path)
    return replace(
        sources,
        roster=[*before, *rosters],
        photos=[*sources.photos, *photos],
        references=references,
        whole=[*sources.whole, *photos, *kinds],
    )


def _rank(folder: Path) -> tuple[int, str]:
    """Kinds that the site's file does not name stand in the usual order, which is best first."""
    known = list(WORDS)
    return (known.index(folder.name) if folder.name in known else len(known), folder.name)


def _if_there(folder: Path) -> list[Path]:
    return [folder] if folder.is_dir() else []


def reference_kinds(site: Site, cohort: str) -> tuple[str, ...]:
    """Kinds of reference that may be handed in: the site file's own, and the usual ones."""
    own = (kind for kind in site.cohorts[cohort].references if kind and _names_a_folder(kind))
    return tuple(dict.fromkeys((*own, *WORDS, UNSORTED)))


def _names_a_folder(kind: str) -> bool:
    return kind == Path(kind).name and not kind.startswith(".") and "\\" not in kind
