"""The desk under a path that a proxy keeps for it, and HEAD."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from desk_browsing import PASSWORD, Visitor, desk_client, field
from desk_runs import make_run, photos
from starlette.testclient import TestClient

from pipeline.core.errors import ConfigError
from pipeline.desk import accounts, once
from pipeline.desk.cases.desk import opened
from pipeline.desk.web.app import Surroundings, create_app
from pipeline.desk.web.serve import Address, prepare
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

PREFIX = "/school/photoproof"
PAGES = ("/", "/audit", "/agreement", "/worklist", "/account", "/case/{case}", "/nowhere")
OURS = re.compile(r'(?:href|src|action)="(/[^"]*)"')


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_run(tmp_path_factory.mktemp("run"), photos(8))
    with Ledger(made / LEDGER) as ledger:
        accounts.add(ledger, "lu", accounts.Role.LEAD, PASSWORD, "test")
    return made


@pytest.fixture(scope="module")
def case(run: Path) -> str:
    with opened(run) as desk:
        item = desk.student("2021000000")
        assert item
        return item.id


@pytest.fixture
def under(run: Path) -> Iterator[TestClient]:
    """A desk under PREFIX, asked as a browser asks the proxy."""
    app = create_app(run, accounts=True, around=Surroundings(PREFIX))
    with TestClient(app, "https://school.example", follow_redirects=False) as client:
        yield client


def come_in(client: httpx.Client) -> httpx.Response:
    knock = field(client.get(f"{PREFIX}/login").text, "csrf")
    data = {"name": "lu", "password": PASSWORD, "csrf": knock, "back": "/audit"}
    return client.post(f"{PREFIX}/login", data=data)


def test_every_address_of_every_page_is_under_the_path(under: TestClient, case: str) -> None:
    assert come_in(under).headers["location"] == f"{PREFIX}/audit"
    for page in PAGES:
        text = under.get(PREFIX + page.format(case=case)).text
        addresses = OURS.findall(text)
        assert len(addresses) > 4
        assert [a for a in addresses if not a.startswith(f"{PREFIX}/")] == [], page
    text = under.get(f"{PREFIX}/worklist?").text
    assert f'href="{PREFIX}/worklist" aria-current=page' in text


def test_cookies_go_to_the_desk_alone(under: TestClient) -> None:
    cookies = come_in(under).headers.get_list("set-cookie")
    assert [c for c in cookies if not c.startswith("__Secure-")] == []
    assert all(f"Path={PREFIX};" in c and "Secure" in c for c in cookies)
    csrf = field(under.get(f"{PREFIX}/").text, "csrf")
    left = under.post(f"{PREFIX}/logout", data={"csrf": csrf})
    assert left.headers["location"] == f"{PREFIX}/login"
    assert f"Path={PREFIX};" in left.headers["set-cookie"]
    assert under.get(f"{PREFIX}/audit").status_code == 401


def test_a_proxy_may_take_the_path_off(under: TestClient, case: str) -> None:
    come_in(under)
    cookie = "; ".join(f"{c.name}={c.value}" for c in under.cookies.jar)
    page = under.get(f"/case/{case}", headers={"cookie": cookie})
    assert page.status_code == 200
    assert f'action="{PREFIX}/case/{case}/answer' in page.text


def test_the_path_alone_is_the_queue_and_a_like_named_one_is_not(under: TestClient) -> None:
    come_in(under)
    assert 'id="start"' in under.get(PREFIX).text
    assert under.get(f"{PREFIX}er/").status_code == 404


def test_language_leads_back_under_the_path(under: TestClient) -> None:
    answer = under.get(f"{PREFIX}/language/en?back=/audit?before=9")
    assert answer.headers["location"] == f"{PREFIX}/audit?before=9"
    elsewhere = under.get(f"{PREFIX}/language/en?back=//evil.example/")
    assert elsewhere.headers["location"] == f"{PREFIX}/"


@pytest.mark.parametrize("path", ["photoproof", "/photoproof/", "/..", "/a b", "//a", "/a\n"])
def test_a_path_that_is_none_is_refused_by_name(run: Path, path: str) -> None:
    with pytest.raises(ConfigError, match="--path"):
        prepare(run, Address(around=Surroundings(path)))


def test_head_says_what_get_says_without_a_body(run: Path, case: str) -> None:
    with desk_client(run) as client:
        visitor = Visitor.log_in(client, "lu")
        for page in (*PAGES, "/login", "/static/desk.js", f"/case/{case}/picture/0"):
            path = page.format(case=case)
            got, head = visitor.get(path), client.head(path)
            assert head.status_code == got.status_code, path
            assert head.content == b""
            assert head.headers["content-type"] == got.headers["content-type"]
            assert head.headers["content-security-policy"]
        assert client.head("/undo").status_code == 405  # is for POST alone


def test_head_never_spends_the_one_time_token(run: Path, tmp_path: Path) -> None:
    made = make_run(tmp_path, photos(2))
    with Ledger(made / LEDGER) as ledger:
        token = once.new_token(ledger)
    with desk_client(made, accounts=False) as client:
        assert client.head(f"/enter?token={token}").status_code == 200
        assert client.get(f"/enter?token={token}").status_code == 303
