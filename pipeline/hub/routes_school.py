"""The way to the school's sign-in and back."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from pipeline.core.privacy import masked
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.desk.web.cookies import COOKIE, drop, keep, kept
from pipeline.desk.web.pages import page
from pipeline.desk.web.paths import Back, go
from pipeline.desk.web.visits import RefusedError, address
from pipeline.hub.away import SchoolError
from pipeline.hub.school import School
from pipeline.hub.visits import OpenLedger
from pipeline.store.site_ledger import BY_SCHOOL, SiteLedger

router = APIRouter()
AWAY = "photoproof_away"  # the cookie of a browser that is at the provider
_STATUS = {"school_unreachable": 503, "too_many": 429}


@router.get("/login/school")
def leave(request: Request, back: Back) -> Response:
    """Send somebody to the school's sign-in."""
    browser = token_urlsafe(24)
    try:
        response = RedirectResponse(_school(request).leave(browser, back), 303)
    except SchoolError as error:
        return _refused(request, error)
    keep(request, response, AWAY, browser, along_links=True)
    return response


@router.get("/login/school/return")
def come_back(
    request: Request,
    ledger: OpenLedger,
    code: Annotated[str, Query(max_length=4000)] = "",
    ticket: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str | None, Query(max_length=500)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Open a session for who comes back, if the site knows them."""
    given = {"code": code, "ticket": ticket, "state": state}
    given |= {k: v for k, v in (("iss", iss), ("error", error)) if v is not None}
    try:
        name, back = _school(request).come_back(kept(request, AWAY), given)
        role = _known(ledger, name)
    except SchoolError as refusal:
        who = masked(refusal.name)[:40] or "unknown"
        ledger.record(who, "login_refused", address=address(request), by="school", why=refusal.why)
        return _refused(request, refusal)
    cookie = accounts.begin(ledger, name, role, address(request))
    response = go(request, back)
    keep(request, response, COOKIE, cookie)
    drop(request, response, AWAY)
    return response


def _known(ledger: SiteLedger, name: str) -> Role:
    """What an account's owner may do. Raises SchoolError where there is none for this sign-in."""
    person = ledger.accounts.person(name)
    if person is None or person.signs_in != BY_SCHOOL:
        raise SchoolError("school_unknown", "no_account", name)
    return Role(person.role)


def _school(request: Request) -> School:
    school: School | None = request.app.state.school
    if school is None:
        raise RefusedError(404, "not_found")
    return school


def _refused(request: Request, error: SchoolError) -> Response:
    response = page(
        request,
        "school",
        status=_STATUS.get(error.key, 403),
        key=error.key,
        account=masked(error.name)[:60],
    )
    drop(request, response, AWAY)
    return response
