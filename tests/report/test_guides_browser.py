"""The guide lines of `report.html` in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import FAULTS, needs_chromium, new_page
from playwright.sync_api import Browser
from report_cases import guided_report

pytestmark = needs_chromium


def test_lines_lie_on_the_photo_and_the_box_of_a_fault_shows_when_pointed_at(
    browser: Browser, tmp_path: Path
) -> None:
    FAULTS.clear()
    guided_report(tmp_path, "chsi-graduation")
    page = new_page(browser, offline=True)
    page.goto((tmp_path / "report.html").as_uri())
    picture, drawing = page.locator(".card .frame img").first, page.locator(".card .guides")
    page.wait_for_selector(".card .guides[viewBox]")
    eyes, band, box = (drawing.locator(f".{name}") for name in ("mark", "band", "area"))
    assert not band.first.is_visible()

    page.click("#guides")
    photo, line = picture.bounding_box(), eyes.nth(1).bounding_box()
    assert photo is not None and line is not None
    assert line["y"] == pytest.approx(photo["y"] + 0.39 * photo["height"], abs=2)
    page.reload()
    band.first.wait_for(state="visible")  # the choice is in the address

    page.click("#guides")
    assert not box.is_visible()
    page.click(".advice summary")
    page.hover(".advice li")
    assert box.is_visible()
    assert FAULTS == []
