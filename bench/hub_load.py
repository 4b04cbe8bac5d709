"""Thirty reviewers and five uploaders at once at the hub, on the loopback, while a night runs.

    python bench/hub_site.py WORK
    python bench/hub_load.py WORK [--seconds 120] [--look 5] [--in-step] [--no-night] [--no-browser]

Starts `photoproof serve` and `photoproof nightly` as users do. Each reviewer has a college and does
what the desk's script does: the next case and its pictures are fetched while one is looked at; a
key sends the answer, and the next case is shown when the server has it on disk. Timed is from the
key until the next sheet and all its pictures are there. One of the reviewers is a real Chromium,
whose times end with the frame that shows them. Afterwards every answer that the hub took must
stand in the ledger, and the ledger must hold together. A second trial needs a fresh copy of WORK.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
from hub_uploads import CSRF, LIMITS, PASSWORD, Uploaded, Uploaders, log_in

from pipeline.desk.accounts import Role
from pipeline.night.folder import LEDGER
from pipeline.site import people
from pipeline.site.config import Site, load_site
from pipeline.site.people import site_ledger
from pipeline.store.ledger import Ledger

COHORT = "2026"
CASE, PICTURE = (
    re.compile(r'data-case="([^"]+)"'),
    re.compile(r'<img[^>]* src="([^"]+/picture/\d+)"'),
)
VERDICT = re.compile(r'name="verdict" value="([^"]+)"')
STEP = """(key) => new Promise((done) => {
  const start = performance.now();
  document.getElementById("desk").addEventListener("shown", () =>
    requestAnimationFrame(() => done(performance.now() - start)), { once: true });
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
})"""


@dataclass
class Seen:
    """What all clients saw."""

    waits: list[float] = field(default_factory=list)  # seconds from key to next picture
    painted: list[float] = field(default_factory=list)  # milliseconds, in Chromium
    answered: Counter[str] = field(default_factory=Counter)  # by reviewer
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    uploaded: Uploaded = field(default_factory=Uploaded)
    again: int = 0  # requests on a connection that the server had left off
    ready: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(1))
    seconds: float = 0
    others: Uploaders | None = None

    async def begun(self) -> float:
        """Wait until everybody has come in; when to leave off."""
        await self.ready.wait()
        if self.others:
            self.others.begin()
        return time.monotonic() + self.seconds

    def took(self, answer: httpx.Response) -> httpx.Response:
        """Note how a request was answered."""
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 400:
            self.faults.append(f"{answer.status_code} {answer.request.method} {answer.url.path}")
        return answer


async def asked(
    seen: Seen, http: httpx.AsyncClient, method: str, path: str, **more: Any
) -> httpx.Response:
    """Ask, and once more where the connection had been left off: so does a browser."""
    try:
        answer = await http.request(method, path, **more)
    except (httpx.ReadError, httpx.RemoteProtocolError):
        seen.again += 1
        answer = await http.request(method, path, **more)
    return seen.took(answer)


async def sheet(http: httpx.AsyncClient, seen: Seen, path: str) -> tuple[str, str] | None:
    """The id and the text of a case, its pictures fetched; None where none waits."""
    answer = await asked(seen, http, "GET", path, headers={"x-desk": "sheet"})
    if answer.status_code != 200:
        return None
    text = answer.text
    named = CASE.search(text)
    assert named, "the sheet has no case"
    for picture in dict.fromkeys(PICTURE.findall(text)):
        await asked(seen, http, "GET", picture, headers={"x-desk": "1"})
    return named[1], text


def looking(name: str, look: float, in_step: bool) -> Iterator[float]:
    """How long somebody looks at one case after the other: half to one and a half of `look`."""
    rng = np.random.default_rng(list(name.encode()))
    while True:
        yield look if in_step else look * rng.uniform(0.5, 1.5)


async def review(url: str, name: str, seen: Seen, looks: Iterator[float]) -> None:
    """One reviewer at work on the own college's cases."""
    base, query = f"/c/{COHORT}", "reason=SIZE_PX"
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=LIMITS) as http:
        await log_in(http, name)
        # As a page first: it has the token that goes with every answer.
        first = await asked(seen, http, "GET", f"{base}/next?{query}", follow_redirects=True)
        page = first.text
        found, token = CASE.search(page), CSRF.search(page)
        if found is None or token is None:
            raise SystemExit(
                f"{name} finds no case: {first.status_code} {first.url}\n{page[-800:]}"
            )
        at, text = found[1], page
        until = await seen.begun()
        while time.monotonic() < until:
            follow = f"{base}/next?after={at}&{query}"
            ahead = asyncio.create_task(sheet(http, seen, follow))
            await asyncio.sleep(next(looks))
            verdict = VERDICT.search(text)
            assert verdict
            key = time.perf_counter()
            answer = await asked(
                seen,
                http,
                "POST",
                f"{base}/case/{at}/answer?{query}",
                data={"verdict": verdict[1]},
                headers={"x-desk": "nothing", "x-csrf-token": token[1]},
            )
            if answer.status_code == 204:
                seen.answered[name] += 1
            following = await ahead
            seen.waits.append(time.perf_counter() - key)
            if following is None:
                return
            at, text = following


