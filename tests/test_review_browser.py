"""The desk in a real Chromium, over a real run, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from review_desk import PASSWORD, served
from review_runs import make_run, photos
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.review import people
from pipeline.review.desk import opened
from pipeline.review.ledger import LEDGER, Ledger
from pipeline.review.verdicts import State

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
FAULTS: list[str] = []  # what scripts threw during one test
SECONDS = 10_000  # ms that anything may take on a busy machine
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="/usr/bin/chromium is absent"),
]


@pytest.fixture(autouse=True)
def _no_script_faults() -> Iterator[None]:
    FAULTS.clear()
    yield
    assert FAULTS == []


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_run(tmp_path_factory.mktemp("run"), photos(30))
    with Ledger(made / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("bo", "reviewer"), ("lu", "lead")):
            people.add(ledger, name, people.Role(role), PASSWORD, "test")
    return made


@pytest.fixture(scope="module")
def url(run: Path) -> Iterator[str]:
    with served(run) as (_, address):
        yield address.rstrip("/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


def come_in(browser: Browser, url: str, name: str, **context: object) -> Page:
    """A page of somebody who has logged in by keyboard."""
    page = browser.new_context(locale="zh-CN", **context).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(SECONDS)
    page.on("pageerror", lambda error: FAULTS.append(str(error)))
    page.goto(f"{url}/login")
    page.wait_for_selector("[name=name]:focus")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".lead")
    page.wait_for_load_state()  # keys have a meaning once the script has run
    return page


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


def judge(page: Page, key: str) -> str:
    """Answer the case on the desk and go on; the number of the student judged."""
    number = shown(page)
    blind = page.locator(".sheet[data-hidden]").count() == 1
    page.keyboard.press(key)
    if blind:
        page.wait_for_selector(".sheet[data-revealed] .machine")
        page.keyboard.press("Space")
    page.wait_for_function(
        "before => document.querySelector('#desk').hidden"
        " || !document.querySelector('.side header p').textContent.startsWith(before)",
        arg=number,
    )
    return number


def find(page: Page, url: str, number: str) -> None:
    page.goto(f"{url}/student/{number}")
    assert shown(page) == number


def test_ten_cases_undo_dispute_lead_tables_and_log(
    browser: Browser, url: str, run: Path, tmp_path: Path
) -> None:
    an = come_in(browser, url, "an")
    an.keyboard.press("Enter")
    judged = [judge(an, "2" if i % 2 else "1") for i in range(10)]
    assert len(set(judged)) == 10
    an.keyboard.press("u")
    an.wait_for_function(
        "n => document.querySelector('.side header p').textContent.startsWith(n)", arg=judged[-1]
    )
    assert judge(an, "2") == judged[-1]

    doubted = next(n for n in judged if int(n) % 1000 % 3 == 0)
    bo = come_in(browser, url, "bo")
    find(bo, url, doubted)
    bo.keyboard.press("1" if judged.index(doubted) % 2 else "2")
    bo.wait_for_selector(".sheet[data-revealed]")
    assert "意见不一" in (bo.text_content(".side header") or "")

    lu = come_in(browser, url, "lu")
    find(lu, url, doubted)
    lu.keyboard.press("2")
    lu.wait_for_selector(".sheet[data-revealed]")
    with opened(run) as desk:
        item = desk.student(doubted)
        assert item
        assert item.state is State.RESHOOT

    runner = CliRunner()
    for kind in ("college", "registry", "csv"):
        result = runner.invoke(app, ["export", kind, str(run), "--out", str(tmp_path / kind)])
        assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "college").glob("*.xlsx"))) == 3
    bz = tmp_path / "bz.csv"
    bz.write_text(f"学号,bz\n{judged[0]},身份核验未通过\n2021000010,身份核验不确定\n", "utf-8")
    assert runner.invoke(app, ["import", "bz", str(bz), str(run)]).exit_code == 0
    lu.goto(f"{url}/worklist")
    assert "身份核验不确定" in (lu.text_content("main") or "")
    assert runner.invoke(app, ["audit", "verify", str(run)]).exit_code == 0
    lu.goto(f"{url}/audit")
    assert "日志完整" in (lu.text_content("main") or "")


def test_next_case_is_there_within_a_tenth_of_a_second(browser: Browser, url: str) -> None:
    page = come_in(browser, url, "bo")
    page.goto(f"{url}/next?reason=PERSON")
    shown(page)
    times = []
    for _ in range(5):
        page.wait_for_timeout(500)  # as long as anybody looks at a face, and more
        times.append(
            page.evaluate(
                """() => new Promise((done) => {
                  const start = performance.now();
                  document.getElementById("desk").addEventListener("shown", () =>
                    requestAnimationFrame(() => done(performance.now() - start)), { once: true });
                  document.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
                })"""
            )
        )
    assert sorted(times)[2] < 100, times


def test_keys_compare_and_fill_in_the_form(browser: Browser, url: str) -> None:
    page = come_in(browser, url, "lu")
    page.goto(f"{url}/next?reason=PERSON")
    shown(page)
    for key, selector in (
        ("o", ".stage[data-mode=overlay] .over"),
        ("b", ".stage[data-mode=blink] .over"),
        ("l", ".stage.guides"),
        ("a", "select[name=ears] option[value=same]:checked"),
        ("a", "select[name=ears] option[value=differs]:checked"),
        ("w", "select[name=measure] option[value=reshoot]:checked"),
        ("q", "[name=unsure]:checked"),
        ("k", "[name=known_good]:checked"),
        ("?", "#help[open]"),
    ):
        page.keyboard.press(key)
        page.wait_for_selector(selector, state="attached")
    page.keyboard.press("Escape")
    for key, opacity in (("o", "0.5"), ("b", "1")):
        page.keyboard.press(key)
        page.wait_for_function(
            "wanted => getComputedStyle(document.querySelector('.over')).opacity === wanted",
            arg=opacity,
        )
    page.keyboard.press("+")
    assert page.text_content(".zoom output") == "125%"
    page.keyboard.press("c")
    page.keyboard.type("2 明显不同")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_selector(".sheet[data-revealed]")
    assert "2 明显不同" in (page.text_content(".said") or "")


def test_four_clicks_bring_eyes_upon_eyes(browser: Browser, url: str) -> None:
    page = come_in(browser, url, "lu")
    page.goto(f"{url}/next?reason=PERSON")
    shown(page)
    frames = page.locator(".stage .view")
    page.keyboard.press("e")
    photo, reference = ((120, 150), (200, 150)), ((100, 170), (160, 200))
    for frame, points in ((frames.nth(0), photo), (frames.nth(1), reference)):
        for x, y in points:
            frame.click(position={"x": x, "y": y})
    moved = page.evaluate(
        """points => {
          const img = document.querySelectorAll(".stage img")[1], style = getComputedStyle(img);
          const matrix = new DOMMatrix(style.transform);
          const [w, h] = [img.offsetWidth, img.offsetHeight];
          return points.map(([x, y]) => {
            const at = matrix.transformPoint(new DOMPoint(x - w / 2, y - h / 2));
            return [at.x + w / 2, at.y + h / 2];
          });
        }""",
        [list(point) for point in reference],
    )
    for at, wanted in zip(moved, photo, strict=True):
        assert at == pytest.approx(wanted, abs=2)
    page.keyboard.press("0")
    assert page.evaluate("document.querySelectorAll('.stage img')[1].style.transform").endswith(
        "rotate(0rad) scale(1)"
    )


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_no_serious_fault(browser: Browser, url: str, scheme: str, width: int) -> None:
    size = {"width": width, "height": 860}
    page = come_in(browser, url, "lu", viewport=size, color_scheme=scheme)
    for path in ("/login", "/", "/next", "/worklist", "/agreement", "/audit", "/nowhere"):
        page.goto(url + path)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        bad = [
            (path, fault["id"], [node["html"][:120] for node in fault["nodes"]][:3])
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
        assert bad == []


def test_phone_page_is_no_wider_than_the_phone(browser: Browser, url: str) -> None:
    page = come_in(browser, url, "lu", viewport={"width": 390, "height": 844})
    for path in ("/", "/next", "/worklist", "/agreement", "/audit"):
        page.goto(url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_works_without_script(browser: Browser, url: str, run: Path) -> None:
    page = come_in(browser, url, "bo", java_script_enabled=False)
    page.goto(f"{url}/?reason=SIZE_PX&q=2021000028")
    page.click("#start")
    assert "2021000028" in (page.text_content(".side header") or "")
    page.click("button[value=ok]")
    assert page.locator("button[value=ok][aria-pressed=true]").count() == 1
    with opened(run) as desk:
        item = desk.student("2021000028")
        assert item
        assert item.state is State.DONE
