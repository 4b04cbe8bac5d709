"""Passwords: changed by their owner on the desk, by whoever runs the commands, and on record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client, visitor
from desk_runs import make_run, photos
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import ConfigError
from pipeline.desk import accounts, once
from pipeline.desk.accounts import Role
from pipeline.night.folder import LEDGER
from pipeline.store import log
from pipeline.store.ledger import Ledger

NEW = "another longer phrase"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = make_run(tmp_path, photos(2))
    with Ledger(made / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("wu", "auditor")):
            accounts.add(ledger, name, Role(role), PASSWORD, "test")
    return made


def entries(run: Path, action: str) -> list[log.Entry]:
    with Ledger(run / LEDGER) as ledger:
        assert ledger.verify().fault == ""
        return [entry for entry in ledger.log.entries() if entry.action == action]


@pytest.mark.parametrize("name", ["an", "wu"])
def test_ones_own_password_ends_ones_sessions_elsewhere(run: Path, name: str) -> None:
    with visitor(run, name) as here, visitor(run, name) as elsewhere:
        assert "/account" in here.get("/audit" if name == "wu" else "/").text
        assert here.get("/account").status_code == 200
        answer = here.post("/account", current=PASSWORD, password=NEW, again=NEW)
        assert "密码已更改" in answer.text
        assert here.get("/account").status_code == 200
        assert elsewhere.get("/account").status_code == 401
        assert Visitor.try_in(elsewhere.http, name, PASSWORD).status_code == 401
        assert Visitor.try_in(elsewhere.http, name, NEW).status_code == 303
    (entry,) = entries(run, "password_changed")
    assert entry.who == name
    detail = json.loads(entry.detail)
    assert len(detail.pop("row")) == 64
    assert detail == {"account": name, "sessions_ended": 1}
    assert not any(word in str(entry) for word in (PASSWORD, NEW))


@pytest.mark.parametrize(
    ("current", "password", "again", "status", "words"),
    [
        ("wrong password", NEW, NEW, 403, "现在的密码不对"),
        (PASSWORD, "short", "short", 422, "太短"),
        (PASSWORD, NEW, NEW + "x", 422, "不一样"),
        ("", "", "", 422, "太短"),
    ],
)
def test_a_password_is_not_changed(
    run: Path, current: str, password: str, again: str, status: int, words: str
) -> None:
    with visitor(run, "an") as an, desk_client(run) as fresh:
        answer = an.post("/account", current=current, password=password, again=again)
        assert answer.status_code == status
        assert words in answer.text
        assert Visitor.try_in(fresh, "an", PASSWORD).status_code == 303
    assert entries(run, "password_changed") == []
    assert len(entries(run, "password_refused")) == (status == 403)


def test_guesses_at_the_current_password_are_limited(run: Path) -> None:
    with visitor(run, "an") as an:
        guesses = [
            an.post("/account", current="guess guess", password=NEW, again=NEW).status_code
            for _ in range(6)
        ]
    assert guesses == [403] * 5 + [429]


def test_it_is_asked_from_our_own_page_and_by_somebody(run: Path) -> None:
    with visitor(run, "an") as an, desk_client(run) as nobody:
        fields = {"current": PASSWORD, "password": NEW, "again": NEW}
        assert an.http.post("/account", data={**fields, "csrf": "forged"}).status_code == 403
        assert nobody.get("/account").status_code == 401
        assert nobody.post("/account", data=fields).status_code == 401


def test_a_desk_without_accounts_has_no_account_page(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos(2))
    with Ledger(run / LEDGER) as ledger:
        token = once.new_token(ledger)
    with desk_client(run, accounts=False) as client:
        client.get(f"/enter?token={token}")
        assert client.get("/account").status_code == 404
        assert "/account" not in client.get("/").text


def test_the_command_changes_a_password_and_logs_its_owner_out(run: Path) -> None:
    def passwd(name: str, password: str) -> BaseException | None:
        arguments = ["users", "passwd", name, "--run", str(run), "--password-stdin"]
        return CliRunner().invoke(app, arguments, input=password + "\n").exception

    with visitor(run, "an") as an:
        assert passwd("an", NEW) is None
        assert an.get("/").status_code == 401
        assert Visitor.try_in(an.http, "an", NEW).status_code == 303
    assert entries(run, "password_changed")[0].who.startswith("cli:")
    for name, password in (("nobody", NEW), ("an", "short")):
        assert isinstance(passwd(name, password), ConfigError)
