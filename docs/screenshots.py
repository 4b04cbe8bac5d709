"""Takes the README's pictures from the sample cohort: `make screenshots`.

Only one person's face is shown, Eileen Collins's, whose photograph is NASA's and in the public
domain (docs/samples.md); in the report all faces are hidden.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import data
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk.accounts import Role
from pipeline.desk.web.serve import Address, Service, prepare
from pipeline.hub import serve as hub
from pipeline.night.nightly import redecide
from pipeline.site import people
from pipeline.site.config import Site, load_site
from pipeline.site.keeping import keep_night
from pipeline.site.people import site_ledger
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
WHO, PASSWORD = "王老师", "a sample, nobody's password"
SCHOOL = """name = "示例大学"
[cohorts.2026]
title = "2026届本科毕业生"
[cohorts.2027]
title = "2027届本科毕业生"
"""


def main(demo: Path) -> None:
    """Take all pictures of report, desk and hub of a folder made by `photoproof demo`."""
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
        site = site_of(Path(folder) / "school", demo / "report")
        with running(hub.prepare(site, Address(port=0))) as url:
            hand_in(cohort(chromium, url), url, demo / "cohort")
        chromium.close()


def decided(run: Path, changes: dict[str, Any]) -> None:
    """Judge the sample cohort by its own policy with some keys changed."""
    policy = load_policy(Path(data.__file__).parent / "samples" / "policy.toml", changes)
    redecide(run, policy, load_profile(policy.profile, all_measures()), "zh")


@contextmanager
def served(run: Path) -> Iterator[str]:
    """The desk of a run while the block lasts; the address opens it once."""
    with running(prepare(run, Address(port=0))) as url:
        yield url


@contextmanager
def running(service: Service) -> Iterator[str]:
    """A service while the block lasts; its address."""
    port = service.listener.getsockname()[1]
    thread = Thread(target=service.run)
    thread.start()
    try:
        yield service.url.replace(":0/", f":{port}/")
    finally:
        service.stop()
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


def site_of(folder: Path, report: Path) -> Site:
    """A school whose first cohort is the sample's, and its lead."""
    folder.mkdir()
    (folder / "photoproof.toml").write_text(SCHOOL, "utf-8")
    site = load_site(folder / "photoproof.toml")
    run = site.run_of("2026")
    shutil.copytree(report, run)
    keep_night(site, "2026", date.fromtimestamp((run / "run.json").stat().st_mtime))
    with site_ledger(site) as ledger:
        people.add(ledger, WHO, Role.LEAD, (), PASSWORD, "sample")
    return site


def cohort(browser: Browser, url: str) -> Page:
    """The list of cohorts, as a lead sees it."""
    page = opened(browser, 1280, 450)
    page.goto(url)
    page.fill("[name=name]", WHO)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".cohorts")
    kept(page, "hub.png")
    return page


def hand_in(page: Page, url: str, given: Path) -> None:
    """What is understood of a delivery, before it is accepted."""
    page.set_viewport_size({"width": 1280, "height": 1180})
    page.goto(f"{url}cohorts/2026/hand-in")
    cards = sorted((given / "references" / "idcard").iterdir())
    parts = (
        ("roster", "", [given / "roster.xlsx"]),
        ("", "references/idcard", cards),
        ("", "references/admission", [given / "references" / "admission.zip"]),
        ("photos", "", sorted((given / "photos").iterdir())),
    )
    come = 0
    for kind, reference, files in parts:
        if reference:
            page.select_option(".kind", reference)
        page.set_input_files(f'.drop[data-kind="{kind}"] input >> nth=0', files)
        come += len(files)
        page.wait_for_selector(f'.draft[data-count="{come}"]:not([data-wait])', timeout=60_000)
    page.evaluate("document.activeElement.blur()")
    kept(page, "hand_in.png")


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
