"""A student's erasure over all cohorts of a site: runs, nights, and what the inbox still holds.

What is not the site's own is only named: the registry's rosters and photos are their owner's to
delete, and as long as they lie there the next night takes them in again. What people handed in by
the browser is the site's own: the student's files are taken out of it (`taking_out`).
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipeline.core.errors import IntakeStopped, PhotoproofError, StoreError
from pipeline.night.erasing import Erased, any_names, erase_student, named_in
from pipeline.night.folder import DATABASE
from pipeline.night.intake import read_intake
from pipeline.site.config import Site
from pipeline.site.deliveries import DELIVERIES, UPLOADS
from pipeline.site.keeping import keep_night, nights_of
from pipeline.site.nights import one_night_at_a_time
from pipeline.site.sources import sources_of
from pipeline.site.taking_out import TakenOut, take_out
from pipeline.store.forgetting import Marks


@dataclass(frozen=True, slots=True)
class CohortErased:
    """What became of a student's data in one cohort.

    Attributes:
        run: What its run held; None where it has had none.
        nights: Folders of nights whose reports named the student, and were deleted.
        handed_in: Files of the inbox that still hold the student, or say why none can be told.
        taken_out: Files and archives handed in by the browser that held something of the student.
    """

    cohort: str
    run: Erased | None
    nights: tuple[str, ...]
    handed_in: tuple[str, ...]
    taken_out: tuple[TakenOut, ...] = ()


def erase_from_site(
    site: Site, number: str, by: str, only: Sequence[str] = ()
) -> list[CohortErased]:
    """Delete all that a site's own folders hold of one student, and prove it.

    Args:
        site: From its file.
        number: Student, candidate or ID number.
        by: Who orders it.
        only: Names of cohorts; all of them by default.

    Raises:
        StoreError: A night or a desk is at work, a file cannot be written, or something is left.
    """
    with one_night_at_a_time(site):
        done = [_erased(site, name, number, by) for name in only or site.cohorts]
        marks = Marks({number}.union(*(one.run.marks.known for one in done if one.run)))
        _prove(site, [one.cohort for one in done], marks)
    return done


def _erased(site: Site, name: str, number: str, by: str) -> CohortErased:
    run = site.run_of(name)
    erased = erase_student(run, number, by, site.lang) if (run / DATABASE).is_file() else None
    marks = erased.marks if erased else Marks({number})
    nights = nights_of(site, name)
    gone = [night for night in nights if any_names(night.rglob("*"), marks)]
    for night in gone:
        shutil.rmtree(night)
    if gone and gone[-1] == nights[-1]:
        with suppress(ValueError):  # a folder of somebody's own
            keep_night(
                site, name, date.fromisoformat(nights[-1].name[:10])
            )  # what was written anew
    found, taken = _handed_in(site, name, marks, by)
    return CohortErased(name, erased, tuple(n.name for n in gone), tuple(found), tuple(taken))


def _handed_in(site: Site, name: str, marks: Marks, by: str) -> tuple[list[str], list[TakenOut]]:
    """What a night would take in of the student: the roster's row, photos and references.

    Of it is taken out what can be; that comes second.
    """
    told = [str(path) for path in _files(site.home_of(name) / UPLOADS) if named_in(path, marks)]
    try:
        sources = replace(sources_of(site, name), settled_before=math.inf)
        found = read_intake(sources, site.run_of(name))
    except IntakeStopped:  # there is no roster, or are no photos
        lying = _files(site.home_of(name) / DELIVERIES)
        return told + [str(path) for path in lying if named_in(path, marks)], []
    except PhotoproofError as error:
        return [*told, f"{type(error).__name__}: its inbox cannot be read"], []
    keys = set()
    for job in found.jobs:
        subject = job.subject
        own = (subject.student_key, subject.student_no, subject.candidate_no, subject.id_number)
        if marks.known.intersection(own):
            keys.add(subject.student_key)
            told.append(f"roster, row {subject.row}")
    theirs = [f for f in found.delivered if f.student_key in keys or marks.stand_in(f.path)]
    done, gone = take_out(site, name, found.delivered, keys, marks, by) if theirs else ([], set())
    return told + [f.path for f in theirs if f.path not in gone], done


def _prove(site: Site, names: Sequence[str], marks: Marks) -> None:
    """Look for the student in every file below the cohorts' folders.

    Raises:
        StoreError: A file still names the student.
    """
    homes = [site.home_of(name) for name in names]
    theirs = {home / name for home in homes for name in (DELIVERIES, UPLOADS)}
    files = [path for home in homes for path in _files(home) if theirs.isdisjoint(path.parents)]
    left = [path for path in files if named_in(path, marks)]
    if left:
        where = tuple(str(path.relative_to(site.path(site.home))) for path in left)
        raise StoreError("student_left_below", where=where)


def _files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
