"""1,500 students: the page is a file that can be mailed, and shows the first case at once.

`python tests/report/test_report_large.py FOLDER` writes such a page to look at.
"""

from __future__ import annotations

import io
import random
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from browsing import FAULTS, needs_chromium, new_page
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page
from report_cases import flag, judged, run_of, scored, students, subject

from pipeline.core.types import Case
from pipeline.report import write_html

MANY, LARGEST = 1500, 12_000_000
# As many as a real night finds: their list must not push the first case off the screen.
REASONS = (
    *("NOT_ME", "SIDEWAYS_LEFT", "UPSIDE_DOWN", "NO_FACE", "MULTIPLE_FACES", "SIZE_PX", "FORMAT"),
    *("NO_REFERENCE", "DUPLICATE_PHOTO", "UNREADABLE", "GREYSCALE", "POSSIBLE_RECAPTURE"),
)


@cache
def photo(seed: int) -> bytes:
    """A picture that a JPEG costs as much as a photo's: about 9 kB at 180 by 240."""
    drawn = random.Random(seed)
    grain = Image.frombytes("RGB", (180, 240), drawn.randbytes(180 * 240 * 3))
    out = io.BytesIO()
    grain.filter(ImageFilter.GaussianBlur(1.1)).save(out, "JPEG", quality=75)
    return out.getvalue()


def cohort(due: float) -> Iterator[Case]:
    """As many students, of whom that share is to be looked at."""
    for number in range(MANY):
        slots = enumerate(("photo", "idcard", "admission"))
        pictures = {slot: photo(number % 40 + n) for n, slot in slots}
        wrong = (number * 7919 % 1000) / 1000 < due
        found = (flag(REASONS[number % len(REASONS)], 0.1, "≥ 0.4"), flag("ROLL", 5.0, "0", "°"))
        yield Case(
            subject(number),
            f"{2021000000 + number}.jpg",
            judged(*(found if wrong else found[1:])),
            {},
            scored(0.1 if wrong else 0.6, 0.2 if wrong else 0.7),
            pictures,
        )


def page_of(folder: Path, due: float) -> Path:
    cases, path = list(cohort(due)), folder / "report.html"
    write_html(run_of(cases), cases, path)
    return path


@pytest.mark.parametrize("due", [0.1, 0.5, 1.0])
def test_the_page_of_1500_students_has_12_mb_at_most(tmp_path: Path, due: float) -> None:
    path = page_of(tmp_path, due)
    assert path.stat().st_size <= LARGEST
    carried = len(re.findall(r'id="pictures-\d+"', path.read_text("utf-8")))
    assert carried == sum(case.assessment.decision.value != "ACCEPT" for case in cohort(due)), (
        "nobody who is to be looked at goes without pictures"
    )


