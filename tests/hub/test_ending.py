"""Desk and hub that are stopped while a request is pending: one answer, and no traceback."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import cast

import pytest
from desk_runs import make_run, photos
from hub_cases import make_site

from pipeline.cli import serving
from pipeline.cli.stopping import Stopped, gently, heed_signals
from pipeline.desk.web import serve
from pipeline.hub import machines
from pipeline.hub import serve as hub
from pipeline.site.people import site_ledger

FORM, PICTURE = "application/x-www-form-urlencoded", "image/jpeg"


@pytest.fixture
def service(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[serve.Service, str]:
    """What is served, and the start of a request to it whose body will never come."""
    if request.param == "desk":
        run = make_run(tmp_path, photos(2))
        return serve.prepare(run, serve.Address(port=0)), f"POST /login HTTP/1.1\r\n{kind(FORM)}"
    site = make_site(tmp_path)
    with site_ledger(site) as ledger:
        bearer = f"Authorization: Bearer {machines.add(ledger, 'booth', 'test')}\r\n"
    begun = f"POST /api/check HTTP/1.1\r\n{bearer}{kind(PICTURE)}"
    return hub.prepare(site, serve.Address(port=0)), begun


def kind(of: str) -> str:
    return f"Host: 127.0.0.1\r\nContent-Type: {of}\r\nContent-Length: 9\r\nExpect: 100-continue\r\n"


@pytest.mark.parametrize("service", ["desk", "hub"], indirect=True)
def test_a_pending_request_is_told_to_come_again(
    service: tuple[serve.Service, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    one, begun = service
    monkeypatch.setattr(one.server.config, "timeout_graceful_shutdown", 0)
    given_up: list[int] = []
    thread = Thread(target=lambda: given_up.append(one.run()))
    at = one.listener.getsockname()
    thread.start()
    with socket.create_connection(at, 30) as asking:
        asking.sendall(f"{begun}\r\n".encode())
        assert asking.recv(1000).startswith(b"HTTP/1.1 100")  # the body is waited for
        assert one.pending == 1
        one.stop()
        answer = asking.recv(1000).decode().lower()
    thread.join()
    assert answer.startswith("http/1.1 503") and "retry-after: 5" in answer
    assert (given_up, one.pending) == ([1], 0)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def heeding() -> Iterator[None]:
    """Signals are heeded as by the program."""
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    heed_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heeding")
def test_a_signal_asks_a_server_to_end_and_is_told_after_it() -> None:
    asked: list[str] = []
    with pytest.raises(Stopped) as stopped, gently(lambda: asked.append("stop")):
        os.kill(os.getpid(), signal.SIGTERM)
        asked.append("went on")
    assert asked == ["stop", "went on"]
    assert stopped.value.exit_code == 143


@pytest.mark.usefixtures("heeding")
@pytest.mark.parametrize("pending", [2, 0])
def test_an_end_that_has_to_wait_says_for_what(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], pending: int
) -> None:
    monkeypatch.setattr(serving, "_SILENT_S", 0.0)
    asked, looked = Event(), Event()

    class Service:
        url = "http://127.0.0.1:1/"
        stop = staticmethod(asked.set)

        @property
        def pending(self) -> int:
            looked.set()
            return pending

        def run(self) -> int:
            os.kill(os.getpid(), signal.SIGTERM)
            assert asked.wait(30) and looked.wait(30)
            return 0

    with pytest.raises(Stopped):
        serving.serve(cast(serve.Service, Service()), in_browser=False)
    for timer in threading.enumerate():
        if isinstance(timer, threading.Timer):
            timer.join()
    told = capfd.readouterr().err
    assert re.findall(r"\d+", told) == (["2", "20"] if pending else [])  # in either language
