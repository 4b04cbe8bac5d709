"""`photoproof diff`: who changed between two runs and why; with a fake engine."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import cohort_of, fake, stray
from typer.testing import CliRunner

from pipeline import cli
from pipeline.assurance.drift import Change, Drift, causes_text, diff
from pipeline.core.errors import StoreError
from pipeline.core.policy import Policy, Profile, load_policy
from pipeline.core.types import Cohort, Measurement
from pipeline.night.folder import DATABASE
from pipeline.night.nightly import redecide, run_night
from pipeline.store import Store

Go = Callable[..., Path]


@pytest.fixture
def go(tmp_path: Path, policy: Policy, profile: Profile) -> Go:
    """Run photos (subject -> fake text) into a folder of that name."""

    def run(
        name: str,
        photos: dict[str, str] | Cohort,
        policy: Policy = policy,
        digests: Mapping[str, str] | None = None,
    ) -> Path:
        cohort = cohort_of(tmp_path / "photos", photos) if isinstance(photos, dict) else photos
        out = tmp_path / name
        run_night(cohort, out, policy, profile, digests=digests or {"yunet": "1"}, factory=fake())
        return out

    return run


def shas(*texts: str) -> dict[str, str]:
    """Photos of students A, B, ...; each with bytes of its own unless the text says which."""
    return {
        chr(65 + n): text if "sha=" in text else f"{text} sha={n}" for n, text in enumerate(texts)
    }


def only(drift: Drift) -> Change:
    (change,) = drift.changes
    return change


def kinds(change: Change) -> list[str]:
    return [cause.kind for cause in change.causes]


def test_equal_runs_do_not_differ(go: Go) -> None:
    photos = shas("score=0.9", "turn=90", "score=0.1")
    drift = diff(go("a", photos), go("b", photos))
    assert drift.common == 3
    assert drift.changes == ()
    assert drift.only_a == drift.only_b == ()
    assert drift.transitions == drift.measured == {}
    assert not any(drift.run.values())


def test_another_photo(go: Go) -> None:
    a = go("a", shas("score=0.9", "score=0.9"))
    change = only(diff(a, go("b", shas("score=0.9", "score=0.9 turn=90 sha=new"))))
    assert change.student == "B"
    assert kinds(change) == ["photo", "measurement"]
    assert change.causes[0].deltas[0].text == "sha256: 1 → new"
    assert "turn_cw: 0 → 90" in causes_text(change)
    changed = {delta.name: (delta.old, delta.new) for delta in change.deltas}
    assert changed["decision"] == ("ACCEPT", "FLAG")
    assert changed["turn_cw"] == (0, 90)


def test_another_reference(go: Go) -> None:
    """The photo's bytes are the same and yet the fingerprint is not."""
    a = go("a", shas("score=0.9"))
    change = only(diff(a, go("b", shas("score=0.1 sha=0"))))
    assert kinds(change) == ["references", "measurement"]
    assert change.causes[1].deltas[0].text == "score.idcard: 0.9 → 0.1"


def test_reference_that_is_gone(go: Go, tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path / "photos", shas("score=0.9"))
    bare = replace(
        cohort.jobs[0], references=(), facts=(Measurement("source.reference_files", 0.0),)
    )
    change = only(diff(go("a", cohort), go("b", Cohort((bare,)))))
    assert kinds(change)[:2] == ["intake", "references"]
    assert "idcard: there → none" in causes_text(change)
    assert "source.reference_files: 1 → 0" in causes_text(change)


def test_other_models(go: Go) -> None:
    a = go("a", shas("score=0.9", "score=0.9"))
    drift = diff(a, go("b", shas("score=0.9", "score=0.1"), digests={"yunet": "2"}))
    change = only(drift)
    assert kinds(change) == ["models", "measurement"]
    assert [delta.text for delta in drift.run["models"]] == ["yunet: 1 → 2"]


def test_other_policy_and_its_thresholds(go: Go, tmp_path: Path, profile: Profile) -> None:
    a = go("a", shas("score=0.5", "score=0.9"))
    shutil.copytree(a, tmp_path / "b")
    thresholds = {"default": {"accept_from": 0.6}}
    strict = load_policy(
        None,
        {
            "comparison": {"thresholds": thresholds},
            "severity": {"BLUR": "flag"},
            "review": {"seeded_share": 0.5},
        },
    )
    redecide(tmp_path / "b", strict, profile, "en")
    drift = diff(a, tmp_path / "b")
    change = only(drift)
    assert kinds(change) == ["policy", "thresholds"]
    assert causes_text(change) == (
        "policy (comparison.thresholds.default.accept_from: 0.46 → 0.6);"
        " thresholds (idcard.accept_from: 0.46 → 0.6)"
    )
    # Keys that bear on nobody's change are told for the run alone.
    assert {delta.name for delta in drift.run["policy"]} >= {
        "severity.BLUR",
        "review.seeded_share",
    }


