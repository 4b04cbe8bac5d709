"""Nights in the browser: begun, watched, stopped, read, compared, exported."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor
from fastapi import FastAPI
from hub_cases import HERE, comer, make_site

from pipeline.desk.accounts import Role
from pipeline.hub import starting
from pipeline.hub.app import create_hub
from pipeline.night.folder import COLLEGES
from pipeline.site import people, works
from pipeline.site.config import Site
from pipeline.site.works import State, Work, new_work, works_of

AT = "/cohorts/2026"
RESULTS = "subject_id,name,college,class,decision,reasons\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with two nights whose reports are kept; what they say is written by hand."""
    site = make_site(tmp_path_factory.mktemp("site"), "[nightly]\nsettle_minutes = 0\n")
    for day, decisions in (("2026-11-27", "FLAG ACCEPT"), ("2026-11-28", "ACCEPT FLAG")):
        folder = site.home_of("2026") / "nights" / day
        folder.mkdir(parents=True)
        first, second = decisions.split()
        rows = f"1,甲,{HERE},1班,{first},FACE_TURNED\n2,乙,{HERE},1班,{second},FACE_TURNED\n"
        (folder / "results.csv").write_text(RESULTS + rows, "utf-8")
        (folder / "report.html").write_text("<script>1</script>", "utf-8")
        (folder / "run.json").write_text("{}")
    with people.site_ledger(site) as ledger:
        people.add(ledger, "half", Role.LEAD, (HERE,), PASSWORD, "test")
    return site


@pytest.fixture(scope="module")
def hub(site: Site) -> FastAPI:
    return create_hub(site)


@pytest.fixture
def lead(site: Site, hub: FastAPI) -> Iterator[Visitor]:
    with comer(site, "lead", hub) as one:
        yield one


@pytest.fixture(autouse=True)
def none_at_work(site: Site) -> Iterator[None]:
    yield
    shutil.rmtree(site.path(site.home) / works.WORKS, ignore_errors=True)


