"""Every route of the hub is refused to nobody's, to each wrong role, with a forged token, with what
belongs to another college, and in the path of another cohort; a route without a rule is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2 as httpx
import pytest
from booth_cases import fake_engine
from desk_browsing import PASSWORD, Visitor
from desk_runs import make_run
from fastapi import FastAPI
from hub_cases import HERE, THERE, hub_client, make_site
from hub_routes import RULES, Rule, routes_of
from starlette.testclient import TestClient

from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import Desk
from pipeline.hub import machines
from pipeline.hub.app import create_hub
from pipeline.hub.uploads import Draft
from pipeline.night.folder import COLLEGES
from pipeline.site import people
from pipeline.site.deliveries import folder_of, named_by
from pipeline.site.people import site_ledger
from pipeline.site.works import new_work

ANOTHER = """[cohorts.2028]
title = "2028届"
roster = "in28/roster.csv"
photos = "in28/photos"
"""
GUARDED = [route for route, rule in RULES.items() if rule.roles]
OF_A_COHORT = [route for route in GUARDED if "{cohort}" in route]
# What an address names beside the cohort and belongs to one.
BELONGS = ("{case}", "{subject}", "{upload}", "{identity}", "{day}", "{delivery}")
OF_SOMETHING = [route for route in OF_A_COHORT if any(name in route for name in BELONGS)]
NIGHT = "2026-11-01"


@dataclass
class World:
    """A site with two cohorts that have had nights, and people of every kind."""

    app: FastAPI
    nobody: TestClient
    machine: str  # a token
    names: dict[str, str] = field(default_factory=dict)  # what is real in cohort 2026
    whole: dict[Role, Visitor] = field(default_factory=dict)
    here: dict[Role, Visitor] = field(default_factory=dict)  # for one college


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    site = make_site(tmp_path_factory.mktemp("school"), ANOTHER)
    make_run(site.home_of("2028"), {n: f"face={n} size=600×800" for n in range(100, 104)}, "run")
    night = site.home_of("2026") / "nights" / NIGHT
    night.mkdir(parents=True)
    (night / COLLEGES).mkdir()
    for folder in (night, night / COLLEGES):
        (folder / "results.csv").write_text("student\n")
    with site_ledger(site) as ledger:
        token = machines.add(ledger, "booth", "test")
        for role in Role:
            people.add(ledger, f"{role.value} here", role, [HERE], PASSWORD, "test")
    draft = Draft(site, "2026", "uploader").begin("photos", "a.jpg", 10, 0)
    with closing(Desk(site.run_of("2026"))) as desk:
        desk.refresh()
        case = next(item for item in desk.queued() if item.college == THERE)
    names = {"case": case.id, "subject": case.answers_key, "number": "0", "kind": "handled"}
    names |= {"upload": draft.identity, "day": NIGHT, "name": "results.csv", "table": "csv"}
    names["identity"] = new_work(site, "lead", ("2026",), forced=False).identity
    names["delivery"] = named_by(datetime.now(UTC))
    (folder_of(site, "2026") / names["delivery"]).mkdir(parents=True)
    app = create_hub(site, makes_engine=fake_engine)
    with ExitStack() as stack:
        made = World(app, stack.enter_context(hub_client(app)), token, names)
        for role in Role:
            for group, name in ((made.whole, role.value), (made.here, f"{role.value} here")):
                client = stack.enter_context(hub_client(app))
                group[role] = Visitor.log_in(client, name)
        yield made


def ask(
    world: World, route: str, by: TestClient | Visitor, *, csrf: str = "", cohort: str = "2026"
) -> httpx.Response:
    """Ask for a route, by what is real in cohort 2026."""
    method, path = route.split()
    client = by.http if isinstance(by, Visitor) else by
    address = path.format(**{**world.names, "cohort": cohort})
    headers = {"x-csrf-token": csrf} if csrf else {}
    return client.request(method, address, params=RULES[route].query or None, headers=headers)


def test_every_route_has_a_rule_and_every_rule_a_route(world: World) -> None:
    """Say in `tests/hub_routes.py` who may come to a new one."""
    routes = routes_of(world.app, "2026")
    assert sorted(routes) == sorted(RULES)
    assert len(routes) == len(set(routes))


def test_what_is_mounted_is_seen(world: World) -> None:
    other = FastAPI(openapi_url=None)
    other.get("/new")(lambda: None)
    routes = world.app.router.routes
    world.app.mount("/other", other)
    assert set(routes_of(world.app, "2026")) - set(RULES) == {"GET /other/new"}
    routes.pop()
    world.app.mount("/other", world.app.state.desks.desk)
    with pytest.raises(AssertionError, match="/other is mounted"):
        routes_of(world.app, "2026")
    routes.pop()


@pytest.mark.parametrize("route", GUARDED)
def test_nobody_comes_in(world: World, route: str) -> None:
    token = {"authorization": f"Bearer {world.machine}"}
    assert ask(world, route, world.nobody).status_code == 401
    assert ask(world, route, world.nobody, csrf="forged").status_code == 401
    method, path = route.split()
    address = path.format(**{**world.names, "cohort": "2026"})
    for headers in (token, {"cookie": f"{cookie_of(world)}=forged"}):
        assert world.nobody.request(method, address, headers=headers).status_code == 401


def cookie_of(world: World) -> str:
    (name,) = (n for n in world.whole[Role.LEAD].http.cookies if n.startswith("photoproof_8765"))
    return str(name)


@pytest.mark.parametrize("route", GUARDED)
def test_a_wrong_role_is_refused(world: World, route: str) -> None:
    for role in sorted(set(Role) - RULES[route].roles):
        for visitor in (world.whole[role], world.here[role]):
            answer = ask(world, route, visitor, csrf=visitor.csrf)
            assert answer.status_code == 403, (role, answer.text[:500])


@pytest.mark.parametrize("route", [r for r in GUARDED if not r.startswith("GET")])
def test_a_forged_token_is_refused(world: World, route: str) -> None:
    roles = sorted(RULES[route].roles)
    for role, other in zip(roles, [*roles[1:], Role.AUDITOR], strict=True):
        for forged in ("", "forged", world.here[other].csrf):  # somebody else's is forged too
            answer = ask(world, route, world.whole[role], csrf=forged)
            assert answer.status_code == 403, role
            assert ask(world, "GET /account", world.whole[role]).status_code == 200


@pytest.mark.parametrize("route", OF_A_COHORT)
def test_a_cohort_that_is_not_there_is_not_found(world: World, route: str) -> None:
    for role in RULES[route].roles:
        visitor = world.whole[role]
        answer = ask(world, route, visitor, csrf=visitor.csrf, cohort="2025")
        assert answer.status_code == 404, role


@pytest.mark.parametrize("route", OF_SOMETHING)
def test_what_is_another_cohorts_is_not_found_in_this_ones_path(world: World, route: str) -> None:
    for role in RULES[route].roles:
        visitor = world.whole[role]
        answer = ask(world, route, visitor, csrf=visitor.csrf, cohort="2028")
        assert answer.status_code == 404, role


@pytest.mark.parametrize("route", OF_SOMETHING)
def test_what_is_another_colleges_or_persons_is_not_found(world: World, route: str) -> None:
    for role in RULES[route].roles:
        visitor = world.here[role]
        answer = ask(world, route, visitor, csrf=visitor.csrf)
        assert answer.status_code == 404, role


@pytest.mark.parametrize("route", [r for r in GUARDED if RULES[r].whole])
def test_what_holds_every_college_is_not_for_one(world: World, route: str) -> None:
    for role in RULES[route].roles:
        visitor = world.here[role]
        assert ask(world, route, visitor, csrf=visitor.csrf).status_code == 404, role


@pytest.mark.parametrize("route", [r for r in GUARDED if r.startswith("GET")])
def test_who_may_is_not_refused(world: World, route: str) -> None:
    """So that the refusals above are of what they say, and not of an address that leads nowhere."""
    for role in RULES[route].roles:
        answer = ask(world, route, world.whole[role])
        assert answer.status_code in (200, 204, 303, 409) or "/people/one" in route, (
            role,
            answer.text,
        )


@pytest.mark.parametrize("route", [r for r, rule in RULES.items() if rule.open])
def test_what_is_open_tells_of_nobody(world: World, route: str) -> None:
    """Asked as it is, without a login form's own token."""
    answer = ask(world, route, world.nobody)
    assert answer.status_code < 500
    assert route.startswith("GET") or answer.status_code in (403, 422)
    secrets = (HERE, THERE, "administrator here", world.names["case"], world.names["subject"])
    assert [one for one in secrets if one in answer.text] == []


@pytest.mark.parametrize("route", [r for r, rule in RULES.items() if rule == Rule()])
def test_a_session_is_no_token(world: World, route: str) -> None:
    for role in Role:
        visitor = world.whole[role]
        assert ask(world, route, visitor, csrf=visitor.csrf).status_code == 401


def test_a_session_that_was_ended_is_nobodys(world: World) -> None:
    with hub_client(world.app) as client:
        one = Visitor.log_in(client, "lead")
        kept = dict(client.cookies)
        assert one.post("/logout").status_code == 303
    with hub_client(world.app) as client:
        client.cookies.update(kept)
        assert client.get("/account").status_code == 401
        assert client.get("/c/2026/next").status_code == 401
