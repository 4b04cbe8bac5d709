"""The list of cohorts and each one's own page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.desk.accounts import DESK_ROLES, Role
from pipeline.desk.web.pages import page
from pipeline.desk.web.visits import go
from pipeline.hub.cohorts import standing
from pipeline.hub.visits import AnyVisit, AskedCohort, CohortVisit

router = APIRouter()


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
def show_cohort(request: Request, visit: CohortVisit, asked: AskedCohort) -> Response:
    """One cohort."""
    return page(
        request,
        "cohort",
        visit.session,
        one=standing(visit.site, asked.name, visit.session.colleges),
        at_desk=visit.session.role in DESK_ROLES,
    )
