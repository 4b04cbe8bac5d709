"""Guessing at the desk's door: bounded for guessers, and no lock for whoever knows the password."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest
from desk_browsing import PASSWORD, Visitor, desk_client, field, served
from desk_runs import make_run, photos

from pipeline.core.errors import ConfigError
from pipeline.desk import accounts, once
from pipeline.desk.accounts import Role, TooManyTriesError
from pipeline.desk.passwords import fault
from pipeline.desk.web import visits
from pipeline.desk.web.serve import Address, prepare
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = make_run(tmp_path, photos(2))
    with Ledger(made / LEDGER) as ledger:
        for name in ("an", "bo"):
            accounts.add(ledger, name, Role.REVIEWER, PASSWORD, "test")
    return made


def guess(run: Path, name: str, address: str, password: str = "wrong password") -> str:
    with Ledger(run / LEDGER) as ledger:
        try:
            return "in" if accounts.log_in(ledger, name, password, address) else "wrong"
        except TooManyTriesError:
            return "later"


def addresses(run: Path, action: str) -> list[str]:
    with Ledger(run / LEDGER) as ledger:
        entries = [e for e in ledger.log.entries() if e.action == action]
        return [json.loads(entry.detail)["address"] for entry in entries]


def test_guesses_at_once_are_no_more_than_guesses_in_turn(run: Path) -> None:
    with ThreadPoolExecutor(24) as pool:
        told = Counter(pool.map(lambda _: guess(run, "an", "198.51.100.1"), range(60)))
    assert told == {"wrong": accounts.TRIES_BOTH, "later": 60 - accounts.TRIES_BOTH}


def test_whoever_guesses_locks_nobody_out_elsewhere(run: Path) -> None:
    for _ in range(7):
        guess(run, "an", "198.51.100.1")
    assert guess(run, "an", "198.51.100.1", PASSWORD) == "later"
    assert guess(run, "an", "203.0.113.7", PASSWORD) == "in"
    assert guess(run, "bo", "198.51.100.1", PASSWORD) == "in"


def test_an_address_that_tries_many_names_waits(run: Path) -> None:
    told = [guess(run, f"name {number}", "198.51.100.1") for number in range(21)]
    assert told == ["wrong"] * accounts.TRIES_ADDRESS + ["later"]


def test_right_passwords_count_for_nothing(run: Path) -> None:
    assert {guess(run, "an", "198.51.100.1", PASSWORD) for _ in range(30)} == {"in"}


def test_a_name_guessed_at_from_everywhere_is_slowed_not_shut(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger(run / LEDGER) as ledger:
        waits = []
        for number in range(12):
            waits.append(accounts.slowed_s(ledger, "an"))
            guess(run, "an", f"198.51.100.{number}")
        assert waits == [0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 8, 8]
        assert accounts.slowed_s(ledger, "bo") == 0
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("pipeline.desk.web.routes_visits.sleep", sleep)
    with desk_client(run) as client:
        assert Visitor.try_in(client, "an", PASSWORD).status_code == 303
    assert slept == [accounts.SLOWEST_S]


@pytest.mark.long
def test_a_crowd_is_answered_in_turn_while_pages_go_on(run: Path) -> None:
    """With the hash as it is: 64 MiB each, and 40 who come at once."""
    with served(run) as (process, address):
        with httpx.Client(base_url=address, timeout=60) as client:
            knock = field(client.get("/login").text, "csrf")
            cookies = dict(client.cookies)

        def log_in(number: int) -> int:
            data = {"name": f"name {number % 19}", "password": "x" * 20, "csrf": knock}
            with httpx.Client(base_url=address, cookies=cookies, timeout=60) as one:
                return one.post("/login", data=data).status_code

        with ThreadPoolExecutor(40) as pool:
            answers = [pool.submit(log_in, number) for number in range(40)]
            time.sleep(0.3)
            httpx.get(f"{address}static/desk.css", timeout=60)
            waiting = sum(not answer.done() for answer in answers)
            codes = Counter(answer.result() for answer in answers)
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    assert set(codes) == {401, 429}
    assert codes[401] == accounts.TRIES_ADDRESS
    assert peak < 600_000  # kB: 2.8 GB with a hash for everybody at once
    assert waiting, "the page has not waited for all of them"


@pytest.mark.parametrize(
    ("options", "seen"),
    [((), "127.0.0.1"), (("--trusted-proxy", "127.0.0.0/8"), "203.0.113.9")],
)
def test_only_a_proxy_that_was_named_may_speak_for_others(
    run: Path, options: tuple[str, ...], seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own way to open this door
    with (
        served(run, *options) as (_, address),
        httpx.Client(
            base_url=address, headers={"x-forwarded-for": "203.0.113.9"}, timeout=60
        ) as client,
    ):
        Visitor.try_in(client, "an", "wrong password")
    assert addresses(run, "login_refused") == [seen]


def test_a_proxy_that_is_no_address_is_named(run: Path) -> None:
    with pytest.raises(ConfigError, match=r"--trusted-proxy 'proxy\.example'"):
        prepare(run, Address(proxies=("proxy.example",)))


def test_wrong_tokens_are_on_record_once_a_minute(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger(run / LEDGER) as ledger:
        token = once.new_token(ledger)
    with desk_client(run, accounts=False) as client:
        codes = [client.get(f"/enter?token=guess{n}").status_code for n in range(30)]
        assert codes == [403] * accounts.TRIES_ADDRESS + [429] * 10
        assert len(addresses(run, "token_refused")) == 1
        with monkeypatch.context() as patch:
            patch.setattr(once, "TOKEN_EACH_S", 0)
            patch.setattr(once, "TRIES_ADDRESS", 100)
            assert client.get("/enter?token=x").status_code == 403
        assert len(addresses(run, "token_refused")) == 2
        assert client.get(f"/enter?token={token}").status_code == 303


def test_desks_on_one_host_keep_apart(run: Path, tmp_path: Path) -> None:
    other = make_run(tmp_path / "other", photos(2))
    names = set()
    for folder, base in (
        (run, "http://127.0.0.1:8765"),
        (run, "http://127.0.0.1:8766"),
        (other, "http://127.0.0.1:8765"),
    ):
        with desk_client(folder, base) as client:
            names.add(client.get("/login").headers["set-cookie"].partition("=")[0])
    assert len(names) == 3


def test_over_tls_no_other_host_can_set_our_cookies(run: Path) -> None:
    with desk_client(run, "https://127.0.0.1:8765") as client:
        one = Visitor.log_in(client, "an")
        out = one.post("/logout").headers["set-cookie"]
        for cookie in (*one.cookies_set, out):
            assert cookie.startswith("__Host-photoproof_8765_")
            assert "Secure" in cookie
            assert "Path=/;" in cookie + ";"
            assert "Domain" not in cookie
        assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "too_short"),
        *((common, "too_common") for common in ("1234567890", "Password123!", "iloveyou123")),
        *((common, "too_common") for common in ("zhangsan2022", "woaini1314", "wangwei19990101")),
        *((own, "too_common") for own in ("zhaoyun2026", "ZhaoYun-1999", "zhaoyunzhaoyun")),
        *((good, "") for good in ("xK9#mLq2vR", "four words unlike others", "a" + "好的密码" * 99)),
    ],
)
def test_passwords_that_many_have_are_refused(password: str, said: str) -> None:
    assert fault(password, "zhaoyun") == said


def test_common_passwords_are_refused_wherever_one_is_chosen(run: Path) -> None:
    ways: list[Callable[[Ledger], object]] = [
        lambda ledger: accounts.add(ledger, "lu", Role.LEAD, "Password123!", "test"),
        lambda ledger: accounts.change(ledger, "an", "Password123!", "test"),
    ]
    for way in ways:
        with Ledger(run / LEDGER) as ledger, pytest.raises(ConfigError, match="many have"):
            way(ledger)
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        answer = an.post("/account", current=PASSWORD, password="Password123!", again="-")
        assert answer.status_code == 422
        assert "太常见" in answer.text


def test_a_crowd_beyond_all_measure_is_told_to_come_again(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "MOST_WAITING", 0)
    with desk_client(run) as client:
        answer = Visitor.try_in(client, "an", PASSWORD)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
