"""Machines that ask for single checks: which have a token, another one, one withdrawn."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from pipeline.core.errors import ConfigError
from pipeline.core.said import worded
from pipeline.desk.web.pages import page
from pipeline.desk.web.paths import go
from pipeline.hub import machines
from pipeline.hub.checking import Checking
from pipeline.hub.standards import Standards
from pipeline.hub.visits import AdministratorVisit, Visit

router = APIRouter()
AskedName = Annotated[str, Form(max_length=100)]


@router.get("/people/machines")
def show_machines(
    request: Request, visit: AdministratorVisit, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Every machine with a token, and the form for another."""
    return _machines(request, visit, done="removed" if done == "removed" else "")


@router.post("/people/machines")
def add_machine(request: Request, visit: AdministratorVisit, name: AskedName) -> Response:
    """Make a machine's account; this answer, which nothing stores, alone shows its token."""
    name = name.strip()
    try:
        token = machines.add(visit.ledger, name, visit.who)
    except ConfigError as error:
        fault = worded(error.message, visit.lang)
        return _machines(request, visit, status=422, fault=fault, written=name)
    checking: Checking = request.app.state.checking
    if len(visit.ledger.machines.listed()) == 1:  # the first: nothing has been ready until now
        checking.warm(Standards(visit.site).rules())
    return _machines(request, visit, made=name, token=token)


@router.post("/people/machines/remove")
def remove_machine(request: Request, visit: AdministratorVisit, name: AskedName) -> Response:
    """Withdraw a machine's token at once."""
    try:
        machines.remove(visit.ledger, name, visit.who)
    except ConfigError as error:
        return _machines(request, visit, status=422, fault=worded(error.message, visit.lang))
    return go(request, "/people/machines?done=removed")


def _machines(
    request: Request,
    visit: Visit,
    *,
    status: int = 200,
    done: str = "",
    fault: str = "",
    written: str = "",
    made: str = "",
    token: str = "",
) -> Response:
    return page(
        request,
        "machines",
        visit.session,
        status=status,
        machines=machines.known(visit.ledger),
        most=visit.site.check.per_minute,
        done=done,
        fault=fault,
        written=written,
        made=made,
        token=token,
    )
