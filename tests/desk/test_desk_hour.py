"""An hour at the desk: sixty mixed cases by keys alone; every page on a phone, and by axe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import FAULTS, come_in, needs_chromium, serious
from desk_browsing import PASSWORD
from desk_deliveries import alike, deliver, night, number_of
from english import english
from playwright.sync_api import Browser

from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.kinds import kind_of
from pipeline.desk.cases.verdicts import State
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

pytestmark = [*needs_chromium, pytest.mark.long]
STUDENTS = 66  # whose cases, and the files of nobody's among them, are sixty
PAGES = (
    *("/", "/bulk", "/worklist", "/reshoot", "/agreement", "/audit", "/account"),
    *("/nowhere", "/login"),
)
# What a clerk presses, by what is asked: an answer, or `v` and Enter for the first file or student.
PRESSES = {
    "person": ("2", "Space"),
    "standard": ("3",),
    "file": ("5",),
    "twice": ("1",),
    "missing": ("1",),
    "stray": ("v", "Enter", "Space"),
}


@pytest.fixture(autouse=True)
def _no_script_faults() -> Iterator[None]:
    FAULTS.clear()
    yield
    assert FAULTS == []


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    made = night(folder, deliver(folder, STUDENTS))
    alike(made, number_of(2))
    with Ledger(made / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("lu", "lead")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
    return made


def each_kind(run: Path) -> dict[str, str]:
    """The path of one case of each kind, and of one with a file to choose."""
    with opened(run) as desk:
        paths = {kind_of(item).value: f"/case/{item.id}" for item in desk.queued()}
        aside = desk.student(number_of(4))
        assert aside
        return paths | {"aside": f"/case/{aside.id}"}


def test_every_kind_is_answered_by_thumb_and_says_what_it_shows_in_chinese(
    browser: Browser, url: str, run: Path
) -> None:
    page = come_in(browser, url, "lu", viewport={"width": 390, "height": 844}, has_touch=True)
    kinds = each_kind(run)
    assert set(kinds) == {*PRESSES, "aside"}
    for kind, path in kinds.items():
        page.goto(url + path)
        page.wait_for_load_state()
        shown: list[list[float]] = page.evaluate(
            """() => [...document.querySelectorAll(".verdicts button, .onward .next")].map((b) => {
              const box = b.getBoundingClientRect();
              const on = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return [box.top, box.bottom, box.left, box.right, box.height, b.contains(on)];
            })"""
        )
        assert len(shown) > 2, kind
        for top, bottom, left, right, height, free in shown:
            assert 844 / 2 < top < bottom <= 844, kind
            assert 0 <= left < right <= 390, kind
            assert height >= 44, kind
            assert free, kind
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, kind
    for path in (*PAGES, *kinds.values()):
        page.goto(url + path)
        dashes = page.evaluate(
            """() => [...document.querySelectorAll("main *")].filter((e) =>
              !e.children.length && /^[-–—]$/.test(e.textContent.trim())).length"""
        )
        assert dashes == 0, path
        assert english(page.inner_text("body")) == [], path


@pytest.mark.parametrize(("lang", "space"), [("zh", "空格"), ("en", "Space")])
def test_help_opens_by_its_key_on_every_page(
    browser: Browser, url: str, run: Path, lang: str, space: str
) -> None:
    page = come_in(browser, url, "lu")
    page.goto(f"{url}/language/{lang}")
    case = each_kind(run)["person"]
    for path in (*PAGES, case):
        page.goto(url + path)
        page.wait_for_load_state()
        page.evaluate("document.activeElement.blur()")  # where one types, it is a letter
        page.keyboard.press("?")
        page.wait_for_selector("#help[open]")
        told = page.text_content("#help") or ""
        assert (space in told) == (path == case), path
        assert "␣" not in told
        page.keyboard.press("Escape")
        page.wait_for_selector("#help:not([open])", state="attached")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1366), ("dark", 390)])
def test_axe_finds_no_serious_fault_in_any_state(
    browser: Browser, url: str, run: Path, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 844}
    page = come_in(browser, url, "lu", viewport=size, color_scheme=scheme)
    kinds = each_kind(run)
    for path in (*PAGES, *kinds.values(), f"/student/{number_of(6)}"):  # the last one is turned
        page.goto(url + path)
        page.wait_for_load_state()
        assert serious(page) == [], path
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert serious(page) == [], "help"
    page.keyboard.press("Escape")
    page.goto(url + kinds["stray"] + "?who=" + number_of(3))
    assert serious(page) == [], "found"
    with opened(run) as desk:
        doubted = desk.student(number_of(0 if width == 1366 else 10))
        assert doubted
    page.goto(f"{url}/case/{doubted.id}")
    page.wait_for_load_state()
    page.keyboard.press("2")
    page.wait_for_selector(".sheet[data-revealed] .scores")
    assert serious(page) == [], "revealed"


def test_sixty_mixed_cases_take_at_most_130_keys_and_no_mouse(
    browser: Browser, url: str, run: Path
) -> None:
    page = come_in(browser, url, "an")
    page.evaluate("addEventListener('pointerdown', () => { throw new Error('a mouse was used'); })")
    presses, left, seen = 0, [], []

    def press(key: str) -> None:
        nonlocal presses
        presses += 1
        page.keyboard.press(key)

    press("Enter")
    for _ in range(60):
        page.wait_for_selector(".sheet")
        sheet = page.locator(".sheet")
        case, kind = sheet.get_attribute("data-case"), sheet.get_attribute("data-kind")
        assert case
        assert kind
        left.append(int("".join(filter(str.isdigit, page.text_content(".left") or ""))))
        seen.append(kind)
        keys = PRESSES[kind]
        if page.locator(".offers button").count() and kind == "standard":
            keys = PRESSES["stray"]  # another file is chosen in the same way
        for key in keys:
            press(key)
            if key == "Enter":
                page.wait_for_selector(".state.night")
            elif key == "2":
                page.wait_for_selector(".sheet[data-revealed]")
        page.wait_for_function(
            "before => document.querySelector('#desk').hidden"
            " || document.querySelector('.sheet').dataset.case !== before",
            arg=case,
        )
    assert page.locator("#empty:visible").count() == 1
    assert set(seen) == set(PRESSES)
    assert left == list(range(60, 0, -1))  # the count falls by one, and never rises
    assert presses <= 130
    with opened(run) as desk:
        states = [item.state for item in desk.items() if item.queued]
        assert states.count(State.NIGHT) >= 13
        mine = [item for item in desk.queued() if item.state is State.TODO]
        assert {item.need for item in mine} == {"second"}
    print(f"{presses} keys")  # noqa: T201 - shown by pytest -s
