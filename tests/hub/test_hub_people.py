"""People's pages, the site's log and the retention page: what they do, and who comes to them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest
from desk_browsing import PASSWORD, Visitor
from fastapi import FastAPI
from hub_cases import HERE, THERE, comer, hub_client, make_site

from pipeline.core.words import words
from pipeline.desk.accounts import Role
from pipeline.hub.app import create_hub
from pipeline.site import people
from pipeline.site.config import Site
from pipeline.site.people import ledger_file, site_ledger
from pipeline.store.site_ledger import Person

ZH, ERRORS = words("hub", "zh"), words("error", "zh")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(
        tmp_path_factory.mktemp("school"), "registration_ends = 2020-06-30\nkeep_days = 30\n"
    )


@pytest.fixture(scope="module")
def app(site: Site) -> FastAPI:
    return create_hub(site)


@pytest.fixture
def administrator(site: Site, app: FastAPI) -> Iterator[Visitor]:
    with comer(site, "administrator", app) as one:
        one.csrf = (
            one.csrf or re.findall(r'name="csrf" value="([^"]+)"', one.get("/people").text)[0]
        )
        yield one


def person(site: Site, name: str) -> Person | None:
    with site_ledger(site) as ledger:
        return ledger.accounts.person(name)


def test_an_account_is_made_and_its_owner_comes_in(
    administrator: Visitor, site: Site, app: FastAPI
) -> None:
    with comer(site, "lead", app) as one:  # whose visit makes the desk's cases, hence its colleges
        one.get("/c/2026/")
    assert f'name="college" value="{HERE}"' in administrator.get("/people").text
    made = administrator.post(
        "/people",
        name=" 周秘书 ",
        role="uploader",
        college=HERE,
        others="新学院",
        password=PASSWORD,
    )
    assert made.headers["location"] == "/people?done=added"
    assert "周秘书" in administrator.get("/people?done=added").text
    known = person(site, "周秘书")
    assert known
    assert (known.role, known.colleges) == ("uploader", tuple(sorted((HERE, "新学院"))))
    with comer(site, "周秘书", app) as one:
        assert HERE in one.get("/").text


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ({"name": "lead"}, "account_exists"),
        ({"name": "local"}, "account_name_reserved"),
        ({"name": "王", "password": "short"}, "password_short"),
        ({"name": "王", "password": "password123"}, "password_common"),
        ({"name": "王", "others": "、".join(map(str, range(201)))}, "colleges_malformed"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_said_beside_the_form(
    administrator: Visitor, site: Site, form: dict[str, str], key: str
) -> None:
    asked = {"role": "reviewer", "password": PASSWORD, "others": HERE, **form}
    refused = administrator.http.post("/people", data={**asked, "csrf": administrator.csrf})
    assert refused.status_code == 422
    start = ERRORS[key].partition("{")[0]
    assert start in refused.text
    assert 'role="alert"' in refused.text
    assert f'value="{form["name"]}"' in refused.text
    assert person(site, "王") is None


def test_another_role_and_scope_count_at_once(
    administrator: Visitor, site: Site, app: FastAPI
) -> None:
    with site_ledger(site) as ledger:
        people.add(ledger, "moved", Role.LEAD, (), PASSWORD, "test")
    with comer(site, "moved", app) as one:
        assert one.get("/c/2026/worklist").status_code == 200
        led = administrator.post("/people/change", name="moved", role="reviewer", college=THERE)
        assert led.headers["location"] == "/people/one?name=moved&done=changed"
        assert one.get("/c/2026/").status_code == 401
    with comer(site, "moved", app) as one:
        assert one.get("/c/2026/worklist").status_code == 403
        assert HERE not in one.get("/c/2026/?state=all").text


def test_a_new_password_logs_out_and_a_closed_account_comes_in_no_more(
    administrator: Visitor, site: Site, app: FastAPI
) -> None:
    with site_ledger(site) as ledger:
        people.add(ledger, "gone", Role.REVIEWER, (), PASSWORD, "test")
    with comer(site, "gone", app) as one:
        administrator.post("/people/password", name="gone", password=PASSWORD + "!")
        assert one.get("/").status_code == 401
    led = administrator.post("/people/remove", name="gone")
    assert led.headers["location"] == "/people?done=removed"
    with hub_client(app) as client:
        assert Visitor.try_in(client, "gone", PASSWORD + "!").status_code == 401


def test_the_only_administrator_stays(administrator: Visitor, site: Site) -> None:
    for path, form in (
        ("/people/remove", {}),
        ("/people/change", {"role": "reviewer"}),
    ):
        refused = administrator.http.post(
            path, data={**form, "name": "administrator", "csrf": administrator.csrf}
        )
        assert refused.status_code == 422
        assert ERRORS["last_administrator"].format(name="administrator") in refused.text
    assert person(site, "administrator")


@pytest.mark.parametrize("name", ["reviewer", "lead", "auditor", "uploader"])
def test_nobody_else_sees_to_people(site: Site, app: FastAPI, name: str) -> None:
    with comer(site, name, app) as one:
        for path in ("/people", "/people/one?name=lead", "/retention"):
            assert one.get(path).status_code == 403, path
        for path in ("/people", "/people/change", "/people/password", "/people/remove"):
            sent = one.post(path, name="lead", role="reviewer", password=PASSWORD)
            assert sent.status_code == 403, path
    assert person(site, "lead")


def test_an_unknown_name_and_a_forged_token_are_refused(administrator: Visitor) -> None:
    assert administrator.get("/people/one?name=nobody").status_code == 404
    assert administrator.post("/people/change", name="nobody", role="lead").status_code == 404
    administrator.csrf = "forged"
    assert administrator.post("/people/remove", name="lead").status_code == 403


def test_the_log_tells_what_was_done_and_that_it_is_whole(
    administrator: Visitor, site: Site, app: FastAPI
) -> None:
    text = administrator.get("/log").text
    assert words("action", "zh")["account_made"] in text
    assert words("desk", "zh")["chain_bad"] not in text
    with comer(site, "auditor", app) as one:
        assert one.get("/log").status_code == 200
    for name in ("reviewer", "uploader"):
        with comer(site, name, app) as one:
            assert one.get("/log").status_code == 403


def test_the_log_of_all_is_not_for_who_sees_some(site: Site, app: FastAPI) -> None:
    with site_ledger(site) as ledger:
        people.add(ledger, "auditor there", Role.AUDITOR, [THERE], PASSWORD, "test")
    with comer(site, "auditor there", app) as one:
        assert one.get("/log").status_code == 403


def test_retention_says_what_is_held_and_that_its_time_is_over(administrator: Visitor) -> None:
    text = administrator.get("/retention").text
    assert ZH["nothing_held"] in text
    assert ZH["over"].format(day="2020-07-30") in text
    assert ZH["no_end"] in text


def test_an_account_that_was_changed_in_the_file_is_noticed(
    administrator: Visitor, site: Site
) -> None:
    with sqlite3.connect(ledger_file(site)) as db:
        db.execute("UPDATE account SET colleges = '[]' WHERE name = 'auditor there'")
    db.close()
    assert words("desk", "zh")["chain_bad"] in administrator.get("/log").text
