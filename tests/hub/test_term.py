"""A term in the browser with real parts: Chromium, the served hub, nights with the real networks.

A college's secretary hands in and tries another college, a lead starts the night and the server is
killed in the middle of it, two people judge, a re-shoot comes in, a second night, differences,
export; nothing is lost.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import FAULTS, come_in, needs_chromium, shown
from desk_browsing import PASSWORD
from PIL import Image
from playwright.sync_api import Browser, Page
from site_cases import site_file

from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import State
from pipeline.sample import picture
from pipeline.sample.picture import Crop, Print
from pipeline.sample.sources import FONT, fetch, pictures
from pipeline.site import people
from pipeline.site.config import Site, load_site
from pipeline.site.works import works_of

pytestmark = [*needs_chromium, pytest.mark.networks, pytest.mark.long]
BUSINESS, LETTERS = "商学院", "文学院"
SOUND, TURNED, STRANGER = "2021000001", "2021000002", "2021000003"
TURN_BACK, NOT_ME = "sideways", "not_me"
TEXT = """name = "示例大学"
[cohorts.2026]
title = "2026届"
policy = "policy.toml"
[nightly]
workers = 1
[uploads]
free_mb = 0
"""
# What it may take on a busy machine, ms.
LONG = 120_000


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What people have on their own machines."""
    folder, sources = tmp_path_factory.mktemp("files"), fetch()
    shot = {name: Image.open(path).convert("RGB") for name, path in sources.items() if name != FONT}

    def portrait(name: str) -> Image.Image:
        return picture.portrait(shot[name], pictures()[name], Crop())

    rows = (
        (SOUND, "赵样甲", BUSINESS),
        (TURNED, "钱样乙", BUSINESS),
        (STRANGER, "孙样丙", LETTERS),
    )
    table = "".join(f"{','.join(row)}\n" for row in rows)
    (folder / "名册.csv").write_text(f"学号,姓名,院系\n{table}", "utf-8")
    (folder / "先前").mkdir()
    (folder / "补拍").mkdir()
    upright = picture.jpeg(portrait("obama2"))
    (folder / "先前" / f"{SOUND}.jpg").write_bytes(picture.jpeg(portrait("obama")))
    (folder / "先前" / f"{TURNED}.jpg").write_bytes(
        picture.jpeg(picture.turned(portrait("obama2"), 270))
    )
    (folder / f"{STRANGER}.jpg").write_bytes(picture.jpeg(portrait("henner")))
    (folder / "补拍" / f"{TURNED}.jpg").write_bytes(upright)
    with zipfile.ZipFile(folder / "身份证.zip", "w") as cards:
        for number, name in ((SOUND, "obama3"), (TURNED, "obama"), (STRANGER, "filippo")):
            scanned = picture.printed(portrait(name), Print())
            cards.writestr(f"身份证/{number}.jpg", picture.jpeg(scanned))
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    path = site_file(folder, text=TEXT)
    # A sample's faces stand under several names.
    policy = (
        '[severity]\nCOPIED_PHOTO = "advice"\nSAME_FACE = "advice"\n[review]\nseeded_share = 0\n'
    )
    (folder / "policy.toml").write_text(policy)
    site = load_site(path)
    with people.site_ledger(site) as ledger:
        people.add(ledger, "lu", Role.LEAD, (), PASSWORD, "test")
        people.add(ledger, "an", Role.REVIEWER, (), PASSWORD, "test")
        people.add(ledger, "bo", Role.REVIEWER, (), PASSWORD, "test")
        people.add(ledger, "shang", Role.UPLOADER, (BUSINESS,), PASSWORD, "test")
    return site


class Served:
    """The hub as a process; killed and started again it is at the same address."""

    def __init__(self, site: Site) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._site = site
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "pipeline", "serve", "--site", str(self._site.file)]
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        next(line for line in self._process.stdout if line.startswith("http"))
        deadline = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            assert time.monotonic() < deadline

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()


@pytest.fixture
def served(site: Site) -> Iterator[Served]:
    FAULTS.clear()
    one = Served(site)
    yield one
    one.kill()
    for work in works_of(site):  # of a test that failed
        if work.state == "running":
            os.kill(json.loads((work.folder / "process.json").read_text())["pid"], signal.SIGKILL)


def choose(page: Page, kind: str, files: list[Path], count: int) -> None:
    """Choose files by the button of a kind, and wait until they have been looked at."""
    page.set_input_files(f'.drop[data-kind="{kind}"] input >> nth=0', files)
    page.wait_for_selector(f'.draft[data-count="{count}"]:not([data-wait])', timeout=LONG)


def drop(page: Page, kind: str, file: Path, count: int) -> None:
    """Drag a file there."""
    page.evaluate(
        """async ([kind, name, data]) => {
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
          const dropped = new DataTransfer();
          dropped.items.add(new File([bytes], name, { lastModified: 1 }));
          document.querySelector(`.drop[data-kind="${kind}"]`).dispatchEvent(
            new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
        }""",
        [kind, file.name, base64.b64encode(file.read_bytes()).decode()],
    )
    page.wait_for_selector(f'.draft[data-count="{count}"]:not([data-wait])', timeout=LONG)