def test_severity_that_weighs_otherwise(go: Go, tmp_path: Path, profile: Profile) -> None:
    a = go("a", shas("turn=90"))
    shutil.copytree(a, tmp_path / "b")
    mild = load_policy(None, {"severity": {"SIDEWAYS_LEFT": "review"}})
    redecide(tmp_path / "b", mild, profile, "en")
    change = only(diff(a, tmp_path / "b"))
    assert change.decisions == ("FLAG", "REVIEW")
    assert causes_text(change) == "policy (severity.SIDEWAYS_LEFT: none → review)"


def test_conclusion_across_students(go: Go) -> None:
    a = go("a", shas("score=0.9", "score=0.9"))
    drift = diff(a, go("b", {**shas("score=0.9", "score=0.9"), "C": "score=0.9 sha=0"}))
    change = only(drift)
    assert change.student == "A"
    assert causes_text(change) == "cohort (cohort.duplicate_of: none → C)"
    assert [student for student, _ in drift.only_b] == ["C"]


def test_cause_that_the_stores_do_not_tell(go: Go, tmp_path: Path) -> None:
    a = go("a", shas("score=0.9"))
    shutil.copytree(a, tmp_path / "b")
    with Store(tmp_path / "b" / DATABASE) as store, store.transaction():
        (key, _, _, assessment) = next(store.decided())
        store.decide(key, replace(assessment, category="照片拍虚"))
    assert kinds(only(diff(a, tmp_path / "b"))) == ["unknown"]


def test_students_of_one_run_alone_and_transitions(go: Go) -> None:
    a = go("a", shas("score=0.9", "score=0.9", "score=0.1"))
    photos = shas("score=0.9 turn=90 sha=x", "score=0.9 turn=90 sha=y", "score=0.9 sha=z")
    del photos["B"]
    b = go("b", {**photos, "D": "score=0.9 sha=d"})
    drift = diff(a, b)
    assert drift.only_a == (("B", "ACCEPT"),)
    assert drift.only_b == (("D", "ACCEPT"),)
    assert drift.transitions == {"ACCEPT→FLAG": 1, "FLAG→ACCEPT": 1}
    assert drift.measured == {"turn_cw": 1}


def test_rounding_is_no_change(go: Go, tmp_path: Path) -> None:
    a = go("a", shas("score=0.9"))
    shutil.copytree(a, tmp_path / "b")
    with Store(tmp_path / "b" / DATABASE) as store:
        store.cohort.conclude([("A", Measurement("turn_confidence", 1.0 + 1e-9))])
    assert diff(a, tmp_path / "b").measured == {}


def test_photo_that_nobody_claims_is_known_by_its_name(go: Go, tmp_path: Path) -> None:
    number = "110105194912310021"
    cohort = cohort_of(tmp_path / "photos", {number: "turn=0", "x": "turn=0"})
    files = [job.photo for job in cohort.jobs if job.photo]
    a = go("a", Cohort((), (stray(files[0]),)))
    drift = diff(a, go("b", Cohort((), (stray(files[1]), stray(files[0])))))
    assert drift.common == 1
    assert [name for name, _ in drift.only_b] == ["extra:x.jpg"]
    assert number not in json.dumps(diff(a, go("c", Cohort(()))).as_json())


def test_both_runs_are_only_read(go: Go) -> None:
    a, b = go("a", shas("score=0.9")), go("b", shas("score=0.1"))
    before = [(run / DATABASE).read_bytes() for run in (a, b)]
    diff(a, b)
    assert [(run / DATABASE).read_bytes() for run in (a, b)] == before


def test_folder_without_a_run(go: Go, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no run"):
        diff(go("a", shas("score=0.9")), tmp_path / "nowhere")


def test_run_that_was_cut_off(go: Go, tmp_path: Path) -> None:
    a = go("a", shas("score=0.9"))
    (tmp_path / "b").mkdir()
    with Store(tmp_path / "b" / DATABASE):
        pass
    with pytest.raises(StoreError, match="cut off"):
        diff(a, tmp_path / "b")


def test_command_tells_people_and_machines(go: Go, tmp_path: Path) -> None:
    a = go("a", shas("score=0.9", "score=0.9", "score=0.9"))
    photos = shas("score=0.9", "score=0.9 turn=180 sha=new")
    runs = [str(a), str(go("b", photos))]
    result = CliRunner().invoke(
        cli.app, ["diff", *runs, "--why", "--csv", str(tmp_path / "d.csv")], env={"COLUMNS": "200"}
    )
    assert result.exit_code == 0, result.output
    for words in ("only in the first run: C (Accept)", "Upside down", "Accept → Flag: 1", "1 of 2"):
        assert words in result.stdout
    with (tmp_path / "d.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["C"]["changes"] == "only in the first run"
    assert rows["B"]["decision_b"] == "FLAG"
    assert "photo" in rows["B"]["causes"]
    told = json.loads(CliRunner().invoke(cli.app, ["diff", *runs, "--json"]).stdout)
    assert told["transitions"] == {"ACCEPT→FLAG": 1}
    assert told["changes"][0]["causes"][0]["cause"] == "photo"
    assert told["only_a"] == [{"student": "C", "decision": "ACCEPT"}]
