"""How much memory the hub takes for a large file handed in, cut off at random again and again.

    python bench/hub_upload.py [--mib 2048] [--cuts 12] [--seed 1]

Serves a site of its own, hands one file in as the browser does, in pieces of 8 MiB, and throws the
line away in the middle of some; then asks how much is there and goes on. Last, the file must be the
one that was sent, byte by byte, and nothing half may be left.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from pipeline.desk.accounts import Role
from pipeline.site import people
from pipeline.site.config import load_site

PIECE = 8 << 20
PASSWORD = "a long pass phrase for a bench"  # noqa: S105 - of a site that is thrown away
SITE = """name = "bench"
[cohorts.2026]
[uploads]
free_mb = 0
"""


class Line:
    """A browser's session with the hub."""

    def __init__(self, port: int) -> None:
        self._port, self._cookies = port, dict[str, str]()
        knock = self._field(self.ask("GET", "/login")[1])
        about = {"name": "lead", "password": PASSWORD, "csrf": knock, "back": "/"}
        self.ask("POST", "/login", urlencode(about).encode(), form=True)
        self.csrf = self._field(self.ask("GET", "/")[1])

    def ask(
        self, method: str, path: str, body: bytes = b"", *, form: bool = False
    ) -> tuple[int, bytes]:
        """One request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request(method, path, body or None, self._headers(form))
        answer = connection.getresponse()
        for line in answer.headers.get_all("set-cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        content = answer.read()
        connection.close()
        return answer.status, content

    def cut_off(self, path: str, body: bytes, after: int) -> None:
        """Promise a whole piece, send a part of it, and hang up."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self._headers(False).items())
        with socket.create_connection(("127.0.0.1", self._port)) as line:
            said = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}"
            line.sendall(f"{said}Content-Length: {len(body)}\r\n\r\n".encode() + body[:after])

    def _headers(self, form: bool) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookies} if cookies else {}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if token := getattr(self, "csrf", ""):
            headers["X-CSRF-Token"] = token
        return headers

    @staticmethod
    def _field(page: bytes) -> str:
        found = re.search(rb'name="csrf" value="([^"]*)"', page)
        assert found, page[:500]
        return found[1].decode()


class Watched:
    """The most memory that a process holds of its own, asked for every 20 ms, in MiB."""

    def __init__(self, pid: int) -> None:
        self._status, self._going = Path(f"/proc/{pid}/status"), True
        self.before = self.most = self._now()
        threading.Thread(target=self._watch, daemon=True).start()

    def _now(self) -> float:
        rows = dict(line.split(":", 1) for line in self._status.read_text().splitlines())
        return int(rows["RssAnon"].split()[0]) / 1024

    def _watch(self) -> None:
        while self._going:
            try:
                self.most = max(self.most, self._now())
            except (OSError, KeyError):
                return
            time.sleep(0.02)

    def end(self) -> None:
        """Watch no more."""
        self._going = False


def pieces(seed: int, mib: int) -> Iterator[bytes]:
    """The file's content, a mebibyte at once: the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - to be the same again
    block = rng.randbytes(1 << 20)
    for number in range(mib):
        yield number.to_bytes(8, "big") + block[8:]


def served(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The hub as a process, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "pipeline", "serve", "--site", str(folder / "photoproof.toml")]
    command += ["--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.1)
    raise RuntimeError("the hub does not answer")


def hand_in(line: Line, source: Path, cuts: set[int], rng: random.Random) -> int:
    """Send a file, hanging up in the middle of some pieces; how often."""
    size, hung = source.stat().st_size, 0
    about = {"kind": "photos", "name": "照片.zip", "size": size, "changed": 1}

    def begun() -> dict[str, object]:
        status, told = line.ask(
            "POST", "/cohorts/2026/uploads", urlencode(about).encode(), form=True
        )
        assert status == 201, (status, told)
        return dict(json.loads(told))

    at, number = begun(), 0
    with source.open("rb") as file:
        while not at["whole"]:
            offset = int(str(at["offset"]))
            file.seek(offset)
            piece = file.read(PIECE)
            path = f"/cohorts/2026/uploads/{at['id']}?offset={offset}"
            if number in cuts:
                line.cut_off(path, piece, rng.randrange(len(piece)))
                hung += 1
                time.sleep(rng.random() / 5)
                at = begun()
            else:
                status, told = line.ask("PUT", path, piece)
                assert status in (200, 409), (status, told)
                at = begun() if status == 409 else dict(json.loads(told))
            number += 1
    return hung


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--mib", type=int, default=2048)
    arguments.add_argument("--cuts", type=int, default=12)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="photoproof-bench-"))
    try:
        measure(folder, given.mib, given.cuts, given.seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(folder: Path, mib: int, cuts: int, seed: int) -> None:
    """Hand in a file of so many mebibytes with so many cuts."""
    (folder / "photoproof.toml").write_text(SITE)
    site = load_site(folder / "photoproof.toml")
    with people.site_ledger(site) as ledger:
        people.add(ledger, "lead", Role.LEAD, (), PASSWORD, "bench")
    rng = random.Random(seed)  # noqa: S311 - to be the same again
    source, digest = folder / "source.zip", hashlib.sha256()
    with source.open("wb") as file:
        for block in pieces(seed, mib):
            digest.update(block)
            file.write(block)
    process, port = served(folder)
    try:
        line = Line(port)
        line.ask("GET", "/cohorts/2026/hand-in")
        watched, clock = Watched(process.pid), time.monotonic()
        last = -(-mib * (1 << 20) // PIECE)
        hung = hand_in(line, source, set(rng.sample(range(last), min(cuts, last))), rng)
        seconds = time.monotonic() - clock
        watched.end()
    finally:
        process.terminate()
        process.wait()
    (draft,) = (site.home_of("2026") / "uploads").glob("[!.]*")
    came = hashlib.sha256()
    with (draft / "files/photos/照片.zip").open("rb") as file:
        while block := file.read(1 << 20):
            came.update(block)
    halves = [path.name for path in (draft / "parts").iterdir()]
    print(f"file: {mib} MiB, pieces of {PIECE >> 20} MiB, cut off {hung} times")
    print(f"the same bytes: {came.digest() == digest.digest()}; halves left: {len(halves)}")
    print(f"server's own memory: {watched.before:.0f} MiB before, {watched.most:.0f} at most,")
    print(f"  {watched.most - watched.before:.0f} MiB more")
    print(f"{seconds:.1f} s, {mib / seconds:.0f} MiB/s on the loopback")


if __name__ == "__main__":
    main()
