"""Colleges' secretaries for `bench/hub_load.py`: zips handed in piece by piece, and looked at.

In a process of their own: reviewers' times are taken in the other, which has better to do than to
send their bytes.
"""

from __future__ import annotations

import asyncio
import io
import multiprocessing
import os
import re
import time
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that the bench makes
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
# The server ends what was quiet for 5 s; a browser then asks again, this client would give up.
LIMITS = httpx.Limits(keepalive_expiry=1)
PIECE = 8 << 20  # as the page sends
SLICE = 256 << 10  # of it, as a line brings them
ZIP_BYTES = 48 << 20
RATE = 4 << 20  # bytes a second of each: a third of a campus's 100 Mbit/s line


@dataclass
class Uploaded:
    """What the uploaders saw."""

    sent: int = 0  # bytes
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def took(self, answer: httpx.Response) -> httpx.Response:
        """Note how a request was answered."""
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 400:
            self.faults.append(f"{answer.status_code} {answer.request.method} {answer.url.path}")
        return answer


class Uploaders:
    """People who hand in at a cohort, all at once, until a moment.

    Args:
        url: The hub's.
        names: Theirs.
        cohort: Where.
        seconds: How long, from `begin`.
    """

    def __init__(self, url: str, names: Sequence[str], cohort: str, seconds: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._ready, self._go, told = context.Event(), context.Event(), context.SimpleQueue()
        self._told: Any = told
        given = (url, tuple(names), cohort, seconds, self._ready, self._go, told)
        self._process = context.Process(target=_work, args=given)
        self._process.start()

    def wait(self) -> None:
        """Until all have come in."""
        if not self._ready.wait(300):
            raise SystemExit("the uploaders cannot come in")

    def begin(self) -> None:
        """Let them hand in."""
        self._go.set()

    def end(self) -> Uploaded:
        """What they saw, when their time is over."""
        seen: Uploaded = self._told.get()
        self._process.join()
        return seen


def _work(
    url: str, names: Sequence[str], cohort: str, seconds: float, ready: Any, go: Any, told: Any
) -> None:
    seen, content = Uploaded(), packed()

    async def everybody() -> None:
        clients = [httpx.AsyncClient(base_url=url, timeout=120, limits=LIMITS) for _ in names]
        for http, name in zip(clients, names, strict=True):
            await log_in(http, name)
        ready.set()
        await asyncio.to_thread(go.wait)
        until = time.monotonic() + seconds
        at_work = zip(clients, names, strict=True)
        await asyncio.gather(
            *(_hand_in(http, name, cohort, seen, content, until) for http, name in at_work)
        )
        for http in clients:
            await http.aclose()

    asyncio.run(everybody())
    told.put(seen)


async def log_in(http: httpx.AsyncClient, name: str) -> None:
    """Come in as people do."""
    page = (await http.get("/login")).text
    found = CSRF.search(page)
    assert found, "the login page has no token"
    data = {"name": name, "password": PASSWORD, "csrf": found[1], "back": "/"}
    answer = await http.post("/login", data=data)
    assert answer.status_code == 303, answer.text


def packed() -> bytes:
    """A zip of one large file that is nobody's."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("nobody.jpg", os.urandom(ZIP_BYTES))
    return made.getvalue()


async def _hand_in(
    http: httpx.AsyncClient, name: str, cohort: str, seen: Uploaded, content: bytes, until: float
) -> None:
    """Zip after zip, and each time a look at what is understood of them."""
    place = f"/cohorts/{cohort}"
    found = CSRF.search((await http.get(f"{place}/hand-in")).text)
    assert found, "the page has no token"
    headers = {"x-csrf-token": found[1]}
    number = 0
    while time.monotonic() < until:
        number += 1
        said = {"kind": "photos", "name": f"{name}-{number}.zip", "size": str(len(content))}
        begun = seen.took(await http.post(f"{place}/uploads", data=said, headers=headers))
        upload = begun.json()["id"]
        for offset in range(0, len(content), PIECE):
            piece = content[offset : offset + PIECE]
            put = f"{place}/uploads/{upload}?offset={offset}"
            length = {"content-length": str(len(piece))}
            seen.took(await http.put(put, content=_as_it_comes(piece), headers=headers | length))
            seen.sent += len(piece)
            if time.monotonic() >= until:
                return
        seen.took(await http.get(f"{place}/hand-in/draft"))


async def _as_it_comes(piece: bytes) -> AsyncIterator[bytes]:
    """A piece at the line's speed."""
    began = time.monotonic()
    for start in range(0, len(piece), SLICE):
        yield piece[start : start + SLICE]
        await asyncio.sleep(max(0, (start + SLICE) / RATE - (time.monotonic() - began)))
