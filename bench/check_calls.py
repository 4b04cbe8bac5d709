"""Checks of single photos over HTTP: how many a second, and how long one takes.

    python bench/check_calls.py [--workers 1] [--waiting 16] [--callers 1 4 16] [--calls 120]

Starts `photoproof serve` on a site of its own, with one machine's account. So many callers at once
send the sample's pictures one after the other; who is told to come again does so after the
seconds that `Retry-After` says. Every call must be answered, each with its own picture's findings.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx2 as httpx
import numpy as np

from pipeline import check_photos
from pipeline.desk.accounts import Role
from pipeline.hub import machines
from pipeline.sample import sources
from pipeline.site.config import load_site
from pipeline.site.people import add, site_ledger

SITE = """name = "示例大学"
[cohorts.2026]
roster = "roster.csv"
photos = "photos"
[check]
workers = {workers}
waiting = {waiting}
per_minute = 100000
"""
LARGEST = 10**6  # bytes: as booths and telephones send them, none straight from a camera


async def called(
    http: httpx.AsyncClient, picture: bytes, counted: Counter[str]
) -> tuple[float, list[str]]:
    """Seconds of the answered try, and the codes of its findings."""
    while True:
        began = time.perf_counter()
        answer = await http.post("/api/check", content=picture)
        if answer.status_code == 503:
            counted["told to come again"] += 1
            await asyncio.sleep(int(answer.headers["retry-after"]))
            continue
        answer.raise_for_status()
        codes = [finding["code"] for finding in answer.json()["findings"]]
        return time.perf_counter() - began, codes


async def burst(
    url: str, token: str, pictures: list[tuple[bytes, list[str]]], callers: int, calls: int
) -> None:
    """So many callers share so many calls; prints what came of it."""
    counted: Counter[str] = Counter()
    waits: list[float] = []
    left = iter(range(calls))

    async def caller(http: httpx.AsyncClient) -> None:
        for number in left:
            picture, expected = pictures[number % len(pictures)]
            seconds, codes = await called(http, picture, counted)
            waits.append(seconds)
            counted["as the command says" if codes == expected else "OTHERWISE"] += 1

    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as http:
        began = time.perf_counter()
        await asyncio.gather(*(caller(http) for _ in range(callers)))
        seconds = time.perf_counter() - began
    median, late, worst = (1000 * one for one in np.percentile(waits, [50, 95, 100]))
    print(f"{callers} callers: {calls / seconds:.1f} checks/s;", end=" ")
    print(
        f"median {median:.0f} ms, 95 % {late:.0f}, worst {worst:.0f}; {dict(counted)}", flush=True
    )


def main() -> None:
    """Serve, call and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--waiting", type=int, default=16)
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--calls", type=int, default=120)
    given = parser.parse_args()
    photos = [path for path in sources.fetch().values() if path.stat().st_size <= LARGEST]
    told = {c.path: [f.code for f in c.assessment.findings] for c in check_photos(photos)}
    pictures = [(path.read_bytes(), told[path]) for path in photos]
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        file = Path(folder, "photoproof.toml")
        file.write_text(SITE.format(workers=given.workers, waiting=given.waiting), "utf-8")
        with site_ledger(load_site(file)) as ledger:
            token = machines.add(ledger, "booth", "bench")
            add(ledger, "chief", Role.ADMINISTRATOR, (), "correct horse battery", "bench")
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [sys.executable, "-m", "pipeline", "serve", "--site", str(file)]
        serve = subprocess.Popen(  # noqa: S603
            [*command, "--port", str(port), "--no-browser"], stdout=subprocess.PIPE
        )
        try:
            assert serve.stdout
            serve.stdout.readline()
            url = f"http://127.0.0.1:{port}"
            sizes = np.array([len(picture) for picture, _ in pictures]) / 1024
            print(
                f"{len(pictures)} pictures of {sizes.min():.0f} to {sizes.max():.0f} KiB,", end=" "
            )
            print(f"{given.workers} workers; load average before {os.getloadavg()[0]:.1f}")
            asyncio.run(burst(url, token, pictures, 1, given.workers))  # all is started
            for callers in given.callers:
                asyncio.run(burst(url, token, pictures, callers, given.calls))
        finally:
            serve.send_signal(signal.SIGTERM)
            serve.wait()


if __name__ == "__main__":
    main()
