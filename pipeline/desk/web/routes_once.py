"""Coming in by the one-time token, to a desk without accounts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.desk import accounts, once
from pipeline.desk.web.cookies import COOKIE, keep, kept
from pipeline.desk.web.edge import HEAD
from pipeline.desk.web.paths import go
from pipeline.desk.web.routes_visits import door
from pipeline.desk.web.visits import OpenDesk, RefusedError, address

router = APIRouter()


@router.get("/enter")
def enter(request: Request, opened: OpenDesk, token: str = "") -> Response:
    """Open the one session of a desk without accounts."""
    if HEAD in request.scope:  # who only asks whether it is there must not spend the token
        return door(request)
    if request.app.state.accounts:
        raise RefusedError(404, "not_found")
    known = kept(request, COOKIE)
    if accounts.session(opened.ledger, known):
        return go(request, "/")
    cookie = once.redeem(opened.ledger, token, address(request), known)
    if cookie is None:
        raise RefusedError(403, "token_spent")
    response = go(request, "/")
    keep(request, response, COOKIE, cookie)
    return response
