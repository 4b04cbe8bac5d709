"""The web application: one run, its pages, and what every answer carries for safety."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from anyio import CapacityLimiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from pipeline.core.errors import PhotoproofError
from pipeline.core.privacy import masked
from pipeline.desk.accounts import TooManyTriesError
from pipeline.desk.exchange.reshoot import Appointment
from pipeline.desk.heads import Heads
from pipeline.desk.web import (
    pages,
    routes_bulk,
    routes_files,
    routes_judge,
    routes_paper,
    routes_record,
    routes_visits,
    routes_watch,
)
from pipeline.desk.web.edge import Edge
from pipeline.desk.web.health import Watch
from pipeline.desk.web.metrics import Metrics
from pipeline.desk.web.visits import HASHED_AT_ONCE, RefusedError

_LOG = logging.getLogger(__name__)
_AGAIN_S = "5"  # after which a browser may ask again
BODY_LIMIT = 64 * 1024  # bytes; the longest form is a comment of 2,000 characters
MONITORS = ("127.0.0.1", "::1")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
# FastAPI would otherwise obey environment variables that send traces of requests elsewhere.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Cache-Control": "no-store",  # faces stay in no cache
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a desk is told of where it stands.

    Attributes:
        path: Part of the address that a proxy keeps for the desk, such as "/photoproof".
        monitors: Addresses that may read /metrics.
        night_hours: A last good night that is older is a fault; 0 for none.
        appointment: The next re-shoot day, as far as it is known.
        proofs: Folders and archives with what students bring after the run, for dossiers.
    """

    path: str = ""
    monitors: tuple[str, ...] = MONITORS
    night_hours: float = 0
    appointment: Appointment = field(default_factory=Appointment)
    proofs: tuple[Path, ...] = ()


def create_app(
    run: Path,
    *,
    accounts: bool,
    heads: Heads | None = None,
    around: Surroundings = Surroundings(),
) -> FastAPI:
    """The desk of one run.

    Args:
        run: The run's folder.
        accounts: People log in. Otherwise the one-time token opens one session, and only the
            loopback's own names are answered to, so that no other name can point here (DNS
            rebinding).
        heads: Where the log's last hash is written while people are at work.
        around: Where it stands.
    """
    app = FastAPI(
        title="photoproof review",
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        max_body_size=BODY_LIMIT,
        telemetry=_NO_TELEMETRY,
    )
    app.state.run = run
    app.state.accounts = accounts
    app.state.heads = heads
    app.state.instance = hashlib.sha256(str(run.resolve()).encode()).hexdigest()[:8]
    app.state.hashing = CapacityLimiter(HASHED_AT_ONCE)
    app.state.watch = Watch(run, around.night_hours)
    app.state.metrics = Metrics(app.state.watch)
    app.state.appointment = around.appointment
    app.state.proofs = around.proofs
    app.state.monitors = frozenset(around.monitors)
    for routes in (
        routes_visits,
        routes_judge,
        routes_files,
        routes_bulk,
        routes_paper,
        routes_record,
        routes_watch,
    ):
        app.include_router(routes.router)
    app.middleware("http")(_safely)
    if not accounts:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK])
    app.add_middleware(Edge, prefix=around.path)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(TooManyTriesError, _too_many)
    app.add_exception_handler(PhotoproofError, _unavailable)
    app.add_exception_handler(sqlite3.OperationalError, _unavailable)  # a run holds the lock
    return app


async def _safely(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Put the safety headers on every answer, and count it."""
    began, status = perf_counter(), 500
    try:
        response = await call_next(request)
        status = response.status_code
    finally:
        route = getattr(request.scope.get("route"), "path", "")
        told: Metrics = request.app.state.metrics
        told.answered(route, request.method, status, perf_counter() - began)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.scheme == "https":
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    if error.status == 401 and request.method == "GET" and "x-desk" not in request.headers:
        return routes_visits.door(request, 401)
    return pages.page(request, "message", status=error.status, key=error.key)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = "not_found" if error.status_code in (404, 405) else "misunderstood"
    return pages.page(request, "message", status=error.status_code, key=key)


def _misunderstood(request: Request, _error: Exception) -> Response:
    return pages.page(request, "message", status=422, key="misunderstood")


def _too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyTriesError)
    response = pages.page(request, "message", status=429, key="too_many")
    response.headers["Retry-After"] = str(error.wait_s)
    return response


def _unavailable(request: Request, error: Exception) -> Response:
    """Say so, and on standard error why: to whoever runs the desk, not to whoever asks."""
    route = getattr(request.scope.get("route"), "path", "")
    _LOG.warning("503 %s %s: %s", request.method, route, masked(str(error)))
    response = pages.page(request, "message", status=503, key="unavailable")
    response.headers["Retry-After"] = _AGAIN_S
    return response
