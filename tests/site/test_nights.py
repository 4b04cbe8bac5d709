"""A site's night: cohorts one after another, kept by date, told without a word about a person."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from english import english
from fakes import fake
from filelock import FileLock
from site_cases import SITE, deliver, site_file
from typer.testing import CliRunner

from pipeline import cli
from pipeline.core.errors import ConfigError, StoreError
from pipeline.night import nightly
from pipeline.night.executors.here import Here
from pipeline.night.nightly import run_night
from pipeline.site import nights
from pipeline.site.config import Site, load_site
from pipeline.site.log import Log, open_log
from pipeline.site.messages import in_words
from pipeline.site.nights import work_site
from pipeline.site.outcome import EXIT_CODES, Outcome, worst

NEXT = SITE.split("[", 1)[1].replace("2026", "2027").replace("in/", "next/")
TWO = f'lang = "en"\n{SITE}[{NEXT}'
QUIET = "[nightly]\nsettle_minutes = 0\nworkers = 1\nkeep_nights = 2\n"
# Nothing in a log may look like these.
NAME, NUMBER = "欧阳测试", "110105199901011234"
GOOD, WRONG = "turn=0", "turn=90"
DAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def fake_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No networks; the log is let go of afterwards."""
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    monkeypatch.setattr(nights, "executor_of", lambda *_: Here())
    yield
    for handler in logging.getLogger("photoproof").handlers[:]:
        logging.getLogger("photoproof").removeHandler(handler)
        handler.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    deliver(tmp_path / "in", {"S1": GOOD, "S2": GOOD, "S3": WRONG})
    deliver(tmp_path / "next", {"T1": GOOD})
    return load_site(site_file(tmp_path, QUIET, TWO))


def outcomes(site: Site, **options: object) -> list[Outcome]:
    work: Callable[..., list[object]] = work_site  # type: ignore[assignment]
    return [night.outcome for night in work(site, **options)]  # type: ignore[attr-defined]


def test_each_cohort_has_its_run_and_its_night(site: Site, tmp_path: Path) -> None:
    first, second = work_site(site, today=DAY)
    assert (first.cohort, first.outcome, first.students) == ("2026", Outcome.WAITING, 3)
    assert (first.waiting, first.night) == (1, "2026-11-24")
    assert (second.cohort, second.outcome, second.waiting) == ("2027", Outcome.WELL, 0)
    home = tmp_path / "cohorts" / "2026"
    assert (home / "run" / "report.html").is_file()
    kept = home / "nights" / "2026-11-24"
    assert {"results.csv", "report.html", "report.xlsx", "run.json"} <= {
        path.name for path in kept.iterdir()
    }
    assert (home / "nights" / "newest").resolve() == kept.resolve()
    assert kept.stat().st_mode & 0o077 == 0


def test_nights_are_kept_by_date_and_old_ones_forgotten(site: Site, tmp_path: Path) -> None:
    for day in (22, 23, 24):
        work_site(site, today=DAY.replace(day=day))
    nights = tmp_path / "cohorts" / "2026" / "nights"
    assert sorted(path.name for path in nights.iterdir()) == ["2026-11-23", "2026-11-24", "newest"]
    assert (nights / "newest").resolve().name == "2026-11-24"


def test_those_who_waited_longest_come_first(site: Site) -> None:
    work_site(site, ["2026"], today=DAY.replace(day=23))
    assert [night.cohort for night in work_site(site, today=DAY)] == ["2027", "2026"]
    assert [night.cohort for night in work_site(site, today=DAY)] == ["2026", "2027"]


def test_no_more_workers_start_than_fit_the_memory(tmp_path: Path) -> None:
    for limit, workers in (("", 8), ("memory_mb = 3000\n", 2), ("memory_mb = 1\n", 1)):
        site = load_site(site_file(tmp_path, f"[nightly]\nworkers = 8\n{limit}"))
        assert nights.workers_of(site) == workers


def test_what_is_still_arriving_waits(tmp_path: Path) -> None:
    deliver(tmp_path / "in", {"S1": GOOD, "S2": GOOD, "S3": GOOD, "S4": GOOD})
    text = SITE + QUIET.replace("settle_minutes = 0", "settle_minutes = 10")
    site = load_site(site_file(tmp_path, text=text))
    (night,) = work_site(site, today=DAY)  # the file system knows that they were just written
    assert (night.outcome, night.arriving) == (Outcome.ARRIVING, 1)  # the roster
    assert not site.run_of("2026").exists()


def test_a_photo_still_arriving_is_left_for_the_next_night(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_site(site, today=DAY)
    photo = site.folder / "in" / "photos" / "S2.jpg"
    photo.write_text(WRONG)
    since = photo.stat().st_ctime - 0.0001
    monkeypatch.setattr("pipeline.site.sources._settled_before", lambda _site: since)
    monkeypatch.setattr("pipeline.site.nights.unsettled", lambda *_: [])
    night = work_site(site, ["2026"], today=DAY, force=True)[0]
    assert night.arriving == 1


def test_all_files_still_arriving_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path / "in", {f"S{number:03}": GOOD for number in range(210)})
    site = load_site(site_file(tmp_path, QUIET))
    monkeypatch.setattr("pipeline.site.sources._settled_before", lambda _site: 0.0)
    (night,) = work_site(site, today=DAY, force=True)
    assert night.arriving == 210  # though run.json names 200 files alone


