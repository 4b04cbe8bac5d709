"""Whether hub and desks are well, told without a session to machines that watch."""

from __future__ import annotations

import json
import sqlite3
from time import monotonic

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.core.errors import PhotoproofError
from pipeline.desk.web.health import Watch
from pipeline.night.folder import LEDGER
from pipeline.site.config import Site
from pipeline.site.people import site_ledger

router = APIRouter()
BEGAN = monotonic()


@router.get("/healthz")
def healthz(request: Request) -> Response:
    """Each part of the hub, and each desk; 503 where one is not well."""
    site: Site = request.app.state.site
    watches: dict[str, Watch] = request.app.state.watches
    well = {"process": True, "ledger": _readable(site)}
    desks = {}
    for name in site.cohorts:
        if (site.run_of(name) / LEDGER).is_file():  # before, nobody has come to this desk
            found = watches.setdefault(name, Watch(site.run_of(name))).look()
            desks[name] = {part: {"ok": ok} for part, ok in found.parts.items()}
            well[name] = found.well
    ok = all(well.values())
    told = {
        "status": "ok" if ok else "fault",
        "process": {"ok": True, "up_seconds": round(monotonic() - BEGAN)},
        "ledger": {"ok": well["ledger"]},
        "desks": desks,
    }
    return Response(json.dumps(told) + "\n", 200 if ok else 503, media_type="application/json")


def _readable(site: Site) -> bool:
    try:
        with site_ledger(site) as opened:
            opened.log.head()
    except (PhotoproofError, sqlite3.Error, OSError):
        return False
    return True
