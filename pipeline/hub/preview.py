"""What a night would understand of a cohort with what is being handed in, by intake's own code.

Run as a program, in a process of its own with limits of memory and time, because it opens what
strangers have packed: `python -m pipeline.hub.preview SITE COHORT FOLDER STATE [COLLEGE]...`
writes FOLDER/preview.json.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.core.delivery import Delivered, Fate, RosterSheet
from pipeline.core.errors import PhotoproofError
from pipeline.core.jsonfile import write_json
from pipeline.core.privacy import masked, masked_file_name
from pipeline.core.private import shield
from pipeline.core.said import Said, recognised, worded
from pipeline.core.types import Cohort
from pipeline.core.words import languages, remark_text, value_word
from pipeline.night.folder import DATABASE
from pipeline.night.intake import read_intake
from pipeline.night.rules import rules_of
from pipeline.night.safety import doubts
from pipeline.site.config import Site, load_site
from pipeline.site.deliveries import ROSTER, Delivery
from pipeline.site.sources import sources_and_draft
from pipeline.source.balance import balance
from pipeline.source.spreadsheet import bound_process
from pipeline.store import Store

FILE = "preview.json"
MEMORY_BYTES, CPU_SECONDS = 4 << 30, 600
MOST_SHOWN = 300  # files of a list
MOST_NAMED = 200

InWords = dict[str, str]  # a sentence by language


def preview(site: Site, cohort: str, draft: Path, colleges: Collection[str]) -> dict[str, Any]:
    """What is understood, as JSON's types.

    Args:
        site: The site.
        cohort: Name of the cohort.
        draft: Laid out as a delivery; it need not be there.
        colleges: Whose students whoever asks may know of; all where it is empty.
    """
    try:
        sources = sources_and_draft(site, cohort, Delivery(draft))
        known = read_intake(sources, site.run_of(cohort))
    except PhotoproofError as error:
        return {"fault": _both(error.message), "advice": _both(error.hint)}
    own = f"{draft}/"
    mine = [file for file in known.delivered if file.path.startswith(own)]
    theirs = {job.subject.student_key for job in known.jobs if job.subject.college in colleges}
    told: dict[str, Any] = {"files": _counts(mine), "replaced": _replaced(known, own)}
    if colleges:
        told["foreign"] = _foreign(mine, theirs)
        known = _narrowed(known, own, theirs)
        told["look"] = [_line(file, theirs) for file in _to_look_at(mine)][:MOST_SHOWN]
    else:
        told["foreign"] = []
        told["look"] = [_line(file, None) for file in _to_look_at(mine)][:MOST_SHOWN]
        rosters = {path.name for path in (draft / ROSTER).glob("*")}
        told["sheets"] = [_sheet(sheet, rosters) for sheet in known.sheets]
        told["remarks"] = [_remark(remark) for remark in known.remarks]
        told["doubts"] = [_both(doubt) for doubt in _doubts(site, cohort, known)]
        told |= _against_last(site, cohort, known)
    told["balance"] = balance(known)
    told["missing"] = [
        [job.subject.student_key, masked(job.subject.name), job.subject.college]
        for job in known.jobs
        if job.photo is None
    ][:MOST_NAMED]
    return told


def _doubts(site: Site, cohort: str, known: Cohort) -> list[str]:
    """Why the safety catch would stop a night."""
    policy = site.cohorts[cohort].policy
    own = None if policy is None else site.path(policy)
    rules, _ = rules_of(own, site.profile_of(cohort))
    title = site.cohorts[cohort].title or cohort
    # Where the run lies is nobody's business in a browser.
    return [
        Said(doubt.key, {**doubt.values, "out": title}) if isinstance(doubt, Said) else doubt
        for doubt in doubts(known, site.run_of(cohort), rules.intake)
    ]


def _against_last(site: Site, cohort: str, known: Cohort) -> dict[str, int]:
    """Students that the last night did not have, and those that it had and this one has not."""
    database = site.run_of(cohort) / DATABASE
    if not database.is_file():
        return {}
    with contextlib.suppress(PhotoproofError), Store(database, readonly=True) as store:
        before = set(store.cohort.last_night())
        now = {job.subject.student_key for job in known.jobs}
        return {"students_new": len(now - before), "students_gone": len(before - now)}
    return {}


def _counts(mine: Iterable[Delivered]) -> dict[str, dict[str, int]]:
    """Files of the delivery by kind and fate."""
    kinds: dict[str, Counter[str]] = {}
    for file in mine:
        kinds.setdefault(file.kind, Counter())[file.fate.value] += 1
    every = [fate.value for fate in Fate]
    return {
        kind: {"found": count.total(), **{fate: count[fate] for fate in every}}
        for kind, count in kinds.items()
    }


def _replaced(known: Cohort, own: str) -> int:
    """Students whose photo of before gives way to one of the delivery."""
    photos = [file for file in known.delivered if file.kind == "photo" and file.student_key]
    new = {f.student_key for f in photos if f.fate is Fate.USED and f.path.startswith(own)}
    aside = (f for f in photos if f.fate is Fate.SET_ASIDE and not f.path.startswith(own))
    return len(new & {file.student_key for file in aside if file.why != "same_bytes"})


def _to_look_at(mine: Iterable[Delivered]) -> Iterator[Delivered]:
    """Files that are not used, first those that are nobody's, then those used with a doubt."""
    rank = {Fate.UNREADABLE: 0, Fate.UNMATCHED: 1, Fate.NOT_A_PICTURE: 2, Fate.SET_ASIDE: 3}
    seen = [file for file in mine if file.weak or file.fate is not Fate.USED]
    yield from sorted(seen, key=lambda file: rank.get(file.fate, 4))