def test_the_safety_catch_stops_one_cohort_and_force_goes_on(site: Site, tmp_path: Path) -> None:
    work_site(site, today=DAY)
    report = (tmp_path / "cohorts/2026/run/report.html").read_bytes()
    for photo in (tmp_path / "in" / "photos").iterdir():
        photo.unlink()
    first, second = work_site(site, today=DAY.replace(day=25))
    assert (first.outcome, second.outcome) == (Outcome.STOPPED, Outcome.WELL)
    assert "no photo was found" in " ".join(first.said)
    assert str(tmp_path) not in " ".join(first.said)
    zh = " ".join(in_words((first,), "zh"))
    assert "没有找到任何照片" in zh
    assert not english(zh)
    assert (tmp_path / "cohorts/2026/run/report.html").read_bytes() == report
    assert not (tmp_path / "cohorts/2026/nights/2026-11-25").exists()
    (forced,) = work_site(site, ["2026"], today=DAY.replace(day=25), force=True)
    assert (forced.outcome, forced.waiting) == (Outcome.WAITING, 3)


def test_one_broken_cohort_does_not_stop_the_others(site: Site, tmp_path: Path) -> None:
    (tmp_path / "in" / "roster.csv").write_text("什么,都,没有\n", "utf-8")
    first, second = work_site(site, today=DAY)
    assert (first.outcome, second.outcome) == (Outcome.BROKEN, Outcome.WELL)
    assert "exit code 12" in first.said[0]
    assert EXIT_CODES[worst((first, second))] == 33


def test_an_unforeseen_fault_is_one_cohorts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(given: Site, name: str, *rest: object) -> object:
        if name == "2026":
            raise ZeroDivisionError(NAME)
        return kept(given, name, *rest)

    from pipeline.site import nights

    kept: Callable[..., object] = nights._work
    monkeypatch.setattr(nights, "_work", fails)
    first, second = work_site(site, today=DAY)
    assert (first.outcome, second.outcome) == (Outcome.BROKEN, Outcome.WELL)
    assert "ZeroDivisionError" in first.said[0]
    assert NAME not in first.said[0]


def test_a_dry_run_writes_nothing(site: Site, tmp_path: Path) -> None:
    before = sorted(path for path in tmp_path.rglob("*"))
    first, second = work_site(site, today=DAY, dry_run=True)
    assert (first.outcome, first.students, second.students) == (Outcome.WELL, 3, 1)
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_cohort_whose_time_is_over_is_deleted(site: Site, tmp_path: Path) -> None:
    work_site(site, today=DAY)
    ended = TWO.replace("[cohorts.2026]", "[cohorts.2026]\nregistration_ends = 2026-05-01")
    later = load_site(site_file(tmp_path, QUIET, ended))
    first, second = work_site(later, today=DAY)
    assert (first.outcome, first.purged, second.purged) == (Outcome.WELL, True, False)
    assert first.said == ("Its time is over; its data was deleted.",)
    left = {path.name for path in (tmp_path / "cohorts/2026").rglob("*") if path.is_file()}
    assert "results.csv" not in left
    assert "report.html" not in left
    again, _ = work_site(later, today=DAY.replace(day=25))
    assert (again.outcome, again.students) == (Outcome.WELL, 0)


def test_unknown_cohorts_and_a_second_night_are_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no cohort '2030'") as refused:
        work_site(site, ["2030"])
    assert "2026, 2027" in refused.value.hint
    (tmp_path / "cohorts").mkdir()
    with (
        FileLock(tmp_path / "cohorts" / ".nightly.lock"),
        pytest.raises(StoreError, match="another night is at work"),
    ):
        work_site(site)


# --- log and command


def test_the_log_has_lines_of_known_fields_and_nobody_in_it(tmp_path: Path) -> None:
    deliver(tmp_path / "in", {NUMBER: GOOD, "S2": WRONG})
    for path in (tmp_path / "in" / "photos").iterdir():
        path.rename(path.with_name(f"{NAME}{path.name}"))
    extra = f'{QUIET}[log]\nfile = "night.log"\n[messages]\nfile = "told.txt"\n'
    path = site_file(tmp_path, extra)
    result = CliRunner().invoke(cli.app, ["nightly", "--site", str(path)])
    assert result.exit_code in (0, 30, 32), result.output
    text = (tmp_path / "night.log").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines][:1] == ["night_begun"]
    assert len({line["night"] for line in lines}) == 1
    assert all("T" in line["at"] and line["at"][-6] in "+-" for line in lines)
    for secret in (NAME, NUMBER, str(tmp_path), "欧阳"):
        assert secret not in text
        assert secret not in (tmp_path / "told.txt").read_text("utf-8")


def test_a_field_that_is_not_foreseen_is_refused(tmp_path: Path) -> None:
    open_log(tmp_path / "x.log", "info")
    with pytest.raises(ValueError, match="no log field: path"):
        Log("n").info("event", path="/home/x")


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[log\] file|cannot be written") as refused:
        open_log(tmp_path / "none" / "x.log", "info")
    assert "[log] file" in refused.value.hint


@pytest.mark.parametrize(
    ("photos", "code"), [({"S1": GOOD}, 0), ({"S1": GOOD, "S2": WRONG}, 30), ({}, 32)]
)
def test_exit_codes_tell_a_scheduler(tmp_path: Path, photos: dict[str, str], code: int) -> None:
    deliver(tmp_path / "in", photos or {"S1": GOOD})
    if not photos:
        (tmp_path / "in/photos/S1.jpg").unlink()
    path = site_file(tmp_path, QUIET)
    result = CliRunner().invoke(cli.app, ["nightly", "--site", str(path), "--json"])
    assert result.exit_code == code, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    assert told["cohorts"][0]["cohort"] == "2026"
