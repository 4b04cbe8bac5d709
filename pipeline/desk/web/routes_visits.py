"""Coming in and going out: login, logout, one's own password; the same at a desk and in a hub."""

from __future__ import annotations

from typing import Annotated

from anyio import sleep
from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from pipeline.desk import accounts
from pipeline.desk.passwords import SHORTEST, fault
from pipeline.desk.web.cookies import COOKIE, drop, keep, kept
from pipeline.desk.web.pages import Pages, page
from pipeline.desk.web.paths import go, home, own_path
from pipeline.desk.web.visits import (
    AnyGuest,
    Guest,
    OpenPeople,
    RefusedError,
    address,
    hashing,
    knock,
    knocked,
)

router = APIRouter()


def door(request: Request, status: int = 200, *, wrong: bool = False) -> Response:
    """The login page; on a desk without accounts, where to find its address."""
    probe = Response()
    token = knock(request, probe)
    back = request.url.path.removeprefix(home(request)) if request.method == "GET" else "/"
    front: Pages = request.app.state.front
    response = front.page(
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
    ledger: OpenPeople,
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    csrf: Annotated[str, Form(max_length=100)] = "",
    back: Annotated[str, Form(max_length=300)] = "/",
) -> Response:
    """Open a session for a name and its password."""
    knocked(request, csrf)
    if not request.app.state.accounts:
        raise RefusedError(403, "no_accounts")
    source = address(request)
    await sleep(await run_in_threadpool(accounts.slowed_s, ledger, name))
    cookie = await hashing(request, lambda: accounts.log_in(ledger, name, password, source))
    if cookie is None:
        return door(request, 401, wrong=True)
    response = go(request, own_path(back))
    keep(request, response, COOKIE, cookie)
    return response


@router.post("/logout")
def log_out(request: Request, guest: AnyGuest) -> Response:
    """Close the session."""
    accounts.end(guest.ledger, kept(request, COOKIE), guest.session.who)
    response = go(request, "/login")
    drop(request, response, COOKIE)
    return response


@router.get("/account")
def account(request: Request, guest: AnyGuest) -> Response:
    """Where people change their own password."""
    return _account(request, guest)


@router.post("/account")
async def change_password(
    request: Request,
    guest: AnyGuest,
    current: Annotated[str, Form(max_length=1000)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    again: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Change one's own password, knowing the old one; one's sessions elsewhere end."""
    who, ledger, source = guest.session.who, guest.ledger, address(request)
    if said := fault(password, who):
        return _account(request, guest, 422, said)
    if password != again:
        return _account(request, guest, 422, "not_the_same")
    cookie = kept(request, COOKIE)
    if not await hashing(
        request, lambda: accounts.change_own(ledger, who, current, password, source, cookie)
    ):
        return _account(request, guest, 403, "wrong_password")
    return _account(request, guest, said="changed")


def _account(request: Request, guest: Guest, status: int = 200, said: str = "") -> Response:
    if not request.app.state.accounts:
        raise RefusedError(404, "not_found")
    return page(request, "account", guest.session, status=status, said=said, least=SHORTEST)
