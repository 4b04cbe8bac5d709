"""Taking a student's files out of what was handed in by the browser.

Of a file that lies by itself nothing is left; an archive is written anew without the student's.
Such a delivery is the site's own copy, and nobody can delete a part of it by hand.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.aside import replacing
from pipeline.core.delivery import Delivered, Fate
from pipeline.core.imagefile import MAX_MEMBERS, READ_ERRORS, open_regular
from pipeline.core.jsonfile import read_json, write_json
from pipeline.core.zip_cutting import cut
from pipeline.core.zip_directory import TooManyEntriesError
from pipeline.site.config import Site
from pipeline.site.deliveries import ABOUT, folder_of
from pipeline.site.people import site_ledger
from pipeline.store.forgetting import Marks

_UNCUT = (*READ_ERRORS, TooManyEntriesError, OSError)


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What was taken out of a delivery.

    Attributes:
        place: The file, or the archive that it was in; gone where nothing was left in it.
        files: How many files of the student's.
    """

    place: str
    files: int


def take_out(
    site: Site,
    cohort: str,
    files: Iterable[Delivered],
    keys: Collection[str],
    marks: Marks,
    by: str,
) -> tuple[list[TakenOut], set[str]]:
    """Delete a student's files, and write archives anew without them; on record in the site's log.

    What cannot be taken out is left as it is: members of an archive in an archive, encrypted ones,
    damaged archives and scans, a file that may be somebody else's too.

    Args:
        site: From its file.
        cohort: Whose deliveries are meant.
        files: Of the delivery, as a night understands them.
        keys: The student's.
        marks: What the student is known by.
        by: Who orders it.

    Returns:
        What was taken out, and the paths of files that are gone.

    Raises:
        StoreError: The site's log cannot be written.
    """
    below = folder_of(site, cohort)
    lying: dict[Path, dict[str, list[Delivered]]] = defaultdict(lambda: defaultdict(list))
    for one in files:
        file = one.file
        if file and not file.inside and below in file.path.parents:
            lying[file.path][file.member or ""].append(one)
    done, gone = list[TakenOut](), set[str]()
    for place, known in lying.items():
        names = {n for n, parts in known.items() if all(_is_of(p, keys, marks) for p in parts)}
        if names and (count := _delete(place) if "" in names else _cut(place, names)):
            done.append(TakenOut(str(place), count))
            gone.update(one.path for name in names for one in known[name])
            delivery = below / place.relative_to(below).parts[0]
            _tell_size(delivery)
            with site_ledger(site) as ledger:
                ledger.record(
                    by, "delivery_cut", cohort=cohort, delivery=delivery.name, files=count
                )
    return done, gone


def _is_of(file: Delivered, keys: Collection[str], marks: Marks) -> bool:
    """Whether a file is the student's and nobody else's; what cannot be looked into is not."""
    if file.fate is Fate.UNREADABLE:
        return False
    if file.student_key:
        return file.student_key in keys
    return marks.stand_in(file.name) and set(file.near) <= set(keys)


def _delete(file: Path) -> int:
    """How many files were deleted; 0 where it cannot be."""
    try:
        file.unlink()
    except OSError:
        return 0
    return 1


def _cut(archive: Path, names: Collection[str]) -> int:
    """How many members were taken out; 0 where the archive cannot be written anew."""
    try:
        with (
            open_regular(archive) as source,
            replacing(archive) as aside,
            aside.open("wb") as target,
        ):
            gone, left = cut(source, target, names, MAX_MEMBERS)
            target.flush()
            os.fsync(target.fileno())
        if not left:
            archive.unlink()
    except _UNCUT:
        return 0
    return gone


def _tell_size(delivery: Path) -> None:
    """Let a delivery say what it has now."""
    about = read_json(delivery / ABOUT)
    if about:
        files = [path for path in delivery.rglob("*") if path.is_file() and path.name != ABOUT]
        size = sum(path.stat().st_size for path in files)
        write_json(delivery / ABOUT, about | {"files": len(files), "size": size})
