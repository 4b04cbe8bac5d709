"""What is kept of whom until when; nights delete it by then, and `photoproof purge` before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.desk.web.pages import page
from pipeline.hub.cohorts import has_run, last_night
from pipeline.hub.visits import AdministratorVisit
from pipeline.site.config import Site
from pipeline.site.disclosure import disclosed
from pipeline.site.keeping import nights_of

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is held of a cohort, and until when.

    Attributes:
        students: In the last night's roster; None where there was no night.
        until: The last day; None where the site's file says no end.
        left: Days that are left.
    """

    name: str
    title: str
    students: int | None
    nights: int
    has_run: bool
    until: date | None
    left: int | None


def kept(site: Site, today: date) -> list[Kept]:
    """Every cohort."""
    found = []
    for name, cohort in site.cohorts.items():
        night, until = last_night(site, name), cohort.kept_until
        left = None if until is None else (until - today).days
        students = None if night is None else night.students
        nights = len(nights_of(site, name))
        held = has_run(site, name)
        found.append(Kept(name, cohort.title or name, students, nights, held, until, left))
    return found


@router.get("/retention")
def show_retention(request: Request, visit: AdministratorVisit) -> Response:
    """Each cohort's end, and what the site's file says of people's data."""
    return page(
        request,
        "retention",
        visit.session,
        kept=kept(visit.site, date.today()),
        facts=list(disclosed(visit.site, visit.lang)),
    )
