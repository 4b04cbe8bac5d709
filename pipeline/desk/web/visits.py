"""Who is asking: session, role, CSRF token and language of a request, checked before any page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from secrets import compare_digest, token_urlsafe
from typing import Annotated, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from pydantic import AfterValidator, WithJsonSchema
from starlette.responses import Response

from pipeline.core.words import DEFAULT_LANGUAGE, Language, languages
from pipeline.desk import accounts
from pipeline.desk.accounts import DESK_ROLES, Role, Session
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.queue import Asker
from pipeline.desk.web.cookies import COOKIE, KNOCK, LANGUAGE, keep, kept
from pipeline.desk.web.paths import inside
from pipeline.store.lending import Lending
from pipeline.store.people import People

HASHED_AT_ONCE = 2  # argon2 takes 64 MiB each
MOST_WAITING = 200  # who come after them are told to come again
_T = TypeVar("_T")


class RefusedError(Exception):
    """The request is answered with `status` and the words of this key, and nothing else."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may make it."""

    desk: Desk
    session: Session
    lang: Language

    @property
    def asker(self) -> Asker:
        """Who asks the queue."""
        return Asker(self.session.who, self.session.role)


@dataclass(frozen=True, slots=True)
class Guest:
    """One request of anybody who has come in, about themselves."""

    ledger: People
    session: Session
    lang: Language


def language(request: Request) -> Language:
    """The chosen language, else the browser's, else Chinese."""
    wanted = kept(request, LANGUAGE) or request.headers.get("accept-language", "")[:2]
    return wanted if wanted in languages() else DEFAULT_LANGUAGE


def address(request: Request) -> str:
    """Where the request comes from."""
    return request.client.host if request.client else ""


class Gate(Protocol):
    """Where an application knows people by: a desk's own run, or the site that it is part of."""

    def people(self, request: Request) -> AbstractContextManager[People]:
        """What holds accounts and sessions, open for one request."""

    def session(self, opened: Desk, cookie: str) -> Session | None:
        """Whose cookie comes to a desk."""


class OwnGate:
    """The gate of a desk by itself: its run's ledger knows the people."""

    @contextmanager
    def people(self, request: Request) -> Iterator[People]:
        """The ledger of the run. Raises StoreError where the run cannot be read."""
        with contextmanager(desk)(request) as opened:
            yield opened.ledger

    def session(self, opened: Desk, cookie: str) -> Session | None:
        """Whose cookie it is."""
        return accounts.session(opened.ledger, cookie)


def people(request: Request) -> Iterator[People]:
    """Where people are known, for one request."""
    gate: Gate = request.app.state.gate
    with gate.people(request) as opened:
        yield opened


OpenPeople = Annotated[People, Depends(people)]


def desk(request: Request) -> Iterator[Desk]:
    """The run's desk for one request, its queue up to date.

    Raises:
        StoreError: The run cannot be read.
    """
    lending: Lending[Desk] = request.app.state.lending
    with lending.lent() as opened:
        opened.refresh()
        yield opened
        if (heads := request.app.state.heads) is not None:
            heads.keep(opened.ledger)


OpenDesk = Annotated[Desk, Depends(desk)]


async def token(request: Request) -> str:
    """The CSRF token that came with a request: header, or field of its form."""
    if header := request.headers.get("x-csrf-token"):
        return header
    if request.method != "POST":
        return ""
    return str((await request.form()).get("csrf", ""))


Token = Annotated[str, Depends(token)]


def admitted(
    request: Request, ledger: People, session: Session | None, roles: Collection[Role], csrf: str
) -> Session:
    """The session, if it may do what it asks for; a refusal is put on record.

    Raises:
        RefusedError: 401 without a session, 403 with the wrong role or a forged token.
    """
    if session is None:
        raise RefusedError(401, "no_session")
    request.state.session = session  # a refusal is a page with a menu too
    if session.role not in roles:
        ledger.record(session.who, "refused", path=inside(request))
        raise RefusedError(403, "wrong_role")
    if request.method != "GET" and not compare_digest(csrf.encode(), session.csrf.encode()):
        ledger.record(session.who, "forged_token", path=inside(request))
        raise RefusedError(403, "forged_token")
    return session


def admits(*roles: Role) -> Callable[..., Iterator[Visit]]:
    """A dependency that lets in these roles only.

    The desk is opened here, not by a dependency of its own: each takes a thread's turn, and whoever
    judges waits for all of them.

    Raises:
        RefusedError: 401 without a session, 403 with the wrong role or a forged token.
    """

    def visit(request: Request, csrf: Token) -> Iterator[Visit]:
        gate: Gate = request.app.state.gate
        with contextmanager(desk)(request) as opened:
            known = gate.session(opened, kept(request, COOKIE))
            session = admitted(request, opened.ledger, known, roles, csrf)
            opened.see_only(session.colleges)
            yield Visit(opened, session, language(request))

    return visit


def guest(request: Request, ledger: OpenPeople, csrf: Token) -> Guest:
    """Anybody who has come in.

    Raises:
        RefusedError: 401 without a session, 403 with a forged token.
    """
    known = accounts.session(ledger, kept(request, COOKIE))
    return Guest(ledger, admitted(request, ledger, known, list(Role), csrf), language(request))


AnyGuest = Annotated[Guest, Depends(guest)]
JudgeVisit = Annotated[Visit, Depends(admits(Role.REVIEWER, Role.LEAD))]
LeadVisit = Annotated[Visit, Depends(admits(Role.LEAD))]
OverseerVisit = Annotated[Visit, Depends(admits(Role.LEAD, Role.AUDITOR))]
AnyVisit = Annotated[Visit, Depends(admits(*DESK_ROLES))]


def knock(request: Request, response: Response) -> str:
    """A token for the login form, kept in a cookie too: only our own page knows both."""
    value = kept(request, KNOCK) or token_urlsafe(24)
    keep(request, response, KNOCK, value)
    return value


def knocked(request: Request, csrf: str) -> None:
    """Refuse a login form that is not ours.

    Raises:
        RefusedError: 403.
    """
    known = kept(request, KNOCK)
    if not known or not compare_digest(known.encode(), csrf.encode()):
        raise RefusedError(403, "forged_token")


async def hashing(request: Request, work: Callable[[], _T]) -> _T:
    """Do what computes argon2 hashes: few at once, in the order of arrival.

    They wait outside the threads that answer other requests, which so go on being answered.

    Raises:
        TooManyTriesError: Too many wait already.
    """
    slots: CapacityLimiter = request.app.state.hashing
    if slots.statistics().tasks_waiting >= MOST_WAITING:
        raise accounts.TooManyTriesError(30)
    return await to_thread.run_sync(work, limiter=slots)


def known_language(name: str) -> Language:
    """The name of a language that there is; ValueError for another."""
    if name not in languages():
        raise ValueError(f"allowed: {', '.join(languages())}")
    return name


LanguageName = Annotated[
    Language,
    AfterValidator(known_language),
    WithJsonSchema({"type": "string", "enum": list(languages())}),
]
