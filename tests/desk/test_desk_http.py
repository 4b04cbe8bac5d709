"""The desk over HTTP: who may see and do what, and that nothing else is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from desk_browsing import PASSWORD, Visitor, desk_client, visitor
from desk_runs import make_run, photos

from pipeline.desk import accounts, once
from pipeline.desk.cases.desk import opened
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

GET_PAGES = (
    "/",
    "/case/{case}",
    "/case/{case}/sheet",
    "/case/{case}/picture/0",
    "/next",
    "/student/2021000000",
    "/audit",
    "/agreement",
    "/worklist",
    "/worklist/print",
    "/worklist/table",
    "/reshoot",
    "/case/{case}/dossier",
    "/bulk",
)
POSTS = (
    "/case/{case}/answer",
    "/case/{case}/step/handled",
    "/case/{case}/step/closed",
    "/case/{case}/give",
    "/reshoot",
    "/bulk",
    "/bulk/undo",
    "/undo",
    "/logout",
)
OPEN = {"/", "/next", "/student/2021000000", "/bulk", "/bulk/undo", "/undo", "/logout"}
NOT_FOR = {
    "reviewer": {
        *("/audit", "/agreement", "/worklist", "/worklist/print", "/worklist/table"),
        *("/reshoot", "/case/{case}/dossier"),
    },
    "auditor": {page for page in (*GET_PAGES, *POSTS) if page not in ("/", "/audit", "/logout")},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_run(tmp_path_factory.mktemp("run"), photos(24))
    with Ledger(made / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("lu", "lead"), ("wu", "auditor")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
    return made


@pytest.fixture
def client(run: Path) -> Iterator[httpx.Client]:
    with desk_client(run) as made:
        yield made


@pytest.fixture(scope="module")
def case(run: Path) -> str:
    with opened(run) as desk:
        item = desk.student("2021000000")
        assert item
        return item.id


@pytest.mark.parametrize("path", GET_PAGES)
def test_page_without_session_is_refused(client: httpx.Client, case: str, path: str) -> None:
    answer = client.get(path.format(case=case))
    assert answer.status_code == 401
    assert "张伟" not in answer.text


@pytest.mark.parametrize("path", POSTS)
def test_post_without_session_is_refused(client: httpx.Client, case: str, path: str) -> None:
    assert client.post(path.format(case=case), data={"verdict": "ok"}).status_code == 401


@pytest.mark.parametrize(
    ("name", "role", "path"),
    [("an", "reviewer", p) for p in sorted(NOT_FOR["reviewer"])]
    + [("wu", "auditor", p) for p in sorted(NOT_FOR["auditor"])],
)
def test_wrong_role_is_refused(run: Path, case: str, name: str, role: str, path: str) -> None:
    with visitor(run, name) as someone:
        address = path.format(case=case)
        answer = someone.get(address) if path in GET_PAGES else someone.post(address, verdict="ok")
        assert answer.status_code == 403
        assert "张伟" not in answer.text


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", ["", "forged", None])
def test_forged_token_is_refused(run: Path, case: str, path: str, token: str | None) -> None:
    with visitor(run, "lu") as lead:
        data = {"verdict": "ok"} if token is None else {"verdict": "ok", "csrf": token}
        assert lead.http.post(path.format(case=case), data=data).status_code == 403


def test_another_sessions_token_is_refused(run: Path, case: str) -> None:
    with visitor(run, "an") as one, visitor(run, "lu") as two:
        data = {"verdict": "ok", "csrf": one.csrf}
        assert two.http.post(f"/case/{case}/answer", data=data).status_code == 403


def test_case_of_another_run_is_not_found(run: Path, tmp_path: Path) -> None:
    other = make_run(tmp_path, photos(3))
    with opened(other) as desk:
        foreign = [item.id for item in desk.items()]
    with visitor(run, "lu") as lead:
        for identifier in foreign:
            for path in ("/case/{}", "/case/{}/sheet", "/case/{}/picture/0"):
                assert lead.get(path.format(identifier)).status_code == 404
            assert lead.post(f"/case/{identifier}/answer", verdict="ok").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2fdesk.py",
        "/static/../../desk.py",
        "/static/%2e%2e/pages.py",
        "/static//etc/passwd",
        "/static/report.js",
        "/photoproof.sqlite",
        "/review.sqlite",
        "/case/..%2f..%2freview.sqlite",
        "/docs",
        "/openapi.json",
    ],
)
def test_no_path_leads_to_a_file(run: Path, path: str) -> None:
    with visitor(run, "lu") as lead:
        assert lead.get(path).status_code == 404


def test_picture_numbers_end(run: Path, case: str) -> None:
    with visitor(run, "lu") as lead:
        assert lead.get(f"/case/{case}/picture/2").headers["content-type"] == "image/jpeg"
        for number in ("3", "-1", "99999999999999999999"):
            assert lead.get(f"/case/{case}/picture/{number}").status_code == 404
        assert lead.get(f"/case/{case}/picture/zero").status_code == 422


def test_every_answer_carries_the_safety_headers(run: Path, case: str) -> None:
    with visitor(run, "lu") as lead:
        paths = (*(p.format(case=case) for p in GET_PAGES), "/nowhere", "/static/desk.css")
        for path in paths:
            headers = lead.get(path).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            expected = "no-cache" if path.startswith("/static") else "no-store"
            assert headers["cache-control"] == expected


def test_pages_hold_no_inline_script_or_style(run: Path, case: str) -> None:
    with visitor(run, "lu") as lead:
        for path in ("/", f"/case/{case}", "/audit", "/agreement", "/worklist"):
            text = lead.get(path).text
            assert not re.search(
                r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text
            )
            assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)


def test_cookies_are_strict_and_out_of_scripts_reach(run: Path) -> None:
    with desk_client(run) as client:
        made = [client.get("/login").headers["set-cookie"]]
        made += Visitor.log_in(client, "lu").cookies_set
        for cookie in made:
            assert "HttpOnly" in cookie
            # The session comes along with a link, such as the report's, and with nothing else.
            expected = "lax" if cookie.startswith("photoproof_8765_") else "strict"
            assert f"SameSite={expected}" in cookie


def test_cookie_is_secure_over_tls(run: Path) -> None:
    with desk_client(run, "https://127.0.0.1:8765") as client:
        assert all("Secure" in cookie for cookie in Visitor.log_in(client, "lu").cookies_set)


def test_foreign_host_name_is_refused_without_accounts(run: Path) -> None:
    with desk_client(run, "http://evil.example", accounts=False) as client:
        assert client.get("/login").status_code == 400


def test_login_form_must_be_ours(client: httpx.Client) -> None:
    data = {"name": "lu", "password": PASSWORD, "csrf": "guess"}
    assert client.post("/login", data=data).status_code == 403


def test_login_leads_nowhere_else(run: Path) -> None:
    for back in ("//evil.example", "https://evil.example", "/\\evil.example", "evil"):
        with desk_client(run) as client:
            assert Visitor.log_in(client, "lu", back=back).landed == "/"


@pytest.mark.parametrize("back", ["//evil.example/", "/%5Cevil", "https://evil.example/"])
def test_language_leads_nowhere_else(client: httpx.Client, back: str) -> None:
    assert client.get(f"/language/en?back={back}").headers["location"] in ("/", "/%5Cevil")


def test_failed_logins_are_limited(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos(2))
    with Ledger(run / LEDGER) as ledger:
        accounts.add(ledger, "an", accounts.Role.REVIEWER, PASSWORD, "test")
    with desk_client(run) as client:
        answers = [Visitor.try_in(client, "an", "wrong password").status_code for _ in range(6)]
        assert answers == [401] * 5 + [429]
        assert Visitor.try_in(client, "an", PASSWORD).status_code == 429


def test_what_was_typed_for_an_unknown_name_is_not_kept(run: Path) -> None:
    with desk_client(run) as client:
        Visitor.try_in(client, "perhaps a password", "x")
    kept = [path.read_bytes() for path in run.glob(f"{LEDGER}*")]
    assert not any(b"perhaps a password" in part for part in kept)


def test_session_ends_on_logout_and_with_time(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with visitor(run, "an") as one:
        (name,) = [c for c in one.http.cookies if c.startswith("photoproof_8765_")]
        kept = one.http.cookies[name]
        assert one.post("/logout").status_code == 303
        one.http.cookies.set(name, kept)
        assert one.get("/").status_code == 401
    with visitor(run, "an") as one:
        monkeypatch.setattr(accounts, "IDLE_S", -1)
        assert one.get("/").status_code == 401


def test_too_large_a_request_is_refused(run: Path, case: str) -> None:
    with visitor(run, "lu") as lead:
        answer = lead.post(f"/case/{case}/answer", verdict="ok", comment="x" * 70_000)
        assert answer.status_code == 413
        answer = lead.post(f"/case/{case}/answer", verdict="ok", comment="x" * 2001)
        assert answer.status_code == 422


def test_hostile_text_stays_text(run: Path, case: str) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x>"
    with visitor(run, "lu") as lead:
        lead.post(f"/case/{case}/answer", verdict="cannot_tell", comment=hostile)
        for path in (f"/case/{case}", f"/?q={hostile}", f"/?college={hostile}&state=all"):
            assert "<script>alert" not in lead.get(path).text


def test_token_opens_the_desk_once(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos(2))
    with Ledger(run / LEDGER) as ledger:
        token = once.new_token(ledger)
    with desk_client(run, accounts=False) as client:
        assert client.get("/").status_code == 401
        assert client.get("/enter?token=guess").status_code == 403
        assert client.get(f"/enter?token={token}").status_code == 303
        assert client.get("/").status_code == 200
    with desk_client(run, accounts=False) as another:
        assert another.get(f"/enter?token={token}").status_code == 403
        assert another.get("/").status_code == 401
