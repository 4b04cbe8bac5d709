"""Fetching from an address, and the order of the sources; all on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from fetch_cases import CONTENT, asset, left_in

from models.fetch import pull
from models.manifest import AtUrl, InAsset
from pipeline.core.errors import FetchError


class Server(ThreadingHTTPServer):
    """Serves CONTENT and breaks off after `gives` bytes; notes the ranges it was asked for."""

    gives: list[int]
    honours_range = True
    codes: list[int]
    content = CONTENT
    asked: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/net.bin"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.asked.append(wanted)
        ranged = wanted and self.server.honours_range
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if ranged else 0
        rest = self.server.content[start:]
        code = self.server.codes.pop(0) if self.server.codes else 200
        self.send_response(206 if ranged and code == 200 else code)
        rest = rest if code == 200 else b""
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.gives.pop(0)] if self.server.gives else rest)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as running:
        running.gives, running.asked, running.codes = [], [], []
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_an_address_gives_the_file(dest: Path, server: Server) -> None:
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert left_in(dest) == ["net.bin"]


def test_a_broken_download_is_resumed(dest: Path, server: Server) -> None:
    server.gives = [1000, 500]
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked == ["", "bytes=1000-", "bytes=1500-"]
    assert left_in(dest) == ["net.bin"]


def test_a_later_pull_resumes_what_an_earlier_one_began(dest: Path, server: Server) -> None:
    server.gives = [1000, 0, 0]
    with pytest.raises(FetchError, match="broke off after 1000 of 102400 bytes"):
        pull([asset(AtUrl(server.url))], dest)
    assert left_in(dest) == ["net.bin.part"]
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=1000-"


def test_a_server_without_ranges_starts_anew(dest: Path, server: Server) -> None:
    server.gives, server.honours_range = [1000], False
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT


def test_a_stale_start_is_thrown_away(dest: Path, server: Server) -> None:
    dest.mkdir()
    (dest / "net.bin.part").write_bytes(b"of an older file")
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked == ["bytes=16-", ""]


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT + b"X"])
def test_wrong_bytes_from_an_address_are_not_asked_for_twice(
    dest: Path, server: Server, content: bytes
) -> None:
    server.content = content
    with pytest.raises(FetchError, match="wrong bytes"):
        pull([asset(AtUrl(server.url))], dest)
    assert len(server.asked) == 1
    assert left_in(dest) == []


def test_a_server_out_of_order_does_not_lose_the_start(dest: Path, server: Server) -> None:
    server.gives, server.codes = [1000], [200, 503]
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked == ["", "bytes=1000-", "bytes=1000-"]


def test_a_start_longer_than_the_file_is_thrown_away(dest: Path, server: Server) -> None:
    dest.mkdir()
    (dest / "net.bin.part").write_bytes(CONTENT + b"X")
    server.codes = [416]
    assert pull([asset(AtUrl(server.url))], dest)["net"].read_bytes() == CONTENT
    assert server.asked[-1] == ""


def test_not_found_is_told_and_not_repeated(dest: Path, server: Server) -> None:
    server.codes = [404]
    with pytest.raises(FetchError, match="HTTP 404"):
        pull([asset(AtUrl(server.url))], dest)
    assert len(server.asked) == 1


def test_sources_are_tried_in_order_and_all_answers_told(
    dest: Path, mirror: Path, server: Server
) -> None:
    (mirror / "net.bin").write_bytes(b"X" + CONTENT[1:])
    wanted = asset(InAsset("net", "no/zip"), AtUrl(server.url))
    events: list[str] = []
    pull([wanted], dest, mirror, events.append)
    assert events == [f"net: 102,400 bytes from {server.url}"]

    (dest / "net.bin").unlink()
    server.codes = [404]
    with pytest.raises(FetchError) as caught:
        pull([wanted], dest, mirror)
    told = caught.value.message
    order = [told.index(word) for word in ("mirror folder: wrong", "net.bin gives no", "HTTP 404")]
    assert order == sorted(order)
