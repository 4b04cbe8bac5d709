"""How a cohort stands: its last night, the work that waits, and what is there to be seen of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

from pipeline.core.errors import PhotoproofError
from pipeline.desk.cases.desk import Desk
from pipeline.night.folder import DATABASE, LEDGER, SUMMARY
from pipeline.site.config import Site
from pipeline.site.keeping import nights_of
from pipeline.store.items import Item, Wanted
from pipeline.store.ledger import Ledger
from pipeline.store.summary import RunSummary

MOST_LACKING = 500  # students without a photo in one list


@dataclass(frozen=True, slots=True)
class Standing:
    """How one cohort stands, for one person.

    Attributes:
        night: What the last night that ended well said; None before the first.
        states: Cases of the desk by state, of the colleges that the person sees.
        nights: How many nights' reports are kept.
        has_run: There is a run, whose desk can be opened.
        readable: Its desk could be read just now.
        students: Of the colleges that the person sees; those of them who have a photo.
        lacking: The first of those who have none.
    """

    name: str
    title: str
    night: RunSummary | None = None
    states: Mapping[str, int] = field(default_factory=dict)
    nights: int = 0
    has_run: bool = False
    readable: bool = True
    students: int = 0
    with_photo: int = 0
    lacking: Sequence[Item] = ()

    @property
    def waiting(self) -> int:
        """Cases that wait for somebody's answer."""
        return self.states.get("todo", 0)

    @property
    def following(self) -> int:
        """Cases that were judged and wait for what follows."""
        return sum(self.states.get(s, 0) for s in ("reshoot", "correct", "file", "student"))


def has_run(site: Site, cohort: str) -> bool:
    """Whether a cohort has a run, whose desk can be opened."""
    return (site.run_of(cohort) / DATABASE).is_file()


def standing(site: Site, cohort: str, colleges: Sequence[str] = ()) -> Standing:
    """How a cohort stands for somebody who sees these colleges; empty for all."""
    title = site.cohorts[cohort].title or cohort
    if not has_run(site, cohort):
        return Standing(cohort, title)
    night, states, readable = last_night(site, cohort), dict[str, int](), True
    students, with_photo, lacking = 0, 0, list[Item]()
    try:
        with closing(Desk(site.run_of(cohort))) as desk:
            desk.refresh()
            desk.see_only(colleges)
            states = dict(desk.ledger.items.counts(Wanted(), "state"))
            students, with_photo = desk.ledger.items.balance()
            lacking = desk.ledger.items.lacking(MOST_LACKING) if with_photo < students else []
    except (PhotoproofError, sqlite3.Error, OSError):
        readable = False
    nights = len(nights_of(site, cohort))
    return Standing(
        cohort, title, night, states, nights, True, readable, students, with_photo, lacking
    )


def known_colleges(site: Site) -> list[str]:
    """The colleges of all cohorts' students, as their rosters name them."""
    found: set[str] = set()
    for name in site.cohorts:
        ledger = site.run_of(name) / LEDGER
        if ledger.is_file():
            with suppress(PhotoproofError, sqlite3.Error, OSError), Ledger(ledger) as opened:
                found.update(opened.items.colleges())
    return sorted(found)


def last_night(site: Site, cohort: str) -> RunSummary | None:
    """What the last night that ended well said; None where there is none to be read."""
    try:
        return RunSummary.read((site.run_of(cohort) / SUMMARY).read_text("utf-8"), SUMMARY)
    except (OSError, ValueError, PhotoproofError):
        return None
