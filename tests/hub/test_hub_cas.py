"""Signing in through a school's CAS, against a real server: who comes in, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cas_provider import BOMB, LEAK, Server, failure, response, serving, success
from desk_browsing import HOME, PASSWORD, Visitor
from fastapi import FastAPI
from hub_cases import hub_client
from school_cases import REFUSED, away, last_entry, told_to_have_no_account
from site_cases import SITE, site_file
from starlette.testclient import TestClient

from pipeline.core.errors import ConfigError
from pipeline.core.said import worded
from pipeline.core.words import words
from pipeline.desk.accounts import Role
from pipeline.hub import asking, cas
from pipeline.hub.app import create_hub
from pipeline.hub.away import Away, SchoolError
from pipeline.site import people
from pipeline.site.config import Site, load_site
from pipeline.site.faults import examine
from pipeline.site.login import Cas
from pipeline.site.people import site_ledger


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as one:
        yield one


@pytest.fixture(autouse=True)
def sound(server: Server) -> None:
    """Nothing is wrong with it when a test begins."""
    server.who, server.fault, server.answer, server.attributes = "wang", "", b"", ()


@pytest.fixture(scope="module")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Site:
    said = f'[desk]\nurl = "{HOME}/"\n[login]\ncas = {{ server = "{server.address}/" }}\n'
    site = load_site(site_file(tmp_path_factory.mktemp("school"), said, SITE))
    with site_ledger(site) as ledger:
        people.add(ledger, "wang", Role.LEAD, (), None, "test")
        people.add(ledger, "li", Role.LEAD, (), PASSWORD, "test")
    return site


@pytest.fixture(scope="module")
def app(site: Site) -> FastAPI:
    return create_hub(site)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    with hub_client(app) as client:
        yield client


def speaking(site: Site, **keys: object) -> Iterator[TestClient]:
    """A browser at a hub whose site says more of its CAS server."""
    known = site.login.cas
    assert known
    login = site.login.model_copy(update={"cas": known.model_copy(update=keys)})
    with hub_client(create_hub(site.model_copy(update={"login": login}))) as client:
        yield client


@pytest.fixture
def by_number(site: Site) -> Iterator[TestClient]:
    yield from speaking(site, attribute="workNo")


@pytest.fixture
def older(site: Site) -> Iterator[TestClient]:
    yield from speaking(site, protocol=2)


def service_of(browser: TestClient) -> str:
    """The address for which a browser that leaves is to be given a ticket."""
    left = browser.get("/login/school").headers["location"]
    return parse_qs(urlsplit(left).query)["service"][0]


def come(browser: TestClient, service: str, ticket: str) -> str:
    """The page on which a browser comes back with this ticket."""
    where = f"{service}&{urlencode({'ticket': ticket})}".removeprefix(HOME)
    return browser.get(where).text


def test_who_the_school_knows_comes_in_with_the_role_that_the_site_gives(
    browser: TestClient, site: Site
) -> None:
    came = browser.get(away(browser, "/cohorts/2026"))
    assert (came.status_code, came.headers["location"]) == (303, "/cohorts/2026")
    assert words("role", "zh")["lead"] in browser.get("/").text
    assert last_entry(site)[:2] == ("wang", "login")


def test_an_older_server_is_asked_by_its_own_protocol(older: TestClient) -> None:
    assert older.get(away(older)).status_code == 303


def test_the_name_may_be_an_attribute(by_number: TestClient, server: Server) -> None:
    server.who, server.attributes = "2001", (("name", "王"), ("workNo", " wang "))
    assert by_number.get(away(by_number)).status_code == 303


@pytest.mark.parametrize("said", [(), ("wang", "li"), (" ",), ("<b>wang</b>",)], ids=str)
def test_an_attribute_that_is_not_one_name_is_nobodys(
    by_number: TestClient, server: Server, said: tuple[str, ...]
) -> None:
    server.attributes = tuple(("workNo", one) for one in said)
    if said == ("<b>wang</b>",):  # a name is no tree
        server.answer = success("x", server.attributes).replace(b"&lt;", b"<")
        server.answer = server.answer.replace(b"&gt;", b">")
    assert REFUSED["school_unsound"] in by_number.get(away(by_number)).text


@pytest.mark.parametrize("who", ["stranger", "li"])
def test_who_has_no_account_for_it_is_told_so(
    browser: TestClient, server: Server, site: Site, who: str
) -> None:
    server.who = who
    told_to_have_no_account(browser, site, who)


def test_a_name_never_leads_out_of_its_page(browser: TestClient, server: Server) -> None:
    server.who = "<script>{0.__class__}&x;"
    assert "&lt;script&gt;{0.__class__}&amp;x;" in browser.get(away(browser)).text


def test_a_ticket_is_good_once_for_one_way_in_one_browser(
    browser: TestClient, app: FastAPI, server: Server, site: Site
) -> None:
    """So nobody can be sent in with another's: the address that it is for is one browser's own."""
    mine = service_of(browser)
    assert REFUSED["school_refused"] in come(browser, mine, "ST-made-up")
    assert last_entry(site)[2]["why"] == "invalid_ticket"
    mine = service_of(browser)
    assert REFUSED["school_refused"] in come(browser, mine, server.ticket("https://other.example/"))
    assert last_entry(site)[2]["why"] == "invalid_service"
    with hub_client(app) as other:
        theirs = service_of(other)
        mine, asked = service_of(browser), server.asked
        assert REFUSED["school_stale"] in come(browser, theirs, server.ticket(theirs))
        assert server.asked == asked  # a state of another browser is not asked about
        mine = service_of(browser)
        assert REFUSED["school_refused"] in come(browser, mine, server.ticket(theirs))
    for where in ("/login/school/return?ticket=ST-1", "/login/school/return?ticket=ST-1&state=x"):
        assert REFUSED["school_stale"] in browser.get(where).text
    where = away(browser)
    assert browser.get(where).status_code == 303
    assert REFUSED["school_stale"] in browser.get(where).text
    mine = service_of(browser)
    again = parse_qs(urlsplit(where).query)["ticket"][0]
    assert REFUSED["school_refused"] in come(browser, mine, again)


def test_who_comes_back_without_a_ticket_is_refused(browser: TestClient) -> None:
    where = service_of(browser).removeprefix(HOME)
    assert REFUSED["school_refused"] in browser.get(where).text


@pytest.mark.parametrize(
    ("fault", "status", "key", "why"),
    [
        ("down", 503, "school_unreachable", "HTTPStatusError"),
        ("moved", 503, "school_unreachable", "HTTPStatusError"),
        ("slow", 503, "school_unreachable", "TimeoutError"),
        ("huge", 403, "school_unsound", "too_long"),
        ("endless", 403, "school_unsound", "too_long"),
        ("packed", 403, "school_unsound", "packed"),
    ],
)
def test_what_goes_wrong_at_the_server_is_said(
    browser: TestClient,
    server: Server,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    status: int,
    key: str,
    why: str,
) -> None:
    if fault == "slow":
        monkeypatch.setattr(asking, "WAIT_S", 0.2)
    server.fault = fault
    came = browser.get(away(browser))
    assert (came.status_code, REFUSED[key] in came.text) == (status, True)
    assert last_entry(site)[2]["why"] == why
    assert browser.get("/").status_code == 401


def test_a_server_that_is_not_there_is_said(site: Site) -> None:
    for browser in speaking(site, server="http://127.0.0.1:9/cas"):
        came = browser.get(service_of(browser).removeprefix(HOME) + "&ticket=ST-1")
        assert (came.status_code, REFUSED["school_unreachable"] in came.text) == (503, True)


WANG = "<cas:authenticationSuccess><cas:user>wang</cas:user></cas:authenticationSuccess>"
ANSWERS = {
    "laughs": (success("&l9;", head=BOMB), "school_unsound", "doctype"),
    "file": (success("&l9;", head=LEAK), "school_unsound", "doctype"),
    "wide": ((BOMB + "<x/>").encode("utf-16"), "school_unsound", "encoding"),
    "page": (b"\n<!DOCTYPE html><html>wang</html>", "school_unreachable", "page"),
    "json": (b'{"serviceResponse": {}}', "school_unreachable", "junk"),
    "nothing": (b"", "school_unreachable", "junk"),
    "cut": (success("wang")[:-3], "school_unreachable", "junk"),
    "entity": (success("&wang;", head=" "), "school_unreachable", "junk"),
    "failed": (failure("INTERNAL_ERROR"), "school_unreachable", "internal_error"),
    "unheard": (failure("WANG 2001"), "school_refused", "refused"),
    "empty": (response(""), "school_unsound", "answer"),
    "both": (response(WANG + WANG), "school_unsound", "answer"),
    "namespace": (success("wang").replace(b"yale.edu", b"a.cn"), "school_unsound", "answer"),
    "deeper": (response(f"<cas:x>{WANG}</cas:x>"), "school_unsound", "answer"),
    "nobody": (success(" "), "school_unsound", "no_name"),
    "proxied": (
        response(WANG.replace("</cas:user>", "</cas:user><cas:proxies/>")),
        "school_unsound",
        "answer",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_is_none_opens_nothing(case: str) -> None:
    answer, key, why = ANSWERS[case]
    with pytest.raises(SchoolError) as refused:
        cas.name_in(answer, "")
    assert (refused.value.key, refused.value.why) == (key, why)


def test_an_answer_that_is_none_is_told_the_same_way(browser: TestClient, server: Server) -> None:
    server.answer = success("&l9;", head=BOMB)
    assert REFUSED["school_unsound"] in browser.get(away(browser)).text
    assert browser.get("/").status_code == 401


def test_a_declared_encoding_does_not_matter_and_a_name_may_be_chinese() -> None:
    head = '\ufeff<?xml version="1.0" encoding="GBK"?>'
    assert cas.name_in(success("王老师", head=head), "") == "王老师"


def test_no_more_ask_the_school_at_once_than_threads_can_spare(browser: TestClient) -> None:
    one = Away()
    with pytest.raises(SchoolError) as refused:
        ask(one, 1000)
    assert refused.value.why == "too_many_asking"
    with one.asking():
        pass


def ask(one: Away, times: int) -> None:
    if times:
        with one.asking():
            ask(one, times - 1)


def test_passwords_remain_and_open_no_account_of_the_schools(browser: TestClient) -> None:
    assert Visitor.try_in(browser, "wang", PASSWORD).status_code == 401
    assert Visitor.log_in(browser, "li").get("/").status_code == 200


def test_site_check_names_the_server(site: Site) -> None:
    assert [r.fault for r in examine(site) if r.key == "login.cas"] == [False]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('[login]\ncas = { server = "https://a.cn/cas" }', "`login.cas` needs `desk.url`"),
        ('[login]\ncas = { server = "http://a.cn/cas" }', "begins with https://"),
        ('[login]\ncas = { server = "https://a.cn/cas?x=1" }', "must end before /login"),
        ('[login]\ncas = { server = "https://a.cn", protocol = 1 }', "protocol"),
        ('[login]\ncas = { server = "https://a.cn", attribute = "a b" }', "attribute"),
        (
            '[login]\ncas = { server = "https://a.cn" }\n'
            'oidc = { issuer = "https://a.cn", client_id = "p" }',
            "two ways to one school",
        ),
    ],
)
def test_what_the_sites_file_may_say(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_site(site_file(tmp_path, said, SITE))


def test_what_the_sites_file_may_not_say_is_told_in_chinese(tmp_path: Path) -> None:
    text = '[login]\ncas = { server = "https://a.cn/cas" }'
    with pytest.raises(ConfigError) as refused:
        load_site(site_file(tmp_path, text, SITE))
    assert "有 `login.cas` 就必须写 `desk.url`" in worded(refused.value.message, "zh")


def test_a_server_at_the_loopback_needs_no_certificate() -> None:
    assert Cas(server="http://[::1]:8080/cas").protocol == 3
