"""What every web application of ours is: no telemetry, safety on every answer, faults as pages."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable

from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pipeline.core.errors import PhotoproofError
from pipeline.core.privacy import masked
from pipeline.desk.accounts import TooManyTriesError
from pipeline.desk.web import routes_visits
from pipeline.desk.web.metrics import Metrics
from pipeline.desk.web.pages import Pages, page
from pipeline.desk.web.safety import Safety
from pipeline.desk.web.visits import HASHED_AT_ONCE, Gate, RefusedError

_LOG = logging.getLogger(__name__)
_AGAIN_S = "5"  # after which a browser may ask again
BODY_LIMIT = 64 * 1024  # bytes; the longest form is a comment of 2,000 characters
# FastAPI would otherwise obey environment variables that send traces of requests elsewhere.
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def shell(
    title: str, routers: Iterable[APIRouter], pages: Pages, gate: Gate, metrics: Metrics
) -> FastAPI:
    """An application with these routes.

    Args:
        title: Its name.
        routers: What it answers.
        pages: Its pages.
        gate: Where people are known.
        metrics: Counts its answers.
    """
    app = FastAPI(
        title=title,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        max_body_size=BODY_LIMIT,
        telemetry=NO_TELEMETRY,
    )
    app.state.gate, app.state.metrics = gate, metrics
    app.state.pages = app.state.front = pages
    app.state.hashing = CapacityLimiter(HASHED_AT_ONCE)
    for router in routers:
        app.include_router(router)
    app.add_middleware(Safety)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(TooManyTriesError, _too_many)
    app.add_exception_handler(PhotoproofError, _unavailable)
    app.add_exception_handler(sqlite3.OperationalError, _unavailable)  # a run holds the lock
    return app


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    if error.status == 401 and request.method == "GET" and "x-desk" not in request.headers:
        return routes_visits.door(request, 401)
    return page(request, "message", status=error.status, key=error.key)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = "not_found" if error.status_code in (404, 405) else "misunderstood"
    return page(request, "message", status=error.status_code, key=key)


def _misunderstood(request: Request, _error: Exception) -> Response:
    return page(request, "message", status=422, key="misunderstood")


def _too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyTriesError)
    response = page(request, "message", status=429, key="too_many")
    response.headers["Retry-After"] = str(error.wait_s)
    return response


def _unavailable(request: Request, error: Exception) -> Response:
    """Say so, and on standard error why: to whoever runs the desk, not to whoever asks."""
    route = getattr(request.scope.get("route"), "path", "")
    _LOG.warning("503 %s %s: %s", request.method, route, masked(str(error)))
    response = page(request, "message", status=503, key="unavailable")
    response.headers["Retry-After"] = _AGAIN_S
    return response