def test_a_night_is_begun_and_shown_until_it_ends(
    site: Site, lead: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn, begun = starting._spawn, []

    def held(work: Work, command: list[str]) -> int:
        begun.append(spawn(work, command))
        os.kill(begun[0], signal.SIGSTOP)  # or it might end before anybody looks
        return begun[0]

    monkeypatch.setattr(starting, "_spawn", held)
    assert lead.post(f"{AT}/nights").headers["location"] == AT
    assert "data-wait" in lead.get(f"{AT}/work").text
    assert "已有一次检查在进行" in lead.post(f"{AT}/nights").text
    os.kill(begun[0], signal.SIGCONT)
    deadline = time.monotonic() + 60
    while "data-wait" in (text := lead.get(f"{AT}/work").text):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "出错" in text  # the cohort's roster is not there
    assert 'name="force"' not in text
    with people.site_ledger(site) as ledger:
        entry = ledger.log.last("night_begun")
    assert entry and json.loads(entry.detail)["cohort"] == "2026"


def test_progress_is_shown_as_it_is_and_a_stop_is_asked_for(site: Site, lead: Visitor) -> None:
    work = new_work(site, "timer", (), forced=False)
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    works.note_process(work, sleeper.pid)
    works.Recorder(work).progress("2026", 3, 24)
    text = lead.get(AT).text
    assert 'max="24" value="3"' in text
    assert "已看 3 / 24 名学生" in text
    assert "定时任务" in text
    assert lead.post(f"{AT}/work/{work.identity}/stop").status_code == 303
    assert sleeper.wait() == -signal.SIGTERM
    assert "中途断了" in lead.get(f"{AT}/work").text  # it left no word
    assert [one.state for one in works_of(site)] == [State.DIED]


def test_a_night_of_another_cohort_keeps_this_one_waiting(site: Site, lead: Visitor) -> None:
    work = new_work(site, "lead", ("2027",), forced=False)
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    works.note_process(work, sleeper.pid)
    text = lead.get(f"{AT}/work").text
    assert "正在检查别的批次" in text
    assert "现在检查" not in text
    assert lead.post(f"{AT}/work/{work.identity}/stop").status_code == 404
    sleeper.kill()
    sleeper.wait()


@pytest.mark.parametrize("name", ["reviewer", "auditor", "uploader", "half"])
def test_only_a_lead_of_all_colleges_begins_a_night(site: Site, hub: FastAPI, name: str) -> None:
    with comer(site, name, hub) as one:
        assert one.post(f"{AT}/nights").status_code in (403, 404)
        assert "现在检查" not in one.get(AT).text
        assert one.get(f"{AT}/exports/csv").status_code in (403, 404)
        if name != "auditor":
            assert one.get(f"{AT}/nights/2026-11-28/report.html").status_code in (403, 404)
            assert one.get(f"{AT}/differences").status_code in (403, 404)
            assert "2026-11-28" not in one.get(AT).text
    assert not works_of(site)


def test_a_report_may_draw_itself_and_nothing_else(lead: Visitor) -> None:
    answer = lead.get(f"{AT}/nights/2026-11-28/report.html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in policy
    assert "connect-src" not in policy
    table = lead.get(f"{AT}/nights/2026-11-28/results.csv")
    assert table.headers["content-disposition"].startswith("attachment")


def test_a_college_of_a_large_night_is_read_as_the_whole_is(site: Site, lead: Visitor) -> None:
    night = site.home_of("2026") / "nights/2026-11-28"
    (night / COLLEGES).mkdir()
    (night / COLLEGES / "001-文学院.html").write_text("<p>", "utf-8")
    (night / COLLEGES / "001-文学院.xlsx").write_bytes(b"PK")
    page = lead.get(f"{AT}/nights/2026-11-28/colleges/001-文学院.html")
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts")
    table = lead.get(f"{AT}/nights/2026-11-28/colleges/001-文学院.xlsx")
    assert table.headers["content-disposition"].startswith("attachment")
    for name in ("002.html", "..%2Fresults.csv", "..%2F..%2F..%2Fphotoproof.toml"):
        assert lead.get(f"{AT}/nights/2026-11-28/colleges/{name}").status_code == 404
    shutil.rmtree(night / COLLEGES)


@pytest.mark.parametrize(
    "path",
    [
        "2026-11-28/run.json",
        "2026-11-28/..%2f..%2frun%2fphotoproof.sqlite",
        "2026-11-29/report.html",
        "newest/report.html",
        "..%2frun/results.csv",
    ],
)
def test_nothing_but_reports_of_nights_can_be_asked_for(lead: Visitor, path: str) -> None:
    assert lead.get(f"{AT}/nights/{path}").status_code == 404


def test_differences_are_those_between_two_nights(lead: Visitor) -> None:
    text = lead.get(f"{AT}/differences").text
    assert "新合格 1 人" in text
    assert "新出问题 1 人" in text
    assert lead.get(f"{AT}/differences?before=2026-11-28&after=2026-11-27").status_code == 200
    assert lead.get(f"{AT}/differences?before=2026-11-01&after=2026-11-28").status_code == 404
    assert lead.get("/cohorts/2027/differences").status_code == 200


def test_exports_are_what_the_desk_says(lead: Visitor) -> None:
    csv = lead.get(f"{AT}/exports/csv")
    assert csv.content.decode("utf-8-sig").startswith("subject_id,")
    assert lead.get(f"{AT}/exports/college").content[:2] == b"PK"
    assert lead.get(f"{AT}/exports/registry").content[:2] == b"PK"
    assert lead.get(f"{AT}/exports/everything").status_code == 404
    assert lead.get("/cohorts/2027/exports/csv").status_code == 404


def test_a_later_night_of_one_day_is_kept_beside_the_first(tmp_path: Path) -> None:
    from datetime import date

    from site_cases import site_file

    from pipeline.site.config import load_site
    from pipeline.site.keeping import keep_night

    site = load_site(site_file(tmp_path))
    run = site.run_of("2026")
    run.mkdir(parents=True)
    names = []
    for text in ("one", "one", "two", "three", "three"):
        (run / "results.csv").write_text(text)
        names.append(keep_night(site, "2026", date(2026, 11, 28)).name)
    assert names == ["2026-11-28", "2026-11-28", *[f"2026-11-28.0{n}" for n in (2, 3, 3)]]
