"""What leads and auditors read: the action log, reviewers' agreement, the work list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from pipeline.core.said import recognised, worded
from pipeline.core.words import words
from pipeline.desk.cases import oversight, scope
from pipeline.desk.cases.audit import verified
from pipeline.desk.cases.work import Chosen, choices, row
from pipeline.desk.web.log_words import line_of
from pipeline.desk.web.pages import page
from pipeline.desk.web.visits import LeadVisit, OverseerVisit

router = APIRouter()
LINES = 100


@router.get("/audit")
def audit(
    request: Request,
    visit: OverseerVisit,
    before: Annotated[int, Query(ge=1, le=2**62)] = 2**62,
) -> Response:
    """The action log, newest first, and whether it is as it was written."""
    ledger = visit.desk.ledger
    checked, lines = verified(visit.desk), ledger.log.latest(before, LINES)
    lines = scope.within(visit.desk, lines) if visit.desk.scoped else lines
    veiled = oversight.veiled(visit.desk, visit.session, lines)
    told = [line_of(line, visit.desk.mask, visit.lang) for line in lines]
    ledger.record(visit.session.who, "log_read")
    return page(
        request,
        "audit",
        visit.session,
        checked=checked,
        fault=worded(recognised(checked.fault, "audit_fault"), visit.lang),
        lines=told,
        full=LINES,
        veiled=veiled,
    )


@router.get("/agreement")
def agreement(request: Request, visit: LeadVisit) -> Response:
    """How often each reviewer agreed with cases the machine was sure of."""
    visit.desk.ledger.record(visit.session.who, "agreement_read")
    return page(request, "agreement", visit.session, rows=oversight.agreement(visit.desk))


def chosen(
    state: Annotated[str, Query(max_length=20)] = "",
    college: Annotated[str, Query(max_length=200)] = "",
    class_name: Annotated[str, Query(max_length=200)] = "",
    registry: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> Chosen:
    """Which lines of the work list an address asks for."""
    return Chosen(state, college, class_name, registry, q.strip())


ChosenWork = Annotated[Chosen, Depends(chosen)]


@router.get("/worklist")
def worklist(request: Request, visit: LeadVisit, wanted: ChosenWork) -> Response:
    """What registry, students, machine and staff say, and where that leaves work."""
    visit.desk.ledger.record(visit.session.who, "worklist_read")
    every = oversight.worklist(visit.desk, visit.session.who)
    told = wanted.of(every)
    return page(
        request,
        "worklist",
        visit.session,
        k=words("work", visit.lang),
        work=[(line, row(line, visit.lang)) for line in told],
        total=len(every),
        chosen=wanted,
        choices=choices(every),
        table=oversight.confusion(visit.desk),
    )
