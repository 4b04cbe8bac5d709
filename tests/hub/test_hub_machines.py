"""The page of machines: a token is shown once, good until it is withdrawn, and all is on record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from booth_cases import fake_engine
from desk_browsing import PASSWORD, Visitor, field
from fastapi import FastAPI
from hub_cases import comer
from site_cases import site_file

from pipeline.core.moments import local_minute
from pipeline.core.words import words
from pipeline.desk.accounts import Role
from pipeline.hub import machines
from pipeline.hub.app import create_hub
from pipeline.hub.checking import Checking, Rules
from pipeline.site import people
from pipeline.site.config import Site, load_site
from pipeline.site.people import ledger_file, site_ledger
from pipeline.store.machines import Machine

ZH, ERRORS = words("hub", "zh"), words("error", "zh")
PAGE = "/people/machines"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = load_site(site_file(tmp_path_factory.mktemp("school")))
    with site_ledger(site) as ledger:
        people.add(ledger, "administrator", Role.ADMINISTRATOR, (), PASSWORD, "test")
        machines.add(ledger, "first", "test")  # so that no worker is started for the tests' own
    return site


@pytest.fixture(scope="module")
def app(site: Site) -> FastAPI:
    return create_hub(site, makes_engine=fake_engine)


@pytest.fixture(scope="module")
def administrator(site: Site, app: FastAPI) -> Iterator[Visitor]:
    with comer(site, "administrator", app) as one:
        one.csrf = field(one.get(PAGE).text, "csrf")
        yield one


def made(administrator: Visitor, name: str) -> str:
    """The token of a new machine."""
    answer = administrator.post(PAGE, name=name)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert ZH["token_once"] in answer.text
    (token,) = re.findall(r"pp_[\w-]{43}", answer.text)
    return str(token)


def entries(site: Site) -> list[tuple[str, str, str]]:
    with site_ledger(site) as ledger:
        return [(e.who, e.action, e.detail) for e in ledger.log.entries()]


def test_a_token_is_shown_once_and_kept_nowhere(administrator: Visitor, site: Site) -> None:
    token = made(administrator, " 一号机 ")
    with site_ledger(site) as ledger:
        assert machines.named_by(ledger, token) == "一号机"
        assert ledger.verify().fault == ""
    page = administrator.get(PAGE).text
    assert "一号机" in page and ZH["never_used"] in page
    for path in (PAGE, "/people", "/log"):
        assert token not in administrator.get(path).text
    assert token.encode() not in ledger_file(site).read_bytes()
    ((who, _, detail),) = [e for e in entries(site) if e[1] == "machine_made" and "一号机" in e[2]]
    assert who == "administrator" and token not in detail


def test_a_machine_comes_in_until_it_is_withdrawn(administrator: Visitor, site: Site) -> None:
    token = made(administrator, "lost")
    bearer = {"authorization": f"Bearer {token}"}
    assert administrator.http.post("/api/check", headers=bearer).status_code == 422  # no picture
    led = administrator.post(f"{PAGE}/remove", name="lost")
    assert led.headers["location"] == f"{PAGE}?done=removed"
    page = administrator.get(f"{PAGE}?done=removed").text
    assert ZH["done_machine_removed"] in page and "lost" not in page
    assert administrator.http.post("/api/check", headers=bearer).status_code == 401
    assert ("administrator", "machine_closed") in [e[:2] for e in entries(site)]
    again = administrator.post(f"{PAGE}/remove", name="lost")
    assert again.status_code == 422
    assert ERRORS["no_machine"].format(name="lost") in again.text


@pytest.mark.parametrize(
    ("name", "key"),
    [("first", "machine_exists"), (" ", "account_name_length"), ("a\nb", "account_name_length")],
)
def test_what_is_wrong_with_a_name_is_said_beside_the_form(
    administrator: Visitor, name: str, key: str
) -> None:
    refused = administrator.post(PAGE, name=name)
    assert refused.status_code == 422
    assert ERRORS[key].partition("{")[0] in refused.text
    assert 'role="alert"' in refused.text and "pp_" not in refused.text


def test_the_last_use_is_of_this_machine_and_not_of_one_that_had_its_name(
    administrator: Visitor, site: Site
) -> None:
    made(administrator, "used")
    with site_ledger(site) as ledger:
        ledger.record(machines.signed("used"), "checked", standard="met")
        at = ledger.log.latest(2**62, 1)[0].at
    rows = administrator.get(PAGE).text.split("<tr>")
    (row,) = [row for row in rows if "<b>used</b>" in row]
    assert f"{local_minute(at)}</td>" in row and ZH["never_used"] not in row
    administrator.post(f"{PAGE}/remove", name="used")
    made(administrator, "used")
    (row,) = [r for r in administrator.get(PAGE).text.split("<tr>") if "<b>used</b>" in r]
    assert ZH["never_used"] in row


class Watched(Checking):
    """Counts how often it was made ready."""

    readied = 0

    def warm(self, rules: Rules) -> None:
        self.readied += 1
        super().warm(rules)


def test_without_a_machine_the_page_says_what_to_do_and_the_first_is_expected(
    tmp_path: Path,
) -> None:
    site = load_site(site_file(tmp_path))
    with site_ledger(site) as ledger:
        people.add(ledger, "administrator", Role.ADMINISTRATOR, (), PASSWORD, "test")
    app = create_hub(site)
    app.state.checking = watched = Watched(1, 0, fake_engine)
    with comer(site, "administrator", app) as one:
        page = one.get(PAGE).text
        assert ZH["no_machines"] in page
        one.csrf = field(page, "csrf")
        assert watched.readied == 0
        made(one, "booth")
        made(one, "another")
    assert watched.readied == 1


def test_a_machine_that_nobody_made_is_told_in_the_log(administrator: Visitor, site: Site) -> None:
    with site_ledger(site) as ledger, ledger.transaction():
        ledger.machines.add(Machine("forged", "hash", "2026-01-01T00:00:00.000+00:00", "nobody"))
    said = words("audit_fault", "zh")["machine_unmade"].format(name="forged")
    assert said in administrator.get("/log").text


def test_when_a_machine_was_last_used_is_one_look(site: Site) -> None:
    """In a file too that was made before there was an index."""
    with site_ledger(site) as ledger:
        ledger.record(machines.signed("first"), "checked", standard="met")
        ledger.db.execute("DROP INDEX log_of")
    with site_ledger(site) as ledger:
        asked: list[str] = []
        ledger.db.set_trace_callback(asked.append)
        (used,) = (one.used_at for one in machines.known(ledger) if one.name == "first")
        ledger.db.set_trace_callback(None)
        entry = ledger.log.last("checked")
        plans = [
            str(step)
            for question in asked
            if "FROM log" in question
            for step in ledger.db.execute(f"EXPLAIN QUERY PLAN {question}")
        ]
    assert entry and used == entry.at
    assert plans and all("SEARCH log USING COVERING INDEX log_of" in plan for plan in plans)
