"""Coming in: who lands where, the one-time address again, and the browser that opens by itself."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client, visitor
from desk_runs import make_run, photos

from pipeline.desk import accounts, once
from pipeline.desk.web.opening import has_display, opened
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_run(tmp_path_factory.mktemp("run"), photos(8))
    with Ledger(made / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("lu", "lead"), ("wu", "auditor")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
    return made


def test_an_auditor_lands_on_the_log(run: Path) -> None:
    with visitor(run, "wu") as wu:
        assert wu.landed == "/"
        assert wu.get("/").headers["location"] == "/audit"
        page = wu.get("/audit").text
        assert 'action="/logout"' in page
        assert 'href="/bulk"' not in page


@pytest.mark.parametrize(
    ("name", "path"), [("wu", "/next"), ("an", "/audit"), ("an", "/case/none")]
)
def test_who_is_refused_finds_the_way_out(run: Path, name: str, path: str) -> None:
    with visitor(run, name) as one:
        page = one.get(path)
        assert page.status_code in (403, 404)
        assert 'action="/logout"' in page.text
        assert "<nav" in page.text


def test_the_count_comes_with_every_answer(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        ids = [line.split("?")[0] for line in an.get("/?reason=SIZE_PX").text.split("/case/")[1:]]
        counts = [
            int(
                client.post(
                    f"/case/{case}/answer",
                    data={"verdict": "ok", "csrf": an.csrf},
                    headers={"x-desk": "nothing"},
                ).headers["x-waiting"]
            )
            for case in ids
        ]
        assert counts == sorted(counts, reverse=True)
        assert len(set(counts)) == len(counts) > 0


def test_the_same_browser_comes_again_by_the_one_time_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, photos(2))
    with Ledger(run / LEDGER) as ledger:
        token = once.new_token(ledger)
    address = f"/enter?token={token}"
    with desk_client(run, accounts=False) as client:
        assert client.get(address).status_code == 303
        assert client.get(address).headers["location"] == "/"  # the session lasts
        later = time.time() + accounts.IDLE_S + 60
        monkeypatch.setattr(time, "time", lambda: later)
        assert client.get("/").status_code == 401  # an hour without a click
        assert client.get(address).status_code == 303
        assert client.get("/").status_code == 200
        assert client.get("/enter?token=another").status_code == 303  # who is in stays in
        with desk_client(run, accounts=False) as another:
            assert another.get(address).status_code == 403
        assert client.get("/").status_code == 200
    with Ledger(run / LEDGER) as ledger:
        once.new_token(ledger)  # the desk is started again
    with desk_client(run, accounts=False) as client:
        client.cookies.update(another.cookies)
        assert client.get(address).status_code == 403


def test_the_browser_is_called_with_a_page_of_ones_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[str] = []
    monkeypatch.setattr(webbrowser, "open", called.append)
    monkeypatch.setattr("pipeline.desk.web.opening._SOON_S", 0.0)
    with opened("http://127.0.0.1:8765/enter?token=secret"):
        while not called:
            time.sleep(0.01)
        assert called[0].startswith("file://")
        assert "secret" not in called[0]
        page = Path(called[0].removeprefix("file://"))
        assert 'url=http://127.0.0.1:8765/enter?token=secret"' in page.read_text("utf-8")
        assert page.stat().st_mode & 0o077 == 0
        assert page.parent.stat().st_mode & 0o077 == 0
    assert not page.exists()


def test_nothing_is_opened_where_nobody_could_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_display()
