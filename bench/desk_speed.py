"""How long a reviewer waits for the next picture: from key to paint, in a real Chromium.

    python tests/desk_runs.py OUT 20000
    python bench/desk_speed.py OUT/out [--cases 60] [--look 0.5] [--answer]

Opens the desk of a run without accounts, goes from case to case by key and prints the times.
`look` is how long each picture is looked at before the next key; the following case is fetched
meanwhile, as it is for people. `--answer` answers each case instead of only going on, on the record
of OUT: the next one comes when the answer is on disk.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from threading import Thread

import numpy as np
from playwright.sync_api import Page, sync_playwright

from pipeline.desk.cases.desk import opened
from pipeline.desk.web.serve import Address, prepare

STEP = """(key) => new Promise((done) => {
  const start = performance.now();
  document.getElementById("desk").addEventListener("shown", () =>
    requestAnimationFrame(() => done(performance.now() - start)), { once: true });
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
})"""


def times(page: Page, key: str, cases: int, look_s: float) -> list[float]:
    """Milliseconds from key to the frame with the next case, its pictures decoded."""
    found = []
    for _ in range(cases):
        page.wait_for_timeout(look_s * 1000)
        found.append(float(page.evaluate(STEP, key)))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--look", type=float, default=0.5)
    parser.add_argument("--answer", action="store_true")
    given = parser.parse_args()
    with opened(given.run) as desk:
        students = sum(1 for _ in desk.items())
        queued = sum(1 for _ in desk.queued())
    service = prepare(given.run, Address(port=0))
    port = service.listener.getsockname()[1]
    thread = Thread(target=service.run)
    thread.start()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            page = chromium.new_page(viewport={"width": 1366, "height": 768})
            page.goto(service.url.replace(":0/", f":{port}/"))
            # Standard cases: a blind one is answered, looked at again and left.
            page.goto(page.url + ("next?reason=SIZE_PX" if given.answer else "next"))
            page.wait_for_load_state("networkidle")
            found = times(page, "1" if given.answer else "n", given.cases, given.look)
            chromium.close()
    finally:
        service.stop()
        thread.join()
    median, late, worst = np.percentile(found, [50, 95, 100])
    print(f"{students} students, {queued} in the queue, {len(found)} steps")
    print(f"key to next picture: median {median:.0f} ms, 95 % {late:.0f} ms, worst {worst:.0f} ms")


if __name__ == "__main__":
    main()
