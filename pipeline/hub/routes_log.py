"""The site's log: who came in, who was given an account, what was handed in, started, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pipeline.core.privacy import Mask
from pipeline.core.said import recognised, worded
from pipeline.desk import heads
from pipeline.desk.web.log_words import line_of
from pipeline.desk.web.pages import page
from pipeline.desk.web.visits import RefusedError
from pipeline.hub.visits import OverseerVisit

router = APIRouter()
LINES = 100


@router.get("/log")
def show_log(
    request: Request,
    visit: OverseerVisit,
    before: Annotated[int, Query(ge=1, le=2**62)] = 2**62,
) -> Response:
    """The log, newest first, and whether it is as it was written.

    It tells of all colleges, so it is not for who sees some of them only.
    """
    if visit.scoped:
        visit.record("refused", path="/log")
        raise RefusedError(403, "wrong_role")
    checked = visit.ledger.verify()
    if not checked.fault:
        checked = replace(checked, fault=heads.fault(visit.ledger, None))
    lines = visit.ledger.log.latest(before, LINES)
    told = [line_of(line, Mask(), visit.lang) for line in lines]
    visit.record("log_read")
    fault = worded(recognised(checked.fault, "audit_fault"), visit.lang) if checked.fault else ""
    return page(request, "log", visit.session, checked=checked, fault=fault, lines=told, full=LINES)
