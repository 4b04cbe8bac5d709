"""`report.html` in a real Chromium, opened from the disk: links to the desk, decisions, CSP."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import FAULTS, come_in, needs_chromium, new_page, serious, shown
from desk_browsing import PASSWORD, served
from desk_runs import make_run, photos
from playwright.sync_api import Browser
from report_cases import flag, judged, run_of
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.policy import load_policy, load_profile
from pipeline.core.types import Case, Subject
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.night.folder import LEDGER
from pipeline.night.nightly import redecide
from pipeline.report import write_html
from pipeline.store.ledger import Ledger

pytestmark = needs_chromium
SIZE, FAULTY = "2021000004", "2021000003"


@pytest.fixture(autouse=True)
def _no_script_faults() -> Iterator[None]:
    FAULTS.clear()
    yield
    assert FAULTS == []


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A run whose report links to its desk, which is being served."""
    run = make_run(tmp_path_factory.mktemp("run"), photos(12))
    with Ledger(run / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("bo", "reviewer")):
            accounts.add(ledger, name, Role(role), PASSWORD, "test")
    with served(run) as (_, address):
        url = address.rstrip("/")
        policy = load_policy(None, {"review": {"desk": url}})
        redecide(run, policy, load_profile(policy.profile), "zh")
        yield run, url


@pytest.mark.long
def test_a_decision_made_in_the_report_arrives_on_the_desk(
    browser: Browser, desk: tuple[Path, str], tmp_path: Path
) -> None:
    run, url = desk
    page = new_page(browser, offline=True)
    page.goto((run / "report.html").as_uri())
    cards = {number: page.locator(".card", has_text=number) for number in (SIZE, FAULTY)}
    cards[SIZE].locator(".decide select").first.select_option("other")
    cards[SIZE].locator(".decide input").fill('裁掉一条边 "<b>"')
    cards[FAULTY].locator(".decide select").first.select_option("not_me")
    page.locator("#filters input[name=q]").fill(SIZE)  # cards are drawn anew
    assert cards[SIZE].locator(".decide select").first.input_value() == "other"
    assert "2" in (page.text_content("#decided b") or "")
    with page.expect_download() as download:
        page.click("#decided button")
    file = tmp_path / "saved.json"
    download.value.save_as(file)
    assert [d["student"] for d in json.loads(file.read_text("utf-8"))["decisions"]] == [
        SIZE,
        FAULTY,
    ]
    arguments = ["import", "decisions", str(file), str(run), "--reviewer", "an"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output

    bo = come_in(browser, url, "bo")
    bo.goto(f"{url}/student/{SIZE}")
    assert shown(bo) == SIZE
    assert '其他问题 · 勘误 (在报告中作答，已见机器结论)裁掉一条边 "<b>"' in (
        bo.text_content(".said") or ""
    )
    bo.goto(f"{url}/student/{FAULTY}")
    shown(bo)
    assert bo.locator(".sheet[data-hidden]").count() == 1  # still blind for others


def test_a_flag_links_to_its_case(browser: Browser, desk: tuple[Path, str]) -> None:
    run, url = desk
    page = come_in(browser, url, "an")
    page.goto((run / "report.html").as_uri())
    with page.context.expect_page() as opened:
        page.locator(".card", has_text=SIZE).locator("a.button").click()
    assert shown(opened.value) == SIZE  # the session came along with the link


def test_hostile_numbers_stay_inside_their_links(
    browser: Browser, desk: tuple[Path, str], tmp_path: Path
) -> None:
    run, url = desk
    hostile = "../x?y=1&z#\"'<b>"
    text = (run / "report.html").read_text("utf-8")
    changed = text.replace(f'"id":"{SIZE}"', '"id":' + json.dumps(hostile).replace("<", "\\u003c"))
    assert changed != text
    path = tmp_path / "report.html"
    path.write_text(changed, "utf-8")
    page = new_page(browser)
    page.goto(path.as_uri())
    addresses = page.eval_on_selector_all(".card a.button", "all => all.map(a => a.href)")
    assert f"{url}/student/..%2Fx%3Fy%3D1%26z%23%22'%3Cb%3E" in addresses
    assert all(address.startswith(url + os.sep) for address in addresses)


def test_a_photo_nobody_claims_leads_to_the_queue_of_its_kind(
    browser: Browser, tmp_path: Path
) -> None:
    cases = [Case(Subject("", 0), "IMG_1.jpg", judged(flag("EXTRA_PHOTO")))]
    policy = {"review": {"desk": "http://127.0.0.1:8765"}}
    write_html(replace(run_of(cases), policy=policy, identity="1"), cases, tmp_path / "r.html")
    page = new_page(browser)
    page.goto((tmp_path / "r.html").as_uri())
    link = page.locator(".card a.button").get_attribute("href")
    assert link == "http://127.0.0.1:8765/?state=all&reason=EXTRA_PHOTO"
    assert page.locator(".decide").count() == 0  # no number to bring a decision back by


@pytest.mark.parametrize(("scheme", "width"), [("light", 1240), ("dark", 390)])
def test_axe_finds_no_serious_fault(
    browser: Browser, desk: tuple[Path, str], scheme: str, width: int
) -> None:
    page = new_page(browser, color_scheme=scheme, viewport={"width": width, "height": 860})
    page.goto((desk[0] / "report.html").as_uri())
    page.locator(".decide select").first.select_option("ok")
    page.wait_for_selector("#decided:not([hidden])")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page) == []


def test_nothing_is_asked_of_anybody(browser: Browser, desk: tuple[Path, str]) -> None:
    run, _ = desk
    page = new_page(browser, color_scheme="dark")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((run / "report.html").as_uri())
    page.wait_for_selector(".card img")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.locator("#decided").is_hidden()
