"""Nothing is cut off: every page of desk and report, in every language, size and theme."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import FAULTS, come_in, needs_chromium, new_page
from desk_browsing import PASSWORD, Visitor, desk_client
from desk_deliveries import alike, deliver, night, number_of
from overflow import faults
from playwright.sync_api import Browser, Page

from pipeline.core.policy import load_policy, load_profile
from pipeline.core.words import languages
from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.kinds import Kind, kind_of
from pipeline.night.folder import LEDGER, PAGE
from pipeline.night.nightly import redecide
from pipeline.store.ledger import Ledger

pytestmark = needs_chromium
PAGES = ("/", "/?q=zzz", "/bulk", "/worklist", "/reshoot", "/agreement", "/account", "/nowhere")
VIEWS = ("", "sheet", "paper")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cases of every kind; some answered, so that no page is empty."""
    base = tmp_path_factory.mktemp("run")
    made = night(base, deliver(base, 20))
    alike(made, number_of(2))
    with Ledger(made / LEDGER) as ledger:
        for name, role in (("lu", "lead"), ("an", "reviewer")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
    with opened(made) as desk:
        answered = [item for item in desk.queued() if kind_of(item) is Kind.FILE]
        answered += [item for item in desk.queued() if kind_of(item) is Kind.PERSON][:1]
    with desk_client(made) as client:
        an = Visitor.log_in(client, "an")
        for item in answered:
            an.post(f"/case/{item.id}/answer", verdict="other", measure="reshoot")
    return made


@pytest.fixture(scope="module")
def cases(run: Path) -> tuple[str, ...]:
    """A case of each kind, and one that was answered."""
    with opened(run) as desk:
        kinds = {kind_of(item): item for item in desk.queued()}
        done = next(item for item in desk.queued() if item.state.value == "reshoot")
    assert set(kinds) == set(Kind)
    return tuple(f"/case/{item.id}" for item in (*kinds.values(), done))


@pytest.mark.long
@pytest.mark.parametrize("lang", languages())
def test_pages_of_the_desk(browser: Browser, url: str, cases: tuple[str, ...], lang: str) -> None:
    FAULTS.clear()
    page = new_page(browser)
    page.goto(f"{url}/language/{lang}?back=/login")
    found = [("/login", fault) for fault in faults(page)]
    page = come_in(browser, url, "lu")
    page.goto(f"{url}/language/{lang}")
    for path in (*PAGES, *cases, "/audit"):
        page.goto(url + path)
        assert page.get_attribute("html", "lang") == ("zh-CN" if lang == "zh" else lang)
        found += [(path, fault) for fault in faults(page)]
    page.goto(url)
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    found += [("help", fault) for fault in faults(page)]
    assert found == []
    assert FAULTS == []


@pytest.mark.parametrize("lang", languages())
def test_views_of_the_report(browser: Browser, run: Path, lang: str) -> None:
    policy = load_policy(None, {"review": {"desk": "http://127.0.0.1:8765"}})
    redecide(run, policy, load_profile(policy.profile), lang)
    page: Page = new_page(browser, offline=True)
    for view in VIEWS:
        page.goto("about:blank")
        page.goto(f"{(run / PAGE).as_uri()}#view={view}")
        if view != "sheet":
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
        page.evaluate("document.documentElement.classList.add('further-shown')")
        assert list(faults(page)) == [], view
        cards = page.locator(".card").count(), page.locator(".cell").count()
        assert [bool(cards[0]), bool(cards[1])] == [view == "", view == "sheet"]


def test_what_is_cut_off_is_found(browser: Browser) -> None:
    page = new_page(browser)
    page.set_content(
        "<p style='width:3000px'>x</p><p style='height:9px; overflow:hidden'>two<br>lines</p>"
        "<button style='width:20px; white-space:nowrap'>far too long</button><p>sound</p>"
    )
    told = " ".join(faults(page))
    assert "3000" in told or "px wide" in told
    assert "clipped" in told and "wider than its box" in told and "sound" not in told
