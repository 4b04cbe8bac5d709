"""Visitors of the desk for its tests: a client that logs in and sends the CSRF token."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from pipeline.desk import accounts as people
from pipeline.desk.web.app import create_app

PASSWORD = "correct horse battery"
people._hasher = lambda: PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # type: ignore[assignment]
HOME = "http://127.0.0.1:8765"


def desk_client(run: Path, base: str = HOME, *, accounts: bool = True) -> TestClient:
    """A client of a run's desk in this process; follows no redirects."""
    app = create_app(run, accounts=accounts)
    return TestClient(app, base_url=base, follow_redirects=False, raise_server_exceptions=False)


class Visitor:
    """Somebody logged in."""

    def __init__(self, http: httpx.Client, login: httpx.Response) -> None:
        self.http = http
        self.landed = login.headers.get("location", "")
        self.cookies_set = login.headers.get_list("set-cookie")
        self.csrf = ""

    @classmethod
    def try_in(
        cls, http: httpx.Client, name: str, password: str, back: str = "/"
    ) -> httpx.Response:
        knock = field(http.get("/login").text, "csrf")
        data = {"name": name, "password": password, "csrf": knock, "back": back}
        return http.post("/login", data=data)

    @classmethod
    def log_in(cls, http: httpx.Client, name: str, back: str = "/") -> Visitor:
        login = cls.try_in(http, name, PASSWORD, back)
        assert login.status_code == 303, login.text
        one = cls(http, login)
        # Any page of theirs carries the token, refusals too, but for the first of these roles.
        text = http.get("/").text
        one.csrf = field(text if "csrf" in text else http.get("/audit").text, "csrf")
        return one

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def post(self, path: str, *, scripted: bool = False, **data: Any) -> httpx.Response:
        headers = {"x-desk": "1"} if scripted else {}
        return self.http.post(path, data={**data, "csrf": self.csrf}, headers=headers)


@contextmanager
def visitor(run: Path, name: str) -> Iterator[Visitor]:
    with desk_client(run) as client:
        yield Visitor.log_in(client, name)


def field(html: str, name: str) -> str:
    """A hidden field's value."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    return found[1] if found else ""


@contextmanager
def served(
    run: Path, *options: str, through: tuple[str, ...] = ()
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as users start it, or by another program; its process and address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *through, "-m", "pipeline", "review", str(run)]
    command += ["--port", str(port), *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    try:
        assert process.stdout
        line = next(line for line in process.stdout if line.startswith("http"))
        yield process, line.strip()
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
