"""`photoproof diff` as an office asks: newly in order, newly wrong, still waiting since when."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from desk_runs import make_run
from fakes import fake
from site_cases import SITE, deliver, site_file
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import ConfigError, StoreError
from pipeline.desk.accounts import Role
from pipeline.desk.cases import changes as office
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.changes import Night, Standing, changes, night_of_run
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import Verdict
from pipeline.night import nightly
from pipeline.night.executors.here import Here
from pipeline.night.nightly import run_night
from pipeline.site import nights
from pipeline.site.config import load_site
from pipeline.site.keeping import nights_of
from pipeline.site.nights import work_site


def good(number: int) -> str:
    return f"face={number} score=0.8"


def bad(number: int) -> str:
    return f"face={number} reference=99 score=0.1"


def night(at: str, **sound: bool) -> Night:
    return Night(at, {key: Standing(key, "", "", "", (), yes) for key, yes in sound.items()})


def test_each_is_in_one_list_and_waits_since_the_break_began() -> None:
    found = changes(
        [
            night("1", a=False, b=False, c=False, d=True, f=True),
            night("2", a=False, b=True, c=False, d=True, f=True),
            night("3", a=False, b=False, c=False, d=True, f=True),
            night("4", a=False, b=False, c=True, d=False, e=False),
        ]
    )
    assert [one.student for one in found.newly_sound] == ["c"]
    assert [one.student for one in found.newly_wrong] == ["d", "e"]
    assert [(one.student, since) for one, since in found.waiting] == [("a", "1"), ("b", "3")]
    assert [one.student for one in found.gone] == ["f"]
    assert (found.before, found.after) == ("3", "4")


def test_what_people_say_counts_more_than_the_machine(tmp_path: Path) -> None:
    texts = {1: bad(1), 2: bad(2), 3: good(3), 4: "face=4 size=600×800 score=0.1"}
    run = make_run(tmp_path, texts, seeded_share=0)
    before = night_of_run(run).students
    keys = {number: f"2021{number:06d}" for number in texts}
    assert {k for k, one in before.items() if one.sound} == {keys[3]}
    with opened(run) as desk:
        for number, verdict in ((1, Verdict.OK), (2, Verdict.NOT_ME)):
            item = desk.student(keys[number])
            assert item is not None
            for who in ("an", "bo"):
                give(desk, item, who, Role.REVIEWER, Given(verdict))
    after = night_of_run(run).students
    assert {k for k, one in after.items() if one.sound} == {keys[1], keys[3]}
    assert after[keys[2]].reasons == ("NOT_ME",)
    assert (after[keys[2]].name, after[keys[2]].college) != ("", "")


def test_a_seeded_case_is_in_order(tmp_path: Path) -> None:
    run = make_run(tmp_path, {1: bad(1), 2: good(2), 3: good(3)}, seeded_share=1)
    with opened(run) as desk:
        assert sum(item.seeded for item in desk.items()) == 1
    assert sum(one.sound for one in night_of_run(run).students.values()) == 2


def test_a_run_is_only_read(tmp_path: Path) -> None:
    run = make_run(tmp_path, {1: bad(1), 2: good(2)})
    with opened(run):
        pass
    old = {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()}
    night_of_run(run)
    assert {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()} == old


def test_the_command_in_both_languages(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", {1: bad(1), 2: bad(2), 3: good(3)})
    second = make_run(tmp_path / "b", {1: good(1), 2: bad(2), 3: bad(3)})
    runs = [str(first), str(second)]
    wide = {"COLUMNS": "200"}
    done = CliRunner().invoke(app, ["diff", *runs, "--lang", "zh"], env=wide)
    assert done.exit_code == 0, done.output
    for said in ("新合格 1 人", "新出问题 1 人", "仍待处理 1 人", "不像本人", "自"):
        assert said in done.output
    assert "score" not in done.output and "FLAG" not in done.output
    assert done.output.index("2021000001") < done.output.index("2021000003")
    english = CliRunner().invoke(app, ["diff", *runs, "--lang", "en"], env=wide).output
    assert "Newly in order: 1" in english and "Still waiting: 1" in english
    told = json.loads(CliRunner().invoke(app, ["diff", *runs, "--json", "--lang", "en"]).stdout)
    assert [one["student"] for one in told["newly_in_order"]] == ["2021000001"]
    (waits,) = told["still_waiting"]
    assert waits["student"] == "2021000002" and waits["since"] == told["before"]
    assert waits["reasons"]["NOT_ME"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Three nights: A waits all the time, B is mended, C gets worse in the last."""
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    monkeypatch.setattr(nights, "executor_of", lambda *_: Here())
    file = site_file(tmp_path, '[cohorts.2026.references]\nidcard = "in/photos"\n', SITE)
    for day, (a, b, c) in enumerate(
        (("0.1", "0.1", "0.9"), ("0.1", "0.1", "0.9"), ("0.1", "0.9", "0.1")), 1
    ):
        photos = {n: f"score={s} sha={n}{day}" for n, s in zip("123", (a, b, c), strict=True)}
        deliver(tmp_path / "in", {f"2021{n}": text for n, text in photos.items()})
        known = load_site(file)
        known = known.model_copy(
            update={"nightly": known.nightly.model_copy(update={"settle_minutes": 0})}
        )
        work_site(known, today=date(2026, 6, day), force=True)
    assert [n.name[-1] for n in nights_of(load_site(file), "2026")] == ["1", "2", "3"]
    yield file
    for handler in logging.getLogger("photoproof").handlers[:]:
        logging.getLogger("photoproof").removeHandler(handler)
        handler.close()


def test_a_cohort_alone_compares_its_last_two_nights(site: Path) -> None:
    done = CliRunner().invoke(app, ["diff", "2026", "--site", str(site), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["before"], told["after"]) == ("2026-06-02", "2026-06-03")
    assert [one["student"] for one in told["newly_in_order"]] == ["20212"]
    assert [one["student"] for one in told["newly_wrong"]] == ["20213"]
    assert [(one["student"], one["since"]) for one in told["still_waiting"]] == [
        ("20211", "2026-06-01")
    ]
    assert told["still_waiting"][0]["name"] == "欧阳0"


def test_two_folders_of_nights_are_compared(site: Path) -> None:
    kept = nights_of(load_site(site), "2026")
    done = CliRunner().invoke(app, ["diff", str(kept[0]), str(kept[2]), "--json"])
    told = json.loads(done.stdout)
    assert told["before"] == "2026-06-01" and told["still_waiting"][0]["since"] == "2026-06-01"
    refused = CliRunner().invoke(app, ["diff", str(kept[0]), str(kept[2]), "--why"])
    assert isinstance(refused.exception, ConfigError)


def test_what_people_accepted_is_in_order_from_that_night_on(site: Path) -> None:
    folders = nights_of(load_site(site), "2026")
    known = [office.night_of_reports(f, {"20211": "2026-06-03T01:00:00"}) for f in folders]
    assert [n.students["20211"].sound for n in known] == [False, False, True]
    assert [one.student for one in changes(known).newly_sound] == ["20211", "20212"]


def test_one_night_or_no_cohort_is_refused_by_name(site: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    nobodys = str(tmp_path / "cohorts" / "2026" / "nights")
    lonely = runner.invoke(app, ["diff", nobodys, "--site", str(site)])
    assert isinstance(lonely.exception, ConfigError)
    for folder in nights_of(load_site(site), "2026")[1:]:
        for file in folder.iterdir():
            file.unlink()
    few = runner.invoke(app, ["diff", "2026", "--site", str(site)])
    assert isinstance(few.exception, StoreError) and "1 nights" in few.exception.message
