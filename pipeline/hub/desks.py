"""Each cohort's desk under the hub, made when somebody first comes to it."""

from __future__ import annotations

from threading import Lock

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send

from pipeline.desk.exchange.reshoot import Appointment
from pipeline.desk.heads import Heads
from pipeline.desk.web.app import Surroundings, Within, create_app
from pipeline.desk.web.paths import base, home
from pipeline.hub.cohorts import has_run
from pipeline.night.folder import LEDGER
from pipeline.site.config import Site
from pipeline.store.ledger import Ledger

PATH = "/c"  # under which the desks are: /c/2026/


class Desks:
    """The desks of a site's cohorts, behind `/c/{cohort}`.

    Args:
        site: Whose.
        hub: The application that they are part of.
    """

    def __init__(self, site: Site, hub: FastAPI) -> None:
        self._site, self._hub = site, hub
        self._made: dict[str, FastAPI] = {}
        self._lock = Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on to the cohort's desk; before its first night, to the cohort's page."""
        cohort = scope["path_params"]["cohort"]
        if scope["type"] != "http" or cohort not in self._site.cohorts:
            raise HTTPException(404)
        request = Request(scope)
        if not has_run(self._site, cohort):
            led = RedirectResponse(f"{home(request)}/cohorts/{cohort}", 303)
            return await led(scope, receive, send)
        if request.url.path == base(request):  # links of its pages start from its last slash
            led = RedirectResponse(f"{base(request)}/", 303)
            return await led(scope, receive, send)
        return await self.desk(cohort)(scope, receive, send)

    def desk(self, cohort: str) -> FastAPI:
        """The desk of a cohort that has a run."""
        with self._lock:
            if cohort not in self._made:
                self._made[cohort] = self._make(cohort)
            return self._made[cohort]

    def close(self) -> None:
        """Close what the desks keep open between requests."""
        with self._lock:
            for made in self._made.values():
                made.state.lending.close()

    def _make(self, cohort: str) -> FastAPI:
        site, state = self._site, self._hub.state
        run = site.run_of(cohort)
        within = Within(
            state.gate,
            state.instance,
            state.front,
            cohort,
            site.cohorts[cohort].title or cohort,
        )
        day = Appointment(**site.reshoot.model_dump(), school=site.name)
        heads = Heads(state.head_file) if state.head_file else None
        if heads:
            with Ledger(run / LEDGER) as ledger:
                heads.begin(ledger)
        around = Surroundings(appointment=day)
        return create_app(run, accounts=True, heads=heads, around=around, within=within)
