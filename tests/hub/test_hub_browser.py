"""The hub's own pages in a real Chromium: keyboard, phone, both languages, light and dark, axe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from booth_cases import fake_engine
from browsing import FAULTS, needs_chromium, new_page, serious
from desk_browsing import PASSWORD
from hub_cases import HERE, make_site, serving
from playwright.sync_api import Browser, Page

from pipeline.core.words import words
from pipeline.desk.accounts import Role
from pipeline.hub import machines
from pipeline.hub.app import create_hub
from pipeline.site import people

pytestmark = needs_chromium
ZH = words("hub", "zh")
PAGES = {
    "lead": (
        *("/", "/cohorts/2026", "/cohorts/2027", "/log", "/account", "/c/2026/"),
        *("/cohorts/2026/hand-in", "/cohorts/2026/differences"),
    ),
    "administrator": ("/people", "/people/one?name=lead", "/people/machines", "/retention"),
    "uploader": ("/", "/cohorts/2026", "/cohorts/2026/hand-in"),
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site = make_site(tmp_path_factory.mktemp("school"))
    with people.site_ledger(site) as ledger:
        people.change(ledger, "uploader", Role.UPLOADER, [HERE], "test")
        machines.add(ledger, "booth", "test")
    with serving(create_hub(site, makes_engine=fake_engine)) as address:
        yield address


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    FAULTS.clear()
    yield
    assert FAULTS == []


def come_in(page: Page, url: str, name: str) -> None:
    """Log in by keyboard."""
    page.goto(f"{url}/")
    page.wait_for_selector("[name=name]:focus")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action$='/logout']")


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width", "lang"), [("light", 1366, "zh"), ("dark", 390, "en")])
def test_every_page_is_sound_and_no_wider_than_its_window(
    browser: Browser, url: str, scheme: str, width: int, lang: str
) -> None:
    for name, paths in PAGES.items():
        size = {"width": width, "height": 800}
        page = new_page(browser, viewport=size, color_scheme=scheme)
        page.goto(f"{url}/language/{lang}?back=/login")
        come_in(page, url, name)
        for path in paths:
            page.goto(url + path)
            page.wait_for_load_state()
            if path.endswith("hand-in"):
                page.wait_for_selector(".draft:not([data-wait])", timeout=60_000)
            assert page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[lang]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            if scheme == "dark":  # the harder one to read; once a page is enough
                assert serious(page) == [], path
        page.context.close()


def test_an_administrator_makes_an_account_by_keyboard_and_it_counts(
    browser: Browser, url: str
) -> None:
    page = new_page(browser)
    come_in(page, url, "administrator")
    page.focus("[name=name]")
    page.keyboard.type("周秘书")
    page.get_by_label("学院秘书").check()
    page.get_by_label(HERE).check() if page.get_by_label(HERE).count() else page.fill(
        "[name=others]", HERE
    )
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")
    assert "周秘书" in page.inner_text("table.people")
    page.click("form[action$='/logout'] button")
    page.wait_for_selector("[name=password]")
    come_in(page, url, "周秘书")
    assert HERE in page.inner_text("main")
    page.context.close()


def test_a_machines_token_is_made_and_withdrawn_by_keyboard(browser: Browser, url: str) -> None:
    page = new_page(browser)
    come_in(page, url, "administrator")
    page.get_by_role("link", name=ZH["machines"]).press("Enter")
    page.get_by_label(ZH["new_machine_name"]).fill("一号机")
    page.keyboard.press("Enter")
    token = page.locator(".token")
    token.click()
    assert page.evaluate("getSelection().toString()") == token.inner_text()
    assert serious(page) == []
    page.goto(f"{url}/people/machines")
    assert page.locator(".token").count() == 0
    row = page.locator("tr", has_text="一号机")
    row.locator("summary").press("Enter")
    row.locator("[type=checkbox]").press(" ")
    row.get_by_role("button").press("Enter")
    page.wait_for_selector("[role=status]")
    assert "一号机" not in page.inner_text("table.machines")
