"""What machines that watch ask for, without a session: /healthz and /metrics."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from pipeline.desk.web.health import Watch
from pipeline.desk.web.metrics import Metrics
from pipeline.desk.web.visits import RefusedError, address

router = APIRouter()


@router.get("/healthz")
def healthz(request: Request) -> Response:
    """Each part and whether it is well; 503 where one is not."""
    watch: Watch = request.app.state.watch
    found = watch.look()
    text = json.dumps(found.as_json()) + "\n"
    return Response(text, 200 if found.well else 503, media_type="application/json")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counts and seconds for the addresses that may read them; for others there is no such page."""
    if address(request) not in request.app.state.monitors:
        raise RefusedError(404, "not_found")
    told: Metrics = request.app.state.metrics
    return Response(told.text(), media_type=CONTENT_TYPE_LATEST)
