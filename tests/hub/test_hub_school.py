"""Signing in through the school, against a real provider: who comes in, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_browsing import HOME, PASSWORD, Visitor
from fastapi import FastAPI
from hub_cases import hub_client
from school_cases import REFUSED, away, last_entry, told_to_have_no_account
from school_provider import CLIENT, SECRET, Provider, serving
from site_cases import SITE, site_file
from starlette.testclient import TestClient

from pipeline.core.errors import ConfigError
from pipeline.core.words import words
from pipeline.desk.accounts import Role
from pipeline.hub import asking
from pipeline.hub.app import create_hub
from pipeline.site import login, people
from pipeline.site.config import Site, load_site
from pipeline.site.leaving import leaving
from pipeline.site.people import site_ledger

WHY = {"endless": "too_long", "packed": "packed", "slow": "TimeoutError"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with serving() as one:
        yield one


@pytest.fixture(autouse=True)
def sound(provider: Provider) -> None:
    """Nothing is wrong with it when a test begins."""
    provider.who, provider.wrong, provider.fault = "wang", {}, ""
    provider.in_userinfo = False


@pytest.fixture(scope="module")
def site(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Site:
    said = f'[desk]\nurl = "{HOME}/"\n[login.oidc]\n'
    said += f'issuer = "{provider.issuer}"\nclient_id = "{CLIENT}"\n'
    site = load_site(site_file(tmp_path_factory.mktemp("school"), said, SITE))
    with site_ledger(site) as ledger:
        people.add(ledger, "wang", Role.LEAD, (), None, "test")
        people.add(ledger, "li", Role.LEAD, (), PASSWORD, "test")
    return site


@pytest.fixture
def app(site: Site, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv(login.SECRET, SECRET)
    return create_hub(site)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    with hub_client(app) as client:
        yield client


def test_who_the_school_knows_comes_in_with_the_role_that_the_site_gives(
    browser: TestClient, site: Site
) -> None:
    came = browser.get(away(browser, "/cohorts/2026"))
    assert (came.status_code, came.headers["location"]) == (303, "/cohorts/2026")
    text = browser.get("/").text
    assert "wang" in text
    assert words("role", "zh")["lead"] in text
    assert last_entry(site)[:2] == ("wang", "login")


def test_a_name_that_userinfo_alone_tells_is_asked_for(
    browser: TestClient, provider: Provider
) -> None:
    provider.in_userinfo = True
    assert browser.get(away(browser)).status_code == 303


def test_a_new_key_of_the_provider_is_asked_for(browser: TestClient, provider: Provider) -> None:
    assert browser.get(away(browser)).status_code == 303
    provider.renew_key()
    assert browser.get(away(browser)).status_code == 303


@pytest.mark.parametrize("who", ["stranger", "li"])
def test_who_has_no_account_for_it_is_told_so(
    browser: TestClient, provider: Provider, site: Site, who: str
) -> None:
    provider.who = who
    told_to_have_no_account(browser, site, who)


def test_a_name_never_leads_out_of_its_page(browser: TestClient, provider: Provider) -> None:
    provider.who = "<script>{0.__class__}"
    came = browser.get(away(browser))
    assert came.status_code == 403
    assert "&lt;script&gt;{0.__class__}" in came.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another site"},
        {"nonce": "of another login"},
        {"exp": 1_000_000_000},
        {"azp": "another site"},
        {"preferred_username": ["wang"]},
        {"preferred_username": ""},
    ],
    ids=str,
)
def test_a_token_that_is_not_sound_opens_nothing(
    browser: TestClient, provider: Provider, wrong: dict[str, object]
) -> None:
    provider.wrong = wrong
    came = browser.get(away(browser))
    assert (came.status_code, REFUSED["school_unsound"] in came.text) == (403, True)
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    ("fault", "status", "key"),
    [
        ("key", 403, "school_unsound"),
        ("shared", 403, "school_unsound"),
        ("refuse", 403, "school_refused"),
        ("down", 503, "school_unreachable"),
        ("junk", 503, "school_unreachable"),
        ("page", 503, "school_unreachable"),
    ],
)
def test_what_goes_wrong_at_the_provider_is_said(
    browser: TestClient, provider: Provider, fault: str, status: int, key: str
) -> None:
    provider.fault = fault
    came = browser.get(away(browser))
    assert (came.status_code, REFUSED[key] in came.text) == (status, True)
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize("place", ["/token", "/jwks", "/userinfo"])
@pytest.mark.parametrize(("fault", "status"), [("endless", 403), ("packed", 403), ("slow", 503)])
def test_an_answer_of_the_providers_has_an_end(
    browser: TestClient,
    provider: Provider,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    place: str,
    status: int,
) -> None:
    where = away(browser)
    provider.in_userinfo, provider.fault = True, f"{fault} {place}"
    if fault == "slow":
        monkeypatch.setattr(asking, "WAIT_S", 0.3)
    assert browser.get(where).status_code == status
    assert last_entry(site)[2]["why"] == WHY[fault]
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(("fault", "status"), [("endless", 403), ("packed", 403), ("slow", 503)])
def test_what_the_provider_says_of_itself_has_an_end(
    browser: TestClient,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    status: int,
) -> None:
    provider.fault = f"{fault} /.well-known/openid-configuration"
    if fault == "slow":
        monkeypatch.setattr(asking, "WAIT_S", 0.3)
    assert browser.get("/login/school").status_code == status


def test_a_provider_that_calls_itself_otherwise_is_not_gone_to(
    browser: TestClient, provider: Provider
) -> None:
    provider.fault = "elsewhere"
    left = browser.get("/login/school")
    assert (left.status_code, REFUSED["school_unsound"] in left.text) == (403, True)


def test_another_browser_and_another_issuer_do_not_come_back_in_ones_place(
    browser: TestClient, app: FastAPI, provider: Provider
) -> None:
    """Nor twice by one address, nor with a state that nobody was given."""
    where, before = away(browser), provider.tokens
    with hub_client(app) as other:
        assert REFUSED["school_stale"] in other.get(where).text
    assert REFUSED["school_stale"] in browser.get(where).text  # it is spent
    forged = away(browser).replace("state=", "state=x")
    assert REFUSED["school_stale"] in browser.get(forged).text
    mixed = away(browser).partition("&iss=")[0] + "&iss=https://elsewhere.example"
    assert REFUSED["school_unsound"] in browser.get(mixed).text
    assert provider.tokens == before


def test_passwords_remain_and_open_no_account_of_the_schools(browser: TestClient) -> None:
    assert Visitor.try_in(browser, "wang", "").status_code == 401
    assert Visitor.try_in(browser, "wang", PASSWORD).status_code == 401
    assert Visitor.log_in(browser, "li").get("/").status_code == 200


def test_a_way_back_out_of_the_site_leads_home(browser: TestClient) -> None:
    assert browser.get(away(browser, "//elsewhere.example")).headers["location"] == "/"


def test_without_the_schools_sign_in_there_is_no_such_page(site: Site) -> None:
    plain = site.model_copy(update={"login": login.Login()})
    with hub_client(create_hub(plain)) as client:
        assert client.get("/login/school").status_code == 404
        assert client.get("/login/school/return?state=x&code=y").status_code == 404


def test_the_secret_must_be_there(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(login.SECRET, raising=False)
    with pytest.raises(ConfigError, match=login.SECRET):
        create_hub(site)


def test_site_check_names_the_provider_among_what_is_spoken_to(site: Site) -> None:
    assert "login.oidc" in [one.key for one in leaving(site)]
