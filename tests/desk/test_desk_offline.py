"""Decisions made in the static report: what a file must say, and what it may not do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk_browsing import PASSWORD
from desk_runs import make_run, photos
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import ConfigError, PhotoproofError, RosterError
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import State, Verdict
from pipeline.desk.exchange.report_decisions import offline
from pipeline.night.folder import LEDGER
from pipeline.night.nightly import redecide
from pipeline.report.view import shown_name
from pipeline.store import Store
from pipeline.store.items import Item
from pipeline.store.ledger import Ledger

FAULTY, SIZE, TURNED = "2021000000", "2021000004", "2021000007"
IDENTITY = "5d0c3c1a9e0b7f42"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_run(tmp_path_factory.mktemp("made"), photos(16), seeded_share=0)
    with Store(run / "photoproof.sqlite") as store, store.transaction():
        store.note("identity", IDENTITY)
    with Ledger(run / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("bo", "reviewer"), ("wu", "auditor")):
            accounts.add(ledger, name, Role(role), PASSWORD, "test")
    return run


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def line(run: Path, student: str, verdict: str, /, **more: object) -> dict[str, Any]:
    with opened(run) as desk:
        item = desk.student(student)
        assert item
        seen = {"photo": shown_name(desk.case(item)), "codes": list(item.codes)}
    fields = {"student": student, "verdict": verdict, "machine": "FLAG", **seen}
    return {**fields, "at": "2126-11-23T08:00:00Z", **more}


def saved(folder: Path, /, *lines: Mapping[str, Any], **more: object) -> Path:
    file = {"photoproof": "decisions", "version": 1, "run": IDENTITY}
    path = folder / "decisions.json"
    told = {**file, "saved": "2126-11-23T08:00:00Z", "decisions": lines, **more}
    path.write_text(json.dumps(told), "utf-8")
    return path


def item_of(run: Path, student: str) -> Item:
    with opened(run) as desk:
        item = desk.student(student)
        assert item
        return item


def test_a_decision_is_the_reviewers_and_says_the_machine_was_seen(run: Path) -> None:
    file = saved(run, line(run, SIZE, "other", measure="correct", comment="裁掉一条边"))
    with opened(run) as desk:
        assert offline(desk, file, "cli:test", "an").recorded == 1
        assert offline(desk, file, "cli:test", "an").unchanged == 1
        item = desk.student(SIZE)
        assert item
        (answer,) = desk.answers(item)
        entries = list(desk.ledger.log.entries())
        assert desk.ledger.verify().fault == ""
    assert item.state is State.CORRECT
    assert (answer.who, answer.blind, answer.offline, answer.lead) == ("an", False, True, False)
    assert answer.codes == item.codes
    logged = next(e for e in entries if e.action == "answer")
    assert json.loads(logged.detail)["machine_seen"] is True
    imported = next(e for e in entries if e.action == "imported")
    assert (imported.who, json.loads(imported.detail)["reviewer"]) == ("cli:test", "an")


def test_who_has_seen_the_machines_answer_confirms_no_blind_case(run: Path) -> None:
    """Two blind reviewers are asked for: consent of those who looked does not replace one."""
    file = saved(run, line(run, FAULTY, "not_me"))
    with opened(run) as desk:
        for name in ("an", "someone else"):
            offline(desk, file, "cli:test", name)
    assert item_of(run, FAULTY).need == "second"
    for name, need in (("bo", "second"), ("cy", "")):
        with opened(run) as desk:
            item = desk.student(FAULTY)
            assert item
            give(desk, item, name, Role.REVIEWER, Given(Verdict.NOT_ME))
        assert item_of(run, FAULTY).need == need
    assert item_of(run, FAULTY).state is State.RESHOOT


def test_who_has_seen_it_may_contradict(run: Path) -> None:
    with opened(run) as desk:
        item = desk.student(FAULTY)
        assert item
        give(desk, item, "bo", Role.REVIEWER, Given(Verdict.OK))
        result = offline(desk, saved(run, line(run, FAULTY, "not_me")), "cli:test", "an")
    assert result.needs_lead == [1]
    assert item_of(run, FAULTY).need == "lead"


def test_one_person_is_never_two_reviewers(run: Path) -> None:
    with opened(run) as desk:
        item = desk.student(SIZE)
        assert item
        give(desk, item, "an", Role.REVIEWER, Given(Verdict.NOT_ME))
        result = offline(
            desk, saved(run, line(run, SIZE, "not_me", comment="again")), "cli:test", "an"
        )
        assert (result.recorded, result.needs_lead) == (1, [])
        assert {a.who for a in desk.answers(item)} == {"an"}
    assert item_of(run, SIZE).need == "second"


def test_an_older_decision_does_not_replace_a_newer_answer(run: Path) -> None:
    with opened(run) as desk:
        item = desk.student(SIZE)
        assert item
        give(desk, item, "an", Role.REVIEWER, Given(Verdict.OK))
        old = line(run, SIZE, "other", at="2020-01-01T00:00:00Z")
        assert offline(desk, saved(run, old), "cli:test", "an").overtaken == [1]
    assert item_of(run, SIZE).state is State.DONE


def test_reasons_found_after_the_decision_are_asked_about(run: Path) -> None:
    with opened(run) as desk:
        offline(desk, saved(run, line(run, SIZE, "ok", codes=[])), "cli:test", "an")
    assert item_of(run, SIZE).state is State.TODO


def test_decisions_about_other_photos_and_students_are_not_taken(run: Path) -> None:
    lines = [line(run, SIZE, "ok", photo="0" * 16), line(run, SIZE, "ok", student="404")]
    with opened(run) as desk:
        result = offline(desk, saved(run, *lines), "cli:test", "an")
    assert (result.changed_photo, result.unknown, result.recorded) == ([1], [2], 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"run": "another"}, "another run's report"),
        ({"version": 2}, "`version` is 2"),
        ({"extra": 1}, "unknown key `extra`"),
        ({"photoproof": "x"}, "`photoproof` is 'x'"),
    ],
)
def test_another_file_is_refused(run: Path, change: dict[str, object], words: str) -> None:
    file = saved(run, line(run, SIZE, "ok"), **change)
    with opened(run) as desk, pytest.raises(RosterError, match=words):
        offline(desk, file, "cli:test", "an")


def test_a_folder_without_an_identity_takes_no_file(run: Path) -> None:
    with Store(run / "photoproof.sqlite") as store, store.transaction():
        store.note("identity", "")
    with opened(run) as desk, pytest.raises(RosterError, match="another run"):
        offline(desk, saved(run, run=""), "cli:test", "an")


def test_a_run_older_than_a_key_of_the_policy_is_judged_by_the_shipped_one(run: Path) -> None:
    with Store(run / "photoproof.sqlite") as store:
        summary = store.finished()
        older = {"two_reviewers": [], "seeded_share": 0.0}
        store.finish(replace(summary, policy={**summary.policy, "review": older}))
    with opened(run) as desk:
        assert desk.policy.two_reviewers == ()
        assert desk.policy.desk == load_policy().review.desk


def test_one_bad_line_stops_the_whole_file_and_no_id_number_is_told(run: Path) -> None:
    good = line(run, SIZE, "ok")
    file = saved(run, good, {**good, "verdict": "11010519491231002X"})
    with opened(run) as desk, pytest.raises(RosterError) as caught:
        offline(desk, file, "cli:test", "an")
    assert "decisions.1.verdict" in caught.value.message
    assert "11010519491231002X" not in caught.value.message
    assert item_of(run, SIZE).state is State.TODO


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda t: json.dumps(t).encode()))
def test_any_other_bytes_are_refused(made: Path, content: bytes) -> None:
    path = made / "any.json"
    path.write_bytes(content)
    with opened(made) as desk, pytest.raises(RosterError):
        offline(desk, path, "cli:test", "an")


@pytest.mark.parametrize(("name", "words"), [("", "--reviewer"), ("wu", "auditor")])
def test_the_reviewer_must_be_one(run: Path, name: str, words: str) -> None:
    file = saved(run, line(run, SIZE, "ok"))
    with opened(run) as desk, pytest.raises(ConfigError) as caught:
        offline(desk, file, "cli:test", name)
    assert words in caught.value.message + caught.value.hint


def test_the_command_reads_it(run: Path) -> None:
    file = saved(run, line(run, TURNED, "sideways"))
    arguments = ["import", "decisions", str(file), str(run), "--reviewer", "an"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "recorded: 1" in result.output
    assert item_of(run, TURNED).state is State.CORRECT


@pytest.mark.parametrize("desk", ["", "http://127.0.0.1:8765", "https://desk.school.example/"])
def test_addresses_of_a_desk(desk: str) -> None:
    assert load_policy(None, {"review": {"desk": desk}}).review.desk == desk


@pytest.mark.parametrize("desk", ["javascript:alert(1)", "desk", "http://a/b", "http://u:p@a"])
def test_what_is_no_address_of_a_desk(desk: str) -> None:
    with pytest.raises(PhotoproofError, match=r"review\.desk"):
        load_policy(None, {"review": {"desk": desk}})


def test_a_folder_keeps_the_identity_its_reports_carry(run: Path) -> None:
    policy = load_policy()
    profile = load_profile(policy.profile)
    with Store(run / "photoproof.sqlite") as store, store.transaction():
        store.note("identity", "")
    told = [redecide(run, policy, profile, "zh").summary.identity for _ in range(2)]
    assert told[0] == told[1] != ""
    assert f'"run":"{told[0]}"' in (run / "report.html").read_text("utf-8")
    with opened(run) as desk:
        assert desk.identity == told[0]
