"""The web application of a site: its cohorts, their desks, its people."""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path

from fastapi import FastAPI

from pipeline.desk.heads import Heads
from pipeline.desk.web import routes_assets, routes_visits
from pipeline.desk.web.app import Surroundings
from pipeline.desk.web.edge import Edge
from pipeline.desk.web.metrics import Metrics
from pipeline.desk.web.shell import shell
from pipeline.hub import (
    health,
    routes_api,
    routes_cohorts,
    routes_log,
    routes_machines,
    routes_nights,
    routes_people,
    routes_retention,
    routes_school,
    routes_uploads,
)
from pipeline.hub.api import API, create_api, kept_ready
from pipeline.hub.checking import Checking, MakesEngine
from pipeline.hub.desks import PATH, Desks
from pipeline.hub.metrics import Cohorts
from pipeline.hub.pages import hub_pages
from pipeline.hub.previews import Previews
from pipeline.hub.school import school_of
from pipeline.hub.visits import SiteGate
from pipeline.site.config import Site
from pipeline.site.people import ledger_file
from pipeline.student.engine import network_engine

_ALONE = Surroundings()
# One router a concern. What is not here, nobody can ask for.
ROUTERS = (
    routes_assets.router,
    routes_visits.router,
    routes_school.router,
    health.router,
    routes_cohorts.router,
    routes_people.router,
    routes_machines.router,
    routes_log.router,
    routes_retention.router,
    routes_api.router,
    routes_uploads.router,
    routes_nights.router,
)


def create_hub(
    site: Site,
    *,
    around: Surroundings = _ALONE,
    head_file: Path | None = None,
    makes_engine: MakesEngine = network_engine,
) -> FastAPI:
    """The hub of a site.

    Args:
        site: As its file says it.
        around: Where it stands.
        head_file: Gets the last hashes of the site's log and of the desks' logs by and by.
        makes_engine: Looks at the pictures that machines send; another one for tests.
    """
    school = school_of(site.login, site.desk.url, os.environ)
    watch = health.SiteWatch(site)
    pages = hub_pages(site, school_login=school is not None)
    app = shell("photoproof", ROUTERS, pages, SiteGate(site), Metrics(Cohorts(watch)))
    app.state.site = site
    app.state.accounts, app.state.school = True, school
    app.state.head_file = head_file
    app.state.heads = Heads(head_file) if head_file else None
    place = str(ledger_file(site).absolute())
    app.state.instance = hashlib.sha256(place.encode()).hexdigest()[:8]
    app.state.watch = watch
    app.state.previews = Previews()
    app.state.swept = -math.inf
    app.state.monitors = frozenset(around.monitors)
    app.state.desks = Desks(site, app)
    app.state.checking = Checking(site.check.workers, site.check.waiting, makes_engine)
    app.router.lifespan_context = kept_ready
    app.mount(API, create_api(site, app.state.checking))
    app.mount(PATH + "/{cohort}", app.state.desks)
    app.add_middleware(Edge, prefix=around.path)
    return app
