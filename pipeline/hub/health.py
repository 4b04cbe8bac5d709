"""Whether hub and desks are well, told without a session to machines that watch."""

from __future__ import annotations

import json
import sqlite3
from time import monotonic

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from pipeline.core.errors import PhotoproofError
from pipeline.desk.web.health import Health, Watch
from pipeline.desk.web.metrics import Metrics
from pipeline.desk.web.visits import RefusedError, address
from pipeline.night.folder import LEDGER
from pipeline.site.config import Site
from pipeline.site.people import site_ledger

router = APIRouter()
BEGAN = monotonic()


class SiteWatch:
    """Looks at each cohort's desk, at most once in a few seconds however often it is asked.

    Args:
        site: Whose.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._watches: dict[str, Watch] = {}

    def __call__(self) -> dict[str, Health]:
        """How each desk is, that somebody has come to."""
        found = {}
        for name in self._site.cohorts:
            run = self._site.run_of(name)
            if (run / LEDGER).is_file():
                found[name] = self._watches.setdefault(name, Watch(run)).look()
        return found


@router.get("/healthz")
def healthz(request: Request) -> Response:
    """Each part of the hub, and each desk; 503 where one is not well."""
    watch: SiteWatch = request.app.state.watch
    found, ledger = watch(), _readable(request.app.state.site)
    ok = ledger and all(one.well for one in found.values())
    told = {
        "status": "ok" if ok else "fault",
        "process": {"ok": True, "up_seconds": round(monotonic() - BEGAN)},
        "ledger": {"ok": ledger},
        "desks": {
            name: {part: {"ok": well} for part, well in one.parts.items()}
            for name, one in found.items()
        },
    }
    return Response(json.dumps(told) + "\n", 200 if ok else 503, media_type="application/json")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counts and seconds for the addresses that may read them; for others there is no such page."""
    if address(request) not in request.app.state.monitors:
        raise RefusedError(404, "not_found")
    told: Metrics = request.app.state.metrics
    return Response(told.text(), media_type=CONTENT_TYPE_LATEST)


def _readable(site: Site) -> bool:
    try:
        with site_ledger(site) as opened:
            opened.log.head()
    except (PhotoproofError, sqlite3.Error, OSError):
        return False
    return True