def _line(file: Delivered, theirs: Collection[str] | None) -> dict[str, Any]:
    """One file as a line; whom it may mean only as far as whoever asks may know of them."""
    keys = [file.student_key] if file.student_key else list(file.near)
    why = [text for text in (file.why, file.weak) if text]
    return {
        "name": _name(file),
        "kind": file.kind,
        "fate": file.fate.value,
        "students": [key for key in keys if theirs is None or key in theirs][:5],
        "why": {lang: "; ".join(value_word(w, lang) for w in why) for lang in languages()},
    }


def _foreign(mine: Iterable[Delivered], theirs: Collection[str]) -> list[str]:
    """Files that are, or may be, of students of another college; whose is not said."""
    return [
        _name(file)
        for file in mine
        if any(key not in theirs for key in (file.student_key, *file.near) if key)
    ][:MOST_NAMED]


def _narrowed(known: Cohort, own: str, theirs: Collection[str]) -> Cohort:
    """The cohort as a college's secretary may know it."""
    jobs = tuple(job for job in known.jobs if job.subject.student_key in theirs)
    files = (f for f in known.delivered if f.student_key in theirs or f.path.startswith(own))
    hidden = tuple(
        replace(f, student_key="", near=tuple(key for key in f.near if key in theirs))
        if f.student_key not in theirs
        else f
        for f in files
    )
    return replace(known, jobs=jobs, strays=(), remarks=(), delivered=hidden, sheets=())


def _sheet(sheet: RosterSheet, rosters: Collection[str]) -> dict[str, Any]:
    return {
        "file": masked_file_name(sheet.file),
        "sheet": sheet.sheet,
        "students": sheet.students,
        "why": _both(recognised(sheet.why, "sheet_why")) if sheet.why else {},
        "columns": {name: masked(title) for name, title in sheet.columns.items()},
        "unknown": [masked(title) for title in sheet.unknown],
        "new": sheet.file in rosters,
    }


def _remark(remark: str) -> InWords:
    return {lang: remark_text(remark, lang) for lang in languages()}


def _both(sentence: str) -> InWords:
    return {lang: worded(sentence, lang) for lang in languages()}


def _name(file: Delivered) -> str:
    return masked_file_name(file.name.encode("utf-8", "backslashreplace").decode())


def main(arguments: Sequence[str]) -> None:
    """Write the preview of one draft, whole or not at all."""
    place, cohort, folder, state, *colleges = arguments
    site = load_site(Path(place))
    told = preview(site, cohort, Path(folder) / "files", colleges)
    told |= {"state": state, "colleges": colleges}
    write_json(Path(folder) / FILE, told)


if __name__ == "__main__":
    shield()
    bound_process(MEMORY_BYTES, CPU_SECONDS)
    main(sys.argv[1:])
