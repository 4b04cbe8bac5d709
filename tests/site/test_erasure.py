"""One student taken out of a whole site: nothing is left, nobody else loses anything."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from fakes import fake
from site_cases import SITE, deliver, site_file
from typer.testing import CliRunner, Result

from pipeline import cli
from pipeline.core.errors import StillHandedIn, StoreError
from pipeline.desk.cases.audit import verified
from pipeline.desk.cases.desk import opened
from pipeline.night import nightly
from pipeline.night.folder import LEDGER, locked
from pipeline.night.nightly import run_night
from pipeline.site.config import Site, load_site
from pipeline.site.erasure import erase_from_site
from pipeline.site.nights import work_site
from pipeline.store import people
from pipeline.store.forgetting import Marks
from pipeline.store.ledger import Ledger

GONE, STAYS, THIRD = "2021000004", "2021000007", "20210000041"  # the third begins with the first
NEXT = SITE.split("[", 1)[1].replace("2026", "2027").replace("in/", "next/")
TEXT = f'lang = "en"\n{SITE}[{NEXT}'
QUIET = "[nightly]\nsettle_minutes = 0\nworkers = 1\n"
DAY = date(2026, 11, 24)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Two cohorts after two nights: a student in both, whose photo another one handed in too."""
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    same = "turn=0 face=1 sha=5e"
    deliver(tmp_path / "in", {GONE: same, STAYS: same, THIRD: "turn=90"})
    deliver(tmp_path / "next", {GONE: "turn=90", "2022000001": "turn=0"})
    (tmp_path / "in" / "photos" / f"{GONE}和{STAYS}.jpg").write_text("turn=90")
    made = load_site(site_file(tmp_path, QUIET, TEXT))
    work_site(made, today=DAY.replace(day=23))
    work_site(made, today=DAY)
    with opened(made.run_of("2026")) as desk:
        for number, comment in ((GONE, "scar"), (THIRD, f"same as {GONE}?"), (STAYS, "fine")):
            item = desk.ledger.items.by_key(number)
            assert item is not None
            subject, sha256 = item.answers_key, item.photo_sha256
            said = {"verdict": "ok", "comment": comment}
            with desk.ledger.transaction():
                desk.ledger.answers.add("an", subject, sha256, "answer", said)
        desk.ledger.record("an", "face_seen", GONE)
        desk.ledger.record("an", "refused", path=f"/student/{GONE}")
    yield made


def command(site: Site, *words: str) -> Result:
    call = ["purge", "--student", *words, "--yes", "--site", str(site.folder)]
    return CliRunner().invoke(cli.app, call)


def holding(site: Site, number: str) -> set[str]:
    """Files below the cohorts' folders with this number, workbooks looked into."""
    home, found = site.path(site.home), set()
    for path in home.rglob("*"):
        if path.is_file():
            texts = [path.read_bytes()]
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    texts = [archive.read(name) for name in archive.namelist()]
            if any(Marks({number}).stand_in(text) for text in texts):
                found.add(path.relative_to(home).as_posix())
    return found


def clear_inbox(site: Site) -> None:
    for name in ("in", "next"):
        roster = site.folder / name / "roster.csv"
        lines = roster.read_text("utf-8").splitlines(keepends=True)
        roster.write_text("".join(line for line in lines if GONE + "," not in line), "utf-8")
        for photo in (site.folder / name / "photos").iterdir():
            if Marks({GONE}).stand_in(photo.name):
                photo.unlink()


def test_nothing_of_the_student_is_left_in_any_cohort_or_night(site: Site) -> None:
    before = holding(site, GONE)
    assert {"2026/run/photoproof.sqlite", "2026/run/review.sqlite"} <= before
    assert {"2026/nights/2026-11-23/report.xlsx", "2026/nights/2026-11-24/report.html"} <= before
    first, second = erase_from_site(site, GONE, "cli:test")
    assert holding(site, GONE) == set()
    assert first.run is not None
    assert second.run is not None
    assert (first.run.rows, second.run.rows) == (2, 1)  # the roster's row, and a photo of two
    assert first.nights == ("2026-11-23", "2026-11-24")
    assert (first.run.answers, first.run.entries) == (2, 4)
    assert {"results.csv", "report.html", "report.xlsx", "run.json"} <= set(first.run.files)