def accept(page: Page) -> None:
    page.press("form.accept .primary", "Enter")
    page.wait_for_selector(".right")


def night(page: Page, address: str) -> None:
    """Begin a night by keyboard and wait until it is at work."""
    page.goto(address)
    page.press("#work button.primary", "Enter")
    page.wait_for_selector("#work [data-wait]")


def night_over(page: Page) -> None:
    page.wait_for_selector("#work .work:not([data-wait])", timeout=LONG)
    page.wait_for_load_state()


def judge(page: Page, url: str, number: str, verdict: str) -> None:
    page.goto(f"{url}/c/2026/student/{number}")
    assert shown(page) == number
    page.click(f'button[name="verdict"][value="{verdict}"]')
    page.wait_for_function(  # what was blind is shown, otherwise the next case is
        "before => document.querySelector('#desk').hidden"
        " || document.querySelector('.sheet[data-revealed]')"
        " || !document.querySelector('.side header p').textContent.startsWith(before)",
        arg=number,
    )


def refused(page: Page, url: str, *paths: str) -> None:
    """See that somebody logged in is refused these."""
    for path in paths:
        assert page.request.get(url + path).status in (403, 404), path


def test_a_term(browser: Browser, served: Served, site: Site, files: Path) -> None:
    address = f"{served.url}/cohorts/2026"
    lu = come_in(browser, served.url, "lu")
    lu.goto(f"{address}/hand-in")
    choose(lu, "roster", [files / "名册.csv"], 1)
    lu.select_option(".kind", "references/idcard")
    choose(lu, "", [files / "身份证.zip"], 2)
    choose(lu, "photos", [files / f"{STRANGER}.jpg"], 3)
    accept(lu)

    shang = come_in(browser, served.url, "shang")
    refused(shang, served.url, "/cohorts/2026/differences", "/cohorts/2026/exports/csv", "/log")
    shang.goto(f"{address}/hand-in")
    assert shang.locator('.drop[data-kind="roster"]').count() == 0
    choose(shang, "photos", [*(files / "先前").iterdir(), files / f"{STRANGER}.jpg"], 3)
    told = shang.text_content("#preview") or ""
    assert f"{STRANGER}.jpg" in told
    assert LETTERS not in told
    assert shang.locator("form.accept").count() == 0
    shang.click(f'button[aria-label="移除 {STRANGER}.jpg"]')
    shang.wait_for_selector('.draft[data-count="2"]:not([data-wait])', timeout=LONG)
    accept(shang)
    assert STRANGER not in (shang.text_content("main") or "")

    night(lu, address)
    served.kill()
    served.start()
    lu.goto(address)  # still logged in
    night_over(lu)
    (work,) = works_of(site)
    assert (work.state, work.code, work.by) == ("ended", 30, "lu"), work
    assert "待核" in (lu.text_content("#work") or "")

    an, bo = come_in(browser, served.url, "an"), come_in(browser, served.url, "bo")
    judge(an, served.url, TURNED, TURN_BACK)
    judge(an, served.url, STRANGER, NOT_ME)
    judge(bo, served.url, STRANGER, NOT_ME)
    served.kill()
    served.start()
    with opened(site.run_of("2026")) as desk:
        states = {number: _state(desk, number) for number in (TURNED, STRANGER)}
    assert states == {TURNED: State.CORRECT, STRANGER: State.RESHOOT}

    refused(shang, served.url, "/c/2026/", f"/c/2026/student/{STRANGER}", "/c/2026/worklist")
    shang.goto(f"{address}/hand-in")
    drop(shang, "photos", files / "补拍" / f"{TURNED}.jpg", 1)
    assert "1 名学生的旧照片将被这次的代替" in (shang.text_content("#preview") or "")
    accept(shang)
    night(lu, address)
    night_over(lu)
    lu.goto(f"{address}/differences")
    assert TURNED in (lu.text_content("#newly_sound") or "")
    assert STRANGER in (lu.text_content("#still_waiting") or "")

    table = lu.request.get(f"{address}/exports/csv").body().decode("utf-8-sig")
    rows = {row["subject_id"]: row for row in csv.DictReader(io.StringIO(table))}
    assert set(rows) == {SOUND, TURNED, STRANGER}
    assert rows[STRANGER]["reviewer"] == "an;bo"
    assert rows[STRANGER]["verdict"] == NOT_ME
    assert rows[TURNED]["decision"] == "ACCEPT"
    with people.site_ledger(site) as ledger:
        assert ledger.verify().fault == ""
        done = [entry.action for entry in ledger.log.entries()]
    assert done.count("delivery_accepted") == 3
    assert done.count("night_begun") == 2
    with opened(site.run_of("2026")) as desk:
        assert desk.ledger.verify().fault == ""
    assert FAULTS == []


def _state(desk: object, number: str) -> State:
    item = desk.student(number)  # type: ignore[attr-defined]
    assert item
    return State(item.state)
