"""A real Chromium for the tests of pages: how to start it, come in, and wait for a case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_browsing import PASSWORD
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
FAULTS: list[str] = []  # what scripts threw during one test
SECONDS = 30_000  # ms that anything may take on a busy machine
needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="/usr/bin/chromium is absent"),
]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


def new_page(browser: Browser, **context: object) -> Page:
    """A page whose scripts' faults are noted."""
    page = browser.new_context(locale="zh-CN", **context).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(SECONDS)
    page.on("pageerror", lambda error: FAULTS.append(str(error)))
    return page


def come_in(browser: Browser, url: str, name: str, **context: object) -> Page:
    """A page of somebody who has logged in by keyboard."""
    page = new_page(browser, **context)
    page.goto(f"{url}/login")
    page.wait_for_selector("[name=name]:focus")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".lead")
    page.wait_for_load_state()  # keys have a meaning once the script has run
    return page


def serious(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds of serious faults; the rest of what it knows is not asked for."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (fault["id"], [node["html"][:160] for node in fault["nodes"]][:3])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]


def shown(page: Page) -> str:
    """The number of the student on the desk, once its pictures are there."""
    page.wait_for_selector(".sheet")
    page.wait_for_load_state()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.stage img')]"
        ".every(i => i.complete && i.naturalWidth)"
    )
    number = page.text_content(".side header p")
    assert number
    return number.split(" ")[0]
