"""Every route of the hub and of what is mounted in it, and who may come there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount, Route

from pipeline.desk.accounts import DESK_ROLES, Role
from pipeline.hub.desks import Desks

DESK = "/c/{cohort}"


@dataclass(frozen=True)
class Rule:
    """Who may ask for a route.

    Attributes:
        roles: Of a session; nobody where it is `open` or asks for a token.
        open: Everybody may, without a session.
        whole: Who is for some colleges only may not, whatever the role: it holds all of them.
        query: What an address needs to be understood.
    """

    roles: frozenset[Role] = frozenset()
    open: bool = False
    whole: bool = False
    query: dict[str, str] = field(default_factory=dict)


OPEN, TOKEN = Rule(open=True), Rule()
EVERYBODY = Rule(frozenset(Role))
AT_DESK = Rule(frozenset(DESK_ROLES))
JUDGES = Rule(frozenset({Role.REVIEWER, Role.LEAD}))
LEAD = Rule(frozenset({Role.LEAD}))
WHOLE_LEAD = Rule(LEAD.roles, whole=True)
READS = Rule(frozenset({Role.LEAD, Role.AUDITOR}))
WHOLE_READS = Rule(READS.roles, whole=True)
HANDS_IN = Rule(frozenset({Role.LEAD, Role.UPLOADER}))
PIECE = Rule(HANDS_IN.roles, query={"offset": "0"})
COHORTS = Rule(frozenset(Role) - {Role.ADMINISTRATOR})
SEES_TO_PEOPLE = Rule(frozenset({Role.ADMINISTRATOR}))
SITES_LOG = Rule(frozenset({Role.LEAD, Role.AUDITOR, Role.ADMINISTRATOR}))

RULES = {
    # The door, and what pages are made of.
    "GET /login": OPEN,
    "POST /login": OPEN,
    "GET /login/school": OPEN,
    "GET /login/school/return": OPEN,
    "POST /logout": EVERYBODY,
    "GET /account": EVERYBODY,
    "POST /account": EVERYBODY,
    "GET /language/{name}": OPEN,
    "GET /static/{name}": OPEN,
    "GET /healthz": OPEN,
    "GET /metrics": OPEN,  # to the addresses that may read it
    # The site.
    "GET /": EVERYBODY,
    "GET /people": SEES_TO_PEOPLE,
    "POST /people": SEES_TO_PEOPLE,
    "GET /people/one": SEES_TO_PEOPLE,
    "POST /people/change": SEES_TO_PEOPLE,
    "POST /people/password": SEES_TO_PEOPLE,
    "POST /people/remove": SEES_TO_PEOPLE,
    "GET /people/machines": SEES_TO_PEOPLE,
    "POST /people/machines": SEES_TO_PEOPLE,
    "POST /people/machines/remove": SEES_TO_PEOPLE,
    "GET /log": SITES_LOG,
    "GET /retention": SEES_TO_PEOPLE,
    # A cohort: what is handed in, and its nights.
    "GET /cohorts/{cohort}": COHORTS,
    "GET /cohorts/{cohort}/hand-in": HANDS_IN,
    "GET /cohorts/{cohort}/hand-in/draft": HANDS_IN,
    "POST /cohorts/{cohort}/uploads": HANDS_IN,
    "PUT /cohorts/{cohort}/uploads/{upload}": PIECE,
    "POST /cohorts/{cohort}/uploads/{upload}/remove": HANDS_IN,
    "POST /cohorts/{cohort}/hand-in/discard": HANDS_IN,
    "POST /cohorts/{cohort}/hand-in/accept": HANDS_IN,
    "GET /cohorts/{cohort}/work": COHORTS,
    "POST /cohorts/{cohort}/deliveries/{delivery}/withdraw": WHOLE_LEAD,
    "POST /cohorts/{cohort}/nights": WHOLE_LEAD,
    "POST /cohorts/{cohort}/work/{identity}/stop": WHOLE_LEAD,
    "GET /cohorts/{cohort}/nights/{day}/{name}": WHOLE_READS,
    "GET /cohorts/{cohort}/nights/{day}/colleges/{name}": WHOLE_READS,
    "GET /cohorts/{cohort}/differences": WHOLE_READS,
    "GET /cohorts/{cohort}/exports/{table}": WHOLE_LEAD,
    # A cohort's desk.
    f"GET {DESK}/language/{{name}}": OPEN,
    f"GET {DESK}/static/{{name}}": OPEN,
    f"GET {DESK}/": AT_DESK,
    f"GET {DESK}/next": JUDGES,
    f"GET {DESK}/case/{{case}}": JUDGES,
    f"GET {DESK}/case/{{case}}/sheet": JUDGES,
    f"GET {DESK}/case/{{case}}/picture/{{number}}": JUDGES,
    f"GET {DESK}/student/{{subject}}": JUDGES,
    f"POST {DESK}/case/{{case}}/answer": JUDGES,
    f"POST {DESK}/case/{{case}}/step/{{kind}}": JUDGES,
    f"POST {DESK}/case/{{case}}/give": JUDGES,
    f"POST {DESK}/undo": JUDGES,
    f"GET {DESK}/bulk": JUDGES,
    f"POST {DESK}/bulk": JUDGES,
    f"POST {DESK}/bulk/undo": JUDGES,
    f"GET {DESK}/case/{{case}}/dossier": LEAD,
    f"GET {DESK}/reshoot": LEAD,
    f"POST {DESK}/reshoot": LEAD,
    f"GET {DESK}/worklist": LEAD,
    f"GET {DESK}/worklist/print": LEAD,
    f"GET {DESK}/worklist/table": LEAD,
    f"GET {DESK}/audit": READS,
    f"GET {DESK}/agreement": LEAD,
    # Machines.
    "GET /api/": OPEN,
    "POST /api/check": TOKEN,
    "GET /api/openapi.json": OPEN,
}


def routes_of(hub: FastAPI, cohort: str) -> list[str]:
    """`METHOD path` of all that can be asked of a hub, which has a desk of this cohort.

    Raises:
        AssertionError: Something is mounted that nobody has thought of here.
    """
    return list(_named(hub, hub.routes, "", cohort))


def _named(hub: FastAPI, routes: Sequence[BaseRoute], prefix: str, cohort: str) -> Iterator[str]:
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, Mount):
            inner = route.app
            if isinstance(inner, Desks):
                inner = inner.desk(cohort)
            assert isinstance(inner, FastAPI), f"{route.path} is mounted"
            yield from _named(hub, inner.routes, prefix + route.path, cohort)
            continue
        assert isinstance(route, Route), f"{route} is no route of a known kind"
        for method in sorted((context.methods or set()) - {"HEAD"}):
            yield f"{method} {prefix}{context.path}"