def test_everybody_else_stays_and_the_log_holds(site: Site) -> None:
    run = site.run_of("2026")
    with Ledger(run / LEDGER) as ledger:
        head = ledger.verify().head
    erase_from_site(site, GONE, "cli:test")
    assert {"2026/run/results.csv", "2026/nights/2026-11-24/results.csv"} <= holding(site, STAYS)
    assert "2026/run/report.html" in holding(site, THIRD)
    assert json.loads((run / "run.json").read_text("utf-8"))["students"] == 2
    assert (site.home_of("2026") / "nights/newest").resolve().name == "2026-11-24"
    with opened(run) as desk:
        assert verified(desk, head).fault == ""
        item = desk.ledger.items.by_key(STAYS)
        assert item is not None
        assert [answer.verdict for answer in desk.answers(item)] == ["ok"]
        assert desk.ledger.items.by_key(GONE) is None
        # What named the photo as another's too is decided anew.
        case = desk.store.case(STAYS)
        assert case is not None
        assert "DUPLICATE_PHOTO" not in {f.code for f in case.assessment.findings}


def test_a_next_night_goes_on_without_the_student(site: Site) -> None:
    erase_from_site(site, GONE, "cli:test")
    clear_inbox(site)
    first, second = work_site(site, today=DAY.replace(day=25))
    assert (first.students, second.students) == (2, 1)
    assert holding(site, GONE) == set()
    with opened(site.run_of("2026")) as desk:
        assert verified(desk, "").fault == ""


def test_the_command_tells_proof_what_is_handed_in_and_what_is_out_of_reach(site: Site) -> None:
    done = command(site, GONE)
    assert isinstance(done.exception, StillHandedIn)
    assert "5 places" in done.exception.message  # two rows, three photos
    out = " ".join(done.output.split())
    assert "2026: deleted 2 rows" in out
    assert "because they named the student: 2026-11-23, 2026-11-24" in out
    assert "proof: no file below it holds the student's numbers" in out
    assert "still handed in: roster, row 2" in out
    assert f"{site.folder}/in/photos/{GONE}.jpg" in out
    assert "Out of reach: backups" in out
    clear_inbox(site)
    again = command(site, GONE, "--json")
    assert again.exit_code == 0, again.output
    told = json.loads(again.stdout)
    assert [told[name]["rows"] for name in ("2026", "2027")] == [0, 0]
    assert [told[name]["left"] for name in ("2026", "2027")] == [[], []]
    assert "2026: holds nothing of this student" in command(site, GONE).output


def test_one_cohort_alone_and_a_run_without_a_site(site: Site, tmp_path: Path) -> None:
    command(site, GONE, "2027")
    assert {path.split("/")[0] for path in holding(site, GONE)} == {"2026"}
    run = site.run_of("2026").rename(tmp_path / "elsewhere")
    done = CliRunner().invoke(
        cli.app, ["purge", str(run), "--student", GONE, "--yes", "--lang", "en"]
    )
    assert done.exit_code == 0, done.output
    assert "deleted 2 rows" in done.output
    assert not any(Marks({GONE}).stand_in(p.read_bytes()) for p in run.iterdir() if p.is_file())


def test_it_asks_first_and_knows_what_to_ask(site: Site) -> None:
    call = ["purge", "--student", GONE, "--site", str(site.folder)]
    refused = CliRunner().invoke(cli.app, call, input="n\n")
    assert refused.exit_code == 1
    assert "of this student in 2026, 2027?" in refused.output
    assert holding(site, GONE)
    for wrong in (["--all"], ["--before", "2020"]):
        assert CliRunner().invoke(cli.app, [*call, *wrong]).exit_code == 2


def test_a_number_too_short_to_look_for_costs_all_earlier_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    deliver(tmp_path / "in", {"7": "turn=0", "8": "turn=0"})
    site = load_site(site_file(tmp_path, QUIET))
    work_site(site, today=DAY)
    done = command(site, "7", "--lang", "en")
    assert "too short to look for it in files" in " ".join(done.output.split())
    table = (site.home_of("2026") / "nights/2026-11-24/results.csv").read_text("utf-8-sig")
    assert [line.split(",")[0] for line in table.splitlines()[1:]] == ["8"]


def test_a_night_at_work_and_a_file_in_use_are_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_WAIT_S", 1.0)  # for whoever reads the file
    with locked(site.run_of("2026")), pytest.raises(StoreError, match="another run is working"):
        erase_from_site(site, GONE, "cli:test")
    with Ledger(site.run_of("2026") / LEDGER) as desk:
        desk.db.execute("BEGIN")
        desk.db.execute("SELECT count(*) FROM log").fetchone()
        with pytest.raises(StoreError, match=r"cannot be packed"):
            erase_from_site(site, GONE, "cli:test")
        desk.db.execute("ROLLBACK")
    erase_from_site(site, GONE, "cli:test")  # and goes on where it was cut off
    assert holding(site, GONE) == set()
