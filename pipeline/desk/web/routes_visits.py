"""Coming in and going out: login, one-time token, logout, language, style sheets."""

from __future__ import annotations

from typing import Annotated

from anyio import sleep
from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from pipeline.desk import accounts
from pipeline.desk.passwords import SHORTEST, fault
from pipeline.desk.web.edge import HEAD
from pipeline.desk.web.pages import page, static
from pipeline.desk.web.visits import (
    COOKIE,
    LANGUAGE,
    AnyVisit,
    Back,
    LanguageName,
    OpenDesk,
    RefusedError,
    Visit,
    address,
    drop,
    go,
    hashing,
    inside,
    keep,
    kept,
    knock,
    knocked,
    own_path,
)

router = APIRouter()


def door(request: Request, status: int = 200, *, wrong: bool = False) -> Response:
    """The login page; on a desk without accounts, where to find its address."""
    probe = Response()
    token = knock(request, probe)
    back = inside(request) if request.method == "GET" else "/"
    response = page(
        request,
        "door",
        status=status,
        knock=token,
        wrong=wrong,
        back="/" if back == "/login" else back,
    )
    response.headers.append("set-cookie", probe.headers["set-cookie"])
    return response


@router.get("/login")
def ask(request: Request) -> Response:
    """The login page."""
    return door(request)


@router.post("/login")
async def log_in(
    request: Request,
    opened: OpenDesk,
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    csrf: Annotated[str, Form(max_length=100)] = "",
    back: Annotated[str, Form(max_length=300)] = "/",
) -> Response:
    """Open a session for a name and its password."""
    knocked(request, csrf)
    if not request.app.state.accounts:
        raise RefusedError(403, "no_accounts")
    ledger, source = opened.ledger, address(request)
    await sleep(await run_in_threadpool(accounts.slowed_s, ledger, name))
    cookie = await hashing(request, lambda: accounts.log_in(ledger, name, password, source))
    if cookie is None:
        return door(request, 401, wrong=True)
    response = go(request, own_path(back))
    keep(request, response, COOKIE, cookie)
    return response


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
    cookie = accounts.redeem(opened.ledger, token, address(request), known)
    if cookie is None:
        raise RefusedError(403, "token_spent")
    response = go(request, "/")
    keep(request, response, COOKIE, cookie)
    return response


@router.post("/logout")
def log_out(request: Request, visit: AnyVisit) -> Response:
    """Close the session."""
    accounts.end(visit.desk.ledger, kept(request, COOKIE), visit.session.who)
    response = go(request, "/login")
    drop(request, response, COOKIE)
    return response


@router.get("/account")
def account(request: Request, visit: AnyVisit) -> Response:
    """Where people change their own password."""
    return _account(request, visit)


@router.post("/account")
async def change_password(
    request: Request,
    visit: AnyVisit,
    current: Annotated[str, Form(max_length=1000)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    again: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Change one's own password, knowing the old one; one's sessions elsewhere end."""
    who, ledger, source = visit.session.who, visit.desk.ledger, address(request)
    if said := fault(password, who):
        return _account(request, visit, 422, said)
    if password != again:
        return _account(request, visit, 422, "not_the_same")
    cookie = kept(request, COOKIE)
    if not await hashing(
        request, lambda: accounts.change_own(ledger, who, current, password, source, cookie)
    ):
        return _account(request, visit, 403, "wrong_password")
    return _account(request, visit, said="changed")


def _account(request: Request, visit: Visit, status: int = 200, said: str = "") -> Response:
    if not request.app.state.accounts:
        raise RefusedError(404, "not_found")
    return page(request, "account", visit.session, status=status, said=said, least=SHORTEST)


@router.get("/language/{name}")
def choose_language(request: Request, name: LanguageName, back: Back) -> Response:
    """Remember the language and go back."""
    response = go(request, back)
    keep(request, response, LANGUAGE, name)
    return response


@router.get("/static/{name}")
def asset(name: str) -> Response:
    """A style sheet, script or icon of ours; nothing else lies here."""
    found = static(name)
    if found is None:
        raise RefusedError(404, "not_found")
    content, kind = found
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})
