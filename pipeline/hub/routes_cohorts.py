"""The list of cohorts and each one's own page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pipeline.core.words import words
from pipeline.desk.accounts import DESK_ROLES, Role
from pipeline.desk.web.pages import page
from pipeline.desk.web.paths import go
from pipeline.hub.cohorts import standing
from pipeline.hub.history import past_nights
from pipeline.hub.routes_nights import work_values
from pipeline.hub.visits import AnyVisit, AskedCohort, CohortVisit
from pipeline.site.deliveries import deliveries_of

router = APIRouter()
_SHOWN = 21  # deliveries


@router.get("/")
def show_cohorts(request: Request, visit: AnyVisit) -> Response:
    """Every cohort with its last night and what waits; who sees to people is led there."""
    if visit.session.role is Role.ADMINISTRATOR:
        return go(request, "/people")
    found = [standing(visit.site, name, visit.session.colleges) for name in visit.site.cohorts]
    return page(
        request,
        "cohorts",
        visit.session,
        cohorts=found,
        waiting=sum(one.waiting for one in found),
        at_desk=visit.session.role in DESK_ROLES,
    )


@router.get("/cohorts/{cohort}")
def show_cohort(
    request: Request,
    visit: CohortVisit,
    asked: AskedCohort,
    handed_in: Annotated[int, Query(ge=0, lt=10**7)] = 0,
) -> Response:
    """One cohort: how it stands, its night at work, its nights, what was handed in."""
    may_read = visit.session.role in (Role.LEAD, Role.AUDITOR) and not visit.scoped
    return page(
        request,
        "cohort",
        visit.session,
        one=standing(visit.site, asked.name, visit.session.colleges),
        at_desk=visit.session.role in DESK_ROLES,
        asked=asked,
        nights=past_nights(visit.site, asked.name) if may_read else [],
        deliveries=deliveries_of(visit.site, asked.name)[:-_SHOWN:-1] if may_read else [],
        may_read=may_read,
        may_hand_in=visit.session.role in (Role.LEAD, Role.UPLOADER),
        handed_in=handed_in,
        d=words("diff", visit.lang),
        **work_values(visit, asked),
    )
