"""The hub's front door: who comes in, what they find, and each cohort's desk behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from desk_browsing import HOME, Visitor, field
from fastapi import FastAPI
from hub_cases import comer, hub_client, make_site
from starlette.testclient import TestClient

from pipeline.core.words import words
from pipeline.desk.web.app import Surroundings
from pipeline.hub.app import create_hub
from pipeline.site.config import Site
from pipeline.site.people import site_ledger

ZH = words("hub", "zh")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(tmp_path_factory.mktemp("school"))


@pytest.fixture(scope="module")
def app(site: Site) -> FastAPI:
    return create_hub(site)


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    with hub_client(app) as client:
        yield client


@pytest.fixture
def lead(site: Site, app: FastAPI) -> Iterator[Visitor]:
    with comer(site, "lead", app) as one:
        yield one


@pytest.mark.parametrize("path", ["/", "/cohorts/2026", "/c/2026/", "/c/2026/next", "/account"])
def test_a_stranger_is_shown_the_door(stranger: TestClient, path: str) -> None:
    asked = stranger.get(path)
    assert asked.status_code == 401
    assert field(asked.text, "back") == path
    assert 'action="/login"' in asked.text
    assert "示例大学" in asked.text


def test_what_a_stranger_sends_is_refused(stranger: TestClient) -> None:
    assert stranger.post("/logout").status_code == 401
    assert stranger.post("/c/2026/undo").status_code == 401


@pytest.mark.parametrize("path", ["/c/2025/", "/cohorts/2025", "/c/2026/login", "/c/2026/healthz"])
def test_what_is_not_there_is_not_found(lead: Visitor, path: str) -> None:
    assert lead.get(path).status_code == 404


def test_the_list_tells_of_each_cohort_how_it_stands(lead: Visitor) -> None:
    text = lead.get("/").text
    first, second = re.findall(r'<li class="panel cohort">(.*?)</li>', text, re.DOTALL)
    assert "2026届" in first
    assert 'href="/c/2026/"' in first
    assert "2027届" in second
    assert ZH["no_night_yet"] in second
    assert 'href="/c/2027/"' not in second


def test_a_session_of_the_hub_opens_the_desk_of_a_cohort(lead: Visitor, site: Site) -> None:
    queue = lead.get("/c/2026/")
    assert queue.status_code == 200
    assert 'href="/c/2026/next' in queue.text
    assert 'action="/logout"' in queue.text
    assert 'href="/account"' in queue.text
    case = lead.get(lead.get("/c/2026/next").headers["location"])
    assert case.status_code == 200
    picture = re.search(r'src="(/c/2026/case/[^"]+/picture/0)"', case.text)
    assert picture
    assert lead.get(picture[1]).headers["content-type"] == "image/jpeg"
    assert lead.get("/c/2026/static/desk.css").status_code == 200


def test_an_answer_at_a_desk_is_signed_with_the_account(lead: Visitor) -> None:
    where = lead.get("/c/2026/next").headers["location"].partition("?")[0]
    given = lead.post(f"{where}/answer", verdict="ok")
    assert given.status_code == 303
    assert lead.get("/c/2026/?state=given").text.count(where) == 1


def test_a_forged_answer_is_refused(lead: Visitor) -> None:
    where = lead.get("/c/2026/next").headers["location"].partition("?")[0]
    lead.csrf = "x"
    assert lead.post(f"{where}/answer", verdict="ok").status_code == 403
    assert lead.post("/logout").status_code == 403


def test_a_cohort_without_a_night_has_no_desk_yet(lead: Visitor) -> None:
    led = lead.get("/c/2027/")
    assert (led.status_code, led.headers["location"]) == (303, "/cohorts/2027")
    assert ZH["no_night_yet"] in lead.get("/cohorts/2027").text


@pytest.mark.parametrize("name", ["uploader", "administrator"])
def test_who_does_not_judge_comes_to_no_desk(site: Site, app: FastAPI, name: str) -> None:
    with comer(site, name, app) as one:
        for path in ("/c/2026/", "/c/2026/next", "/c/2026/worklist", "/c/2026/audit"):
            assert one.get(path).status_code == 403, path


def test_logging_out_ends_the_session_at_every_desk(site: Site, app: FastAPI) -> None:
    with comer(site, "reviewer", app) as one:
        assert one.get("/c/2026/").status_code == 200
        assert one.post("/logout").headers["location"] == "/login"
        assert one.get("/c/2026/").status_code == 401


def test_people_who_come_in_are_in_the_sites_log(site: Site, app: FastAPI) -> None:
    with comer(site, "auditor", app):
        pass
    with site_ledger(site) as ledger:
        assert [e.who for e in ledger.log.latest(2**62, 1) if e.action == "login"] == ["auditor"]
        assert ledger.verify().fault == ""


def test_the_hub_stands_under_a_proxys_path(site: Site) -> None:
    app = create_hub(site, around=Surroundings("/photos"))
    with hub_client(app, HOME + "/photos") as client:
        one = Visitor.log_in(client, "lead")
        assert one.landed == "/photos/"
        assert 'href="/photos/c/2026/"' in one.get("/").text
        assert 'href="/photos/c/2026/next' in one.get("/c/2026/").text
        assert one.get("/c/2027/").headers["location"] == "/photos/cohorts/2027"
        assert all("Path=/photos;" in cookie for cookie in one.cookies_set)


def test_health_is_told_without_a_session(stranger: TestClient) -> None:
    told = stranger.get("/healthz")
    assert told.json()["ledger"] == {"ok": True}
    assert set(told.json()["desks"]) <= {"2026"}


def test_metrics_are_for_the_addresses_that_may_read_them(site: Site) -> None:
    with hub_client(create_hub(site, around=Surroundings(monitors=("testclient",)))) as client:
        client.get("/")
        text = client.get("/metrics").text
        assert 'photoproof_request_seconds_count{method="GET",route="/",status="4xx"} 1.0' in text
        assert 'photoproof_cases{cohort="2026",state="todo"}' in text
    with hub_client(create_hub(site)) as client:
        assert client.get("/metrics").status_code == 404


def test_every_answer_is_safe(stranger: TestClient) -> None:
    for path in ("/", "/healthz", "/c/2026/", "/static/desk.css", "/nowhere"):
        headers = stranger.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert headers["x-frame-options"] == "DENY", path


def test_the_language_is_the_same_at_a_desk(site: Site, app: FastAPI) -> None:
    with comer(site, "lead", app) as one:
        led = one.get("/c/2026/language/en?back=/")
        assert led.headers["location"] == "/c/2026/"
        assert '<html lang="en">' in one.get("/").text
