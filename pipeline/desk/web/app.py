"""The web application: one run, its pages, and what every answer carries for safety."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from anyio import to_thread
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from pipeline.desk.cases.desk import Desk
from pipeline.desk.exchange.reshoot import Appointment
from pipeline.desk.heads import Heads
from pipeline.desk.web import (
    routes_assets,
    routes_bulk,
    routes_files,
    routes_judge,
    routes_once,
    routes_paper,
    routes_record,
    routes_visits,
    routes_watch,
)
from pipeline.desk.web.edge import Edge
from pipeline.desk.web.health import Watch
from pipeline.desk.web.metrics import Found, Metrics
from pipeline.desk.web.pages import Pages, desk_pages
from pipeline.desk.web.shell import shell
from pipeline.desk.web.visits import Gate, OwnGate
from pipeline.store.lending import Lending

_ROUTES = (routes_assets, routes_judge, routes_files, routes_bulk, routes_paper, routes_record)
MONITORS = ("127.0.0.1", "::1")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


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


@dataclass(frozen=True, slots=True)
class Within:
    """What a desk is told of the hub that it is part of.

    Attributes:
        instance: What its cookies are called by.
        front: The pages of those who have not come in.
        cohort: The cohort's name.
        title: What people call the cohort.
    """

    gate: Gate
    instance: str
    front: Pages
    cohort: str
    title: str


def create_app(
    run: Path,
    *,
    accounts: bool,
    heads: Heads | None = None,
    around: Surroundings = Surroundings(),
    within: Within | None = None,
) -> FastAPI:
    """The desk of one run.

    Args:
        run: The run's folder.
        accounts: People log in. Otherwise the one-time token opens one session, and only the
            loopback's own names are answered to, so that no other name can point here (DNS
            rebinding).
        heads: Where the log's last hash is written while people are at work.
        around: Where it stands.
        within: The hub that it is part of, which then knows the people.
    """
    watch = Watch(run, around.night_hours)
    own = () if within else (routes_visits, routes_once, routes_watch)
    app = shell(
        "photoproof review",
        [routes.router for routes in (*own, *_ROUTES)],
        _pages(within),
        within.gate if within else OwnGate(),
        Metrics(Found(watch)),
    )
    app.state.run, app.state.lending = run, Lending(partial(Desk, run))
    app.router.lifespan_context = _served
    app.state.accounts = accounts
    app.state.heads = heads
    app.state.instance = hashlib.sha256(str(run.resolve()).encode()).hexdigest()[:8]
    app.state.watch = watch
    app.state.appointment = around.appointment
    app.state.proofs = around.proofs
    app.state.monitors = frozenset(around.monitors)
    if within:
        app.state.instance, app.state.front = within.instance, within.front
    if not accounts:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK])
    app.add_middleware(Edge, prefix=around.path)
    return app


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[None]:
    """While the desk `app` is served by itself: its files stay open, and no longer."""
    try:
        yield
    finally:
        await to_thread.run_sync(app.state.lending.close)


def _pages(within: Within | None) -> Pages:
    if within is None:
        return desk_pages()
    known = {"cohort": within.cohort, "cohort_title": within.title}
    return Pages(("pipeline.desk.web",), ("desk",), known)