async def watch(url: str, name: str, seen: Seen, looks: Iterator[float]) -> None:
    """One reviewer in a real browser."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = await chromium.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(120_000)
        await page.goto(f"{url}/login")
        await page.fill("input[name=name]", name)
        await page.fill("input[name=password]", PASSWORD)
        await page.press("input[name=password]", "Enter")
        await page.wait_for_load_state("networkidle")
        await page.goto(f"{url}/c/{COHORT}/next?reason=SIZE_PX")
        await page.wait_for_load_state("networkidle")
        until = await seen.begun()
        while time.monotonic() < until:
            await page.wait_for_timeout(next(looks) * 1000)
            seen.painted.append(float(await page.evaluate(STEP, "1")))
            seen.answered[name] += 1
        await chromium.close()


async def load(
    url: str, reviewers: list[str], uploaders: list[str], given: argparse.Namespace
) -> Seen:
    """Everybody at once."""
    others = Uploaders(url, uploaders, COHORT, given.seconds) if uploaders else None
    if others:
        await asyncio.to_thread(others.wait)
    seen = Seen(ready=asyncio.Barrier(len(reviewers)), seconds=given.seconds, others=others)
    watched = [reviewers.pop()] if given.browser else []
    looks = {name: looking(name, given.look, given.in_step) for name in (*reviewers, *watched)}
    work = [review(url, name, seen, looks[name]) for name in reviewers]
    work += [watch(url, name, seen, looks[name]) for name in watched]
    await asyncio.gather(*work)
    if others:
        seen.uploaded = await asyncio.to_thread(others.end)
        seen.statuses += seen.uploaded.statuses
        seen.faults += seen.uploaded.faults
    return seen


def accounts(site: Site, reviewers: int, uploaders: int) -> tuple[list[str], list[str]]:
    """Make everybody, each for one college."""
    named: dict[Role, list[str]] = {Role.REVIEWER: [], Role.UPLOADER: []}
    with site_ledger(site) as ledger:
        known = {one.name for one in ledger.accounts.people()}
        for role, count in ((Role.REVIEWER, reviewers), (Role.UPLOADER, uploaders)):
            for place in range(1, count + 1):
                name = f"{role.value}{place}"
                named[role].append(name)
                if name not in known:
                    people.add(ledger, name, role, [f"第{place}学院"], PASSWORD, "bench")
    return named[Role.REVIEWER], named[Role.UPLOADER]


def lost(site: Site, seen: Seen, before: Counter[str]) -> int:
    """Answers that were taken and do not stand in the ledger; prints what its check finds."""
    now = signed(site)
    with Ledger(site.run_of(COHORT) / LEDGER) as ledger:
        print(f"log: {ledger.verify().fault or 'as it was written'}")
    return sum(max(0, count - now[who] + before[who]) for who, count in seen.answered.items())


def signed(site: Site) -> Counter[str]:
    """How many answers of each stand in the log."""
    with Ledger(site.run_of(COHORT) / LEDGER) as ledger:
        return Counter(entry.who for entry in ledger.log.entries() if entry.action == "answer")


def processor(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time that a process has taken so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(name: str, values: list[float], unit: str) -> None:
    """Median, 95 % and worst."""
    if values:
        median, late, worst = np.percentile(values, [50, 95, 100])
        print(
            f"{name}: {len(values)}, median {median:.0f} {unit}, 95 % {late:.0f}, worst {worst:.0f}"
        )


def main() -> None:
    """Load and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--look", type=float, default=5)
    parser.add_argument("--in-step", action="store_true", help="all press a key at one moment")
    parser.add_argument("--reviewers", type=int, default=30)
    parser.add_argument("--uploaders", type=int, default=5)
    parser.add_argument("--night", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--browser", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args()
    site = load_site(given.work / "photoproof.toml")
    who = accounts(site, given.reviewers, given.uploaders)
    before = signed(site)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "pipeline"]
    place = ["--site", str(given.work)]
    errors = (given.work / "serve.log").open("wb")
    serve = subprocess.Popen(  # noqa: S603
        [*command, "serve", *place, "--port", str(port), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=errors,
    )
    night = None
    try:
        assert serve.stdout
        serve.stdout.readline()
        if given.night:
            with (given.work / "night.log").open("wb") as log:
                # As the timer's unit and the hub start it.
                given_way = ["/usr/bin/nice", "-n", "10", *command, "nightly", *place]
                night = subprocess.Popen(given_way, stdout=log, stderr=log)  # noqa: S603
            time.sleep(5)
        used = processor(serve)
        seen = asyncio.run(load(f"http://127.0.0.1:{port}", *who, given))
        used = processor(serve) - used
        if night:
            ran = night.poll() is None
            print("the night was at work", "all the time" if ran else "for a part of it")
    finally:
        for process in filter(None, (night, serve)):
            process.send_signal(signal.SIGTERM)
            process.wait()
    told("key to next picture, all reviewers", [1000 * one for one in seen.waits], "ms")
    told("key to next frame, Chromium", seen.painted, "ms")
    answers = sum(seen.answered.values())
    print(f"answers: {answers}, lost: {lost(site, seen, before)}")
    print(f"the server's processor time, logins and uploads included: {used:.0f} s")
    print(f"uploaded: {seen.uploaded.sent / 2**20:.0f} MiB by {given.uploaders}")
    count = sum(seen.statuses.values())
    print(f"requests: {count}, by status {dict(seen.statuses)}, asked again {seen.again}")
    print("refused:", json.dumps(Counter(seen.faults).most_common(8)))
    locked = (given.work / "serve.log").read_text("utf-8", "replace").count("locked")
    print(f"'locked' on standard error: {locked}; load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
