"""What a night tells, received by real servers on the loopback; nothing about a person."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from certificates import Certificate, certificate
from site_cases import SITE, site_file
from site_mail import Inbox, smtp

from pipeline.site.config import MAIL_PASSWORD, WEBHOOK_SECRET, Site, load_site
from pipeline.site.messages import SIGNATURE, Message, in_words, message, send
from pipeline.site.outcome import CohortNight, Outcome

NIGHTS = (
    CohortNight(
        "2026",
        "2026届",
        Outcome.WAITING,
        students=120,
        assessed=7,
        decisions={"ACCEPT": 100, "REVIEW": 12, "FLAG": 8},
        waiting=17,
    ),
    CohortNight("2027", "", Outcome.STOPPED, said=("no photo was found",)),
)


def site_with(folder: Path, extra: str) -> Site:
    return load_site(site_file(folder, extra, f'lang = "en"\n{SITE}'))


def told(site: Site, nights: tuple[CohortNight, ...] = NIGHTS) -> Message:
    return message(site, "2026-11-24-ab", nights, "2026-11-24 02:10:00+08:00")


def test_a_message_has_counts_outcomes_and_a_link(tmp_path: Path) -> None:
    site = site_with(tmp_path, '[desk]\nurl = "https://photos.example.edu.cn/"\n')
    whole = told(site)
    assert "stopped by the safety catch" in whole.subject
    for words in ("120 students", "17 cases", "no photo was found", "https://photos.example"):
        assert words in whole.text
    assert whole.content["exit_code"] == 32
    assert [c["outcome"] for c in whole.content["cohorts"]] == ["waiting", "stopped"]
    assert list(send(site, whole)) == []  # every channel is off


def test_what_broke_a_cohort_is_for_the_terminal_alone(tmp_path: Path) -> None:
    said, fault = ("Broken.", "one more"), ("/in/李明.xlsx: cannot be read", "Save it again.")
    broken = CohortNight("2026", "2026届", Outcome.BROKEN, said=said, fault=fault)
    whole = told(site_with(tmp_path, ""), (broken,))
    assert "李明" not in whole.text + json.dumps(whole.content, ensure_ascii=False)
    assert "Broken." in whole.text
    shown = [line.strip() for line in in_words([broken], "en", faults=True)]
    assert shown[1:] == [*fault, "one more"]


def test_the_file_holds_the_newest_message(tmp_path: Path) -> None:
    site = site_with(tmp_path, '[messages]\nfile = "told.txt"\n')
    (tmp_path / "told.txt").write_text("old")
    assert list(send(site, told(site))) == [("file", "")]
    text = (tmp_path / "told.txt").read_text("utf-8")
    assert text.startswith("[示例大学] ")
    assert "17 cases" in text


# --- mail


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate for the loopback that this process trusts."""
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    return made


def mail_site(folder: Path, port: int, tls: str, user: str = "") -> Site:
    extra = '[messages.mail]\nto = ["registry@example.edu.cn"]\nsender = "p@example.edu.cn"\n'
    extra += f'host = "localhost"\nport = {port}\ntls = "{tls}"\n'
    return site_with(folder, extra + (f'user = "{user}"\n' if user else ""))


def test_mail_goes_by_starttls_with_login(
    tmp_path: Path, trusted: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MAIL_PASSWORD, "geheim")
    inbox = Inbox()
    with smtp(inbox, trusted, login=True) as port:
        site = mail_site(tmp_path, port, "starttls", "photoproof")
        assert list(send(site, told(site))) == [("mail", "")]
    (letter,) = inbox.letters
    assert inbox.secured == [True]
    assert letter["Subject"].startswith("[示例大学] ")
    assert letter["To"] == "registry@example.edu.cn"
    assert "17 cases" in letter.get_content()


def test_mail_is_not_sent_to_a_server_nobody_trusts(tmp_path: Path) -> None:
    inbox = Inbox()
    with smtp(inbox, certificate(tmp_path)) as port:
        site = mail_site(tmp_path, port, "starttls")
        assert list(send(site, told(site))) == [("mail", "SSLCertVerificationError")]
    assert inbox.letters == []


def test_a_wrong_password_is_told(
    tmp_path: Path, trusted: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MAIL_PASSWORD, "falsch")
    monkeypatch.setattr("pipeline.site.messages.TIMEOUT_S", 2)
    with smtp(Inbox(), trusted, login=True) as port:
        site = mail_site(tmp_path, port, "starttls", "photoproof")
        ((channel, fault),) = send(site, told(site))
    assert (channel, fault[:4]) == ("mail", "SMTP")  # refused, or cut off after several tries


def test_mail_without_tls_only_where_the_file_says_so(tmp_path: Path) -> None:
    inbox = Inbox()
    with smtp(inbox, None) as port:
        plain = mail_site(tmp_path, port, "none")
        assert list(send(plain, told(plain))) == [("mail", "")]
        careful = mail_site(tmp_path, port, "starttls")
        assert list(send(careful, told(careful))) == [("mail", "SMTPNotSupportedError")]
    assert len(inbox.letters) == 1


# --- webhook and ping


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def web() -> Iterator[tuple[str, list[Asked], Callable[[int], None]]]:
    """A server's address, what it was asked, and how to let it answer."""
    asked: list[Asked] = []
    status = [200]

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            asked.append(Asked(self.command, self.path, dict(self.headers), body))
            self.send_response(status[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep still."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        yield address, asked, lambda code: status.__setitem__(0, code)
        server.shutdown()
        thread.join()


Web = tuple[str, list[Asked], Callable[[int], None]]


def test_the_webhook_gets_signed_json(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, asked, _ = web
    monkeypatch.setenv(WEBHOOK_SECRET, "geheim")
    site = site_with(tmp_path, f'[messages]\nwebhook = "{address}/hook"\n')
    assert list(send(site, told(site))) == [("webhook", "")]
    (one,) = asked
    assert (one.method, one.path) == ("POST", "/hook")
    assert json.loads(one.body)["cohorts"][0]["waiting"] == 17
    digest = hmac.new(b"geheim", one.body, hashlib.sha256).hexdigest()
    assert one.headers[SIGNATURE] == f"sha256={digest}"


def test_a_webhook_that_refuses_is_told(tmp_path: Path, web: Web) -> None:
    address, _, answer = web
    answer(500)
    site = site_with(tmp_path, f'[messages]\nwebhook = "{address}/hook"\n')
    assert list(send(site, told(site))) == [("webhook", "HTTPError")]


def test_only_a_good_night_pings(tmp_path: Path, web: Web) -> None:
    address, asked, _ = web
    site = site_with(tmp_path, f'[messages]\nping = "{address}/ping"\n')
    assert list(send(site, told(site))) == []
    assert list(send(site, told(site, NIGHTS[:1]))) == [("ping", "")]
    assert [(one.method, one.path) for one in asked] == [("GET", "/ping")]
