"""`/api`: single photos checked for machines over HTTP, with its OpenAPI document.

An application of its own below the hub's: its callers bring a token and no cookie, and every
answer, refusals too, is JSON.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from pipeline import __version__
from pipeline.core.errors import PhotoproofError
from pipeline.desk.web.shell import NO_TELEMETRY
from pipeline.desk.web.visits import address
from pipeline.hub import machines
from pipeline.hub.api_shape import BODY, PARAMETERS, Answer, refusals, told
from pipeline.hub.checking import BusyError, Checking, Rates
from pipeline.hub.handed import NotHandedError, handed
from pipeline.hub.standards import Standards, UnknownRulesError
from pipeline.single.checked import Checked
from pipeline.site.config import Site
from pipeline.site.people import site_ledger

API = "/api"  # where it is mounted
REFUSED_EACH_S = 60  # how often wrong tokens of one address are put on record
_MOST_ADDRESSES = 1000  # that are remembered for it
_LOOK_S = 1.0  # how often is looked whether the caller still waits
_AGAIN_S = 5
_UNBOUND = 2**62  # bytes of a body: `handed` counts them, and says so as JSON

_bearer = HTTPBearer(auto_error=False, scheme_name="machine", description="photoproof site token")
Token = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class CallRefusedError(Exception):
    """A call is answered with `status` and the sentence of this key."""

    def __init__(self, status: int, key: str, wait_s: int = 0, **values: object) -> None:
        super().__init__(key)
        self.status, self.key, self.wait_s, self.values = status, key, wait_s, values


@dataclass(slots=True)
class Booth:
    """What all calls share.

    Attributes:
        site: Its ledger has machines' accounts.
        most: Bytes of a picture.
    """

    site: Site
    checking: Checking
    rates: Rates
    standards: Standards
    most: int
    _refused: dict[str, float] = field(default_factory=dict)

    def caller(self, given: HTTPAuthorizationCredentials | None, where: str) -> str:
        """Whose token it is; a wrong one is put on record, once a minute for an address.

        Raises:
            CallRefusedError: 401, nobody's.
        """
        with site_ledger(self.site) as ledger:
            name = machines.named_by(ledger, given.credentials) if given else None
            if name is not None:
                return name
            now = time.monotonic()
            if given and self._refused.get(where, 0) <= now:
                if len(self._refused) >= _MOST_ADDRESSES:
                    self._refused.clear()
                self._refused[where] = now + REFUSED_EACH_S
                ledger.record("unknown", "machine_refused", address=where)
        raise CallRefusedError(401, "no_token")

    def keep(self, name: str, cohort: str, checked: Checked) -> None:
        """Put a check on record: who asked, by whose rules, what came of it; no more of it."""
        with site_ledger(self.site) as ledger:
            ledger.record(
                machines.signed(name),
                "checked",
                **({"cohort": cohort} if cohort else {}),
                standard="violated" if checked.violations else "met",
            )


def create_api(site: Site, checking: Checking) -> FastAPI:
    """The application that stands at `/api`.

    Args:
        site: Its limits and its cohorts' rules.
        checking: Who looks at pictures; closed by the caller.
    """
    app = FastAPI(
        title="photoproof",
        version=__version__,
        description=told("description", "en"),
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        max_body_size=_UNBOUND,
        telemetry=NO_TELEMETRY,
    )
    limits = site.check
    app.state.booth = Booth(
        site, checking, Rates(limits.per_minute), Standards(site), limits.max_mb * 10**6
    )
    app.post(
        "/check",
        summary=told("summary", "en"),
        response_model=Answer,
        responses=refusals(),
        openapi_extra={"requestBody": BODY, "parameters": PARAMETERS},
    )(check)
    app.add_exception_handler(CallRefusedError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(PhotoproofError, _unavailable)
    app.add_exception_handler(sqlite3.OperationalError, _unavailable)
    return app


@asynccontextmanager
async def kept_ready(app: FastAPI) -> AsyncIterator[None]:
    """While the hub `app` is served: files stay open, workers wait where machines have accounts."""
    checking: Checking = app.state.checking
    try:
        if await to_thread.run_sync(_expected, app.state.site):
            checking.warm(Standards(app.state.site).rules())
        yield
    finally:
        await to_thread.run_sync(checking.close)
        await to_thread.run_sync(app.state.desks.close)
        await to_thread.run_sync(app.state.gate.close)


def _expected(site: Site) -> bool:
    with site_ledger(site) as ledger:
        return bool(ledger.machines.listed())


async def check(request: Request, token: Token) -> Response:
    """Look at one picture and say what `photoproof check --json` says of it; it is not kept."""
    booth: Booth = request.app.state.booth
    name = await to_thread.run_sync(booth.caller, token, address(request))
    if wait := booth.rates.take(name):
        raise CallRefusedError(429, "too_often", wait)
    try:
        with booth.checking.place():
            given = await handed(request, booth.most)
            rules = await to_thread.run_sync(booth.standards.rules, given.cohort, given.profile)
            future = booth.checking.submit(given.picture, given.name, rules)
            checked = await _awaited(request, future)
    except BusyError as error:
        raise CallRefusedError(503, "busy", error.wait_s) from error
    except NotHandedError as error:
        raise CallRefusedError(error.status, error.key, mb=booth.most // 10**6) from error
    except UnknownRulesError as error:
        raise CallRefusedError(422, error.key, known=error.known) from error
    await to_thread.run_sync(booth.keep, name, given.cohort, checked)
    return JSONResponse(checked.as_json())


async def _awaited(request: Request, future: Future[Checked]) -> Checked:
    """The result; given up where the caller has gone and its turn has not come."""
    waited = asyncio.wrap_future(future)
    while not waited.done():
        await asyncio.wait({waited}, timeout=_LOOK_S)
        if not waited.done() and await request.is_disconnected() and future.cancel():
            raise CallRefusedError(400, "gone")
    return waited.result()


def _answer(status: int, key: str, wait_s: int = 0, **values: object) -> JSONResponse:
    headers = {"Retry-After": str(wait_s)} if wait_s else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    said = {lang: told(key, lang, **values) for lang in ("zh", "en")}
    return JSONResponse({"error": key, **said}, status, headers)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CallRefusedError)
    return _answer(error.status, error.key, error.wait_s, **error.values)


def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = {404: "not_found", 405: "wrong_method"}.get(error.status_code, "misunderstood")
    response = _answer(error.status_code, key)
    response.headers.update(error.headers or {})
    return response


def _unavailable(_request: Request, _error: Exception) -> Response:
    return _answer(503, "unavailable", _AGAIN_S)