def test_pictures_are_as_they_are_where_there_is_room(tmp_path: Path) -> None:
    cases = students()
    write_html(run_of(cases), cases, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert len(re.findall(r'id="pictures-\d+"', text)) == sum(bool(c.pictures) for c in cases)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Page:
    return opened(browser, page_of(tmp_path_factory.mktemp("large"), 0.3))


def opened(browser: Browser, path: Path) -> Page:
    FAULTS.clear()
    page = new_page(browser, viewport={"width": 1366, "height": 768}, offline=True)
    page.goto(path.as_uri())
    page.wait_for_selector(".card img")
    return page


def choose(page: Page, view: str) -> None:
    page.locator(f"input[name=view][value='{view}']").check(force=True)


@needs_chromium[0]
@needs_chromium[1]
class TestInABrowser:
    """At 1366 by 768."""

    @pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
    def test_the_first_case_is_on_the_first_screen(
        self, page: Page, width: int, height: int
    ) -> None:
        choose(page, "")
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("scrollTo(0, 0)")
        picture, name = page.locator(".card .frame img").first, page.locator(".card h3").first
        shown = [one.bounding_box() for one in (picture, name)]
        page.set_viewport_size({"width": 1366, "height": 768})
        for box in shown:
            assert box is not None
            assert box["y"] + box["height"] <= height
        assert page.locator(".chips").evaluate("e => e.scrollHeight <= e.clientHeight"), "no scroll"

    def test_a_phone_folds_reasons_and_fields_away(self, page: Page) -> None:
        choose(page, "")
        page.set_viewport_size({"width": 390, "height": 844})
        assert not page.locator(".chips").is_visible()
        assert not page.locator("input[name=q]").is_visible()
        page.click("#further")
        assert page.locator(".chips").is_visible()
        assert page.locator("input[name=q]").is_visible()
        page.click("#further")
        page.set_viewport_size({"width": 1366, "height": 768})
        assert page.locator(".chips").is_visible()
        assert not page.locator("#further").is_visible()

    def test_the_counts_add_up(self, page: Page) -> None:
        flagged, review, accepted, all_of_them = map(
            int, re.findall(r"\d+", page.text_content(".sum") or "")
        )
        assert flagged + review + accepted == all_of_them == MANY

    def test_a_sheet_shows_twenty_cases_a_screen_by_reason(self, page: Page) -> None:
        choose(page, "sheet")
        page.locator(".cell").nth(30).scroll_into_view_if_needed()
        page.evaluate(  # as whoever begins with a reason: its head right below the bar
            """() => { const box = (what) => document.querySelector(what).getBoundingClientRect();
            scrollBy(0, box(".group").top - box("#filters").height); }"""
        )
        seen = page.evaluate(
            """() => { const bar = document.getElementById("filters");
            const top = bar.getBoundingClientRect().bottom;
            return [...document.querySelectorAll(".cell")].filter((c) => {
              const b = c.getBoundingClientRect(); return b.top >= top && b.bottom <= innerHeight;
            }).length; }"""
        )
        assert seen >= 20
        groups = page.locator(".group").all_text_contents()
        assert groups[0].endswith(")")
        assert len(set(groups)) == len(groups)
        name = page.locator(".cell b").first.text_content() or ""
        page.locator(".cell").first.click()  # opens the case in detail
        page.wait_for_selector(".card:focus")
        assert name.split(" ", 1)[1] in (page.text_content(".card:focus h3") or "")

    def test_reasons_stand_open_and_advice_is_folded_with_its_count(self, page: Page) -> None:
        choose(page, "")
        card = page.locator(".card.FLAG").first
        assert card.locator(".reasons li").first.is_visible()
        assert "1" in (card.locator(".advice summary").text_content() or "")
        assert not card.locator(".advice li").first.is_visible()
        assert not card.locator(".how li").first.is_visible()

    def test_no_bar_below_the_line_is_green(self, page: Page) -> None:
        choose(page, "")
        card = page.locator(".card.FLAG").first
        assert card.locator(".meter.below").count() == card.locator(".meter").count() > 0
        colours = page.evaluate(
            """() => ["below", "above"].map((band) => {
            const m = document.createElement("div"), i = document.createElement("i");
            m.className = "meter " + band; m.append(i); document.body.append(m);
            const c = getComputedStyle(i).backgroundColor; m.remove(); return c; })"""
        )
        assert colours[0] != colours[1]
        assert "1.040" not in page.text_content("#cards")  # type: ignore[operator]

    def test_paper_gets_a_short_list_by_college_and_class(self, page: Page) -> None:
        choose(page, "paper")
        page.wait_for_timeout(200)  # as long as a look at what comes into view may take
        assert page.locator(".card, .cell").count() == 0
        captions = page.locator("#paper caption").all_text_contents()
        assert captions == sorted(captions, key=captions.index)
        assert (
            sum(int(re.findall(r"\((\d+)\)", c)[0]) for c in captions)
            == page.locator("#paper tr").count()
        )
        sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
        assert sheets <= 20
        choose(page, "")
        assert FAULTS == []


@needs_chromium[0]
@needs_chromium[1]
def test_120_students_of_whom_half_are_to_be_seen_fill_three_pages(
    tmp_path: Path, browser: Browser
) -> None:
    cases = [case for _, case in zip(range(120), cohort(0.5), strict=False)]
    write_html(run_of(cases), cases, tmp_path / "report.html")
    page = opened(browser, tmp_path / "report.html")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 3


if __name__ == "__main__":
    print(page_of(Path(sys.argv[1]), 0.3).stat().st_size)  # noqa: T201 - a script
