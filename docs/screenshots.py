"""Takes the README's pictures from the sample cohort: `make screenshots`.

Only one person's face is shown, Eileen Collins's, whose photograph is NASA's and in the public
domain (docs/samples.md); in the report all faces are hidden.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import data
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk.web.serve import Address, prepare
from pipeline.night.nightly import redecide
from pipeline.student.measures import all_measures

CHROMIUM = Path("/usr/bin/chromium")
IMAGES = Path(__file__).parent / "images"
STUDENT = "2022000004"  # photo and ID card are made of her photograph
# With thresholds no pair can reach, a sound one is put before reviewers too, blind as they are.
DOUBTFUL = {
    "comparison": {"thresholds": {"default": {"flag_below": 0.0, "accept_from": 1.0}}},
    "cohort": {"calibration": {"enabled": False}},
}
MOST_BYTES = 300_000


def main(demo: Path) -> None:
    """Take all pictures of the report and desk of a folder made by `photoproof demo`."""
    if not CHROMIUM.exists():
        sys.exit(f"{CHROMIUM} is absent: install Debian's package chromium.")
    if not (demo / "report").is_dir():
        sys.exit(f"{demo} holds no sample cohort: run `make demo` first.")
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = Path(shutil.copytree(demo / "report", Path(folder) / "run"))
        (run / "review.sqlite").unlink(missing_ok=True)
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        decided(run, {})
        report(chromium, run)
        decided(run, DOUBTFUL)
        with served(run) as url:
            desk(chromium, url)
        chromium.close()


def decided(run: Path, changes: dict[str, Any]) -> None:
    """Judge the sample cohort by its own policy with some keys changed."""
    policy = load_policy(Path(data.__file__).parent / "samples" / "policy.toml", changes)
    redecide(run, policy, load_profile(policy.profile, all_measures()), "zh")


@contextmanager
def served(run: Path) -> Iterator[str]:
    """The desk of a run while the block lasts; the address opens it once."""
    service = prepare(run, Address(port=0))
    port = service.listener.getsockname()[1]
    thread = Thread(target=service.run)
    thread.start()
    try:
        yield service.url.replace(":0/", f":{port}/")
    finally:
        service.server.should_exit = True
        thread.join()


def report(browser: Browser, run: Path) -> None:
    """The report's first screens, faces hidden."""
    page = opened(browser, 1120, 1700)
    page.goto((run / "report.html").as_uri() + "#faces=hidden")
    page.wait_for_selector(".card img")
    kept(page, "report.png")


def desk(browser: Browser, url: str) -> None:
    """A case before the first answer, on a small screen and on a phone."""
    page = opened(browser, 1280, 800)
    page.goto(url)
    home = page.url.rstrip("/")
    case(page, f"{home}/student/{STUDENT}")
    assert page.locator(".sheet[data-hidden]").count() == 1, "not a blind case"
    kept(page, "desk.png")
    page.set_viewport_size({"width": 390, "height": 844})
    case(page, f"{home}/student/{STUDENT}")
    kept(page, "phone.png")


def opened(browser: Browser, width: int, height: int) -> Page:
    """A page of this size."""
    size = {"width": width, "height": height}
    context = browser.new_context(locale="zh-CN", viewport=size, color_scheme="light")
    return context.new_page()


def case(page: Page, address: str) -> None:
    """Go to a case and wait for its pictures."""
    page.goto(address)
    page.wait_for_load_state("networkidle")


def kept(page: Page, name: str) -> None:
    """The screen as a small PNG of 256 colours."""
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(256)
    taken.save(IMAGES / name, optimize=True)
    assert (IMAGES / name).stat().st_size < MOST_BYTES, f"{name} is too large for a README"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/demo"))
