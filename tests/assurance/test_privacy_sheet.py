"""What an impact assessment asks, counted from the runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from store_cases import ANNA, BERT, FULL, JUDGED
from typer.testing import CliRunner

from pipeline import cli
from pipeline.assurance.privacy_sheet import Held, held_by, persons, sheet
from pipeline.core.errors import StoreError
from pipeline.core.moments import local_minute
from pipeline.core.policy import load_policy
from pipeline.core.types import Evidence, Subject
from pipeline.core.words import languages, words
from pipeline.night.folder import DATABASE
from pipeline.store import RunSummary, Store
from pipeline.store.packing import keep
from pipeline.store.summary import Counts

SUMMARY = RunSummary(
    photoproof="0",
    started="2026-06-01T00:00:00",
    finished="2026-06-01T01:00:00",
    students=2,
    counts=Counts(),
    policy=load_policy().model_dump(mode="json"),
    profile="chsi-graduation",
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Anna with pictures and templates, Bert with neither, and a photo of nobody."""
    stray = "extra:1:x.jpg"
    with Store(tmp_path / DATABASE) as store:
        store.enrol([("s1", ANNA, ""), ("s2", BERT, ""), (stray, Subject("", 0), "x.jpg")])
        for key, seen in (("s1", FULL), ("s2", Evidence()), (stray, FULL)):
            store.save((key, "x", keep(seen)))
            with store.transaction():
                store.decide(key, JUDGED)
        store.finish(SUMMARY)
    tmp_path.chmod(0o700)
    return tmp_path


def held(count: int, start: int = 0, **fields: object) -> Held:
    keys = frozenset(f"s{i}" for i in range(start, start + count))
    one = Held("runs/2026", SUMMARY, keys, frozenset(), others_read=False)
    return replace(one, **fields)  # type: ignore[arg-type]


def test_students_with_stored_faces_are_counted_and_strays_are_none(run: Path) -> None:
    found = held_by(run)
    assert found.pictures == found.templates == frozenset({"s1"})
    assert not found.others_read
    run.chmod(0o750)
    assert held_by(run).others_read


def test_a_student_of_two_runs_is_one_person() -> None:
    assert persons([held(3), held(3, start=2)]) == 5
    assert persons([held(0, templates=frozenset({"s1"}))]) == 1


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize(
    ("count", "warning"),
    [(79_999, ""), (80_000, "file_soon"), (99_999, "file_soon"), (100_000, "file_now")],
)
def test_filing_is_warned_of_in_time(lang: str, count: int, warning: str) -> None:
    t, lines = words("privacy", lang), list(sheet([held(count)], lang))
    said = {key for key in ("file_soon", "file_now") if t[key] in lines}
    assert said == ({warning} if warning else set())
    assert any(f"{count:,}" in line for line in lines)
    assert lines[-1] == t["lawyer"]


def test_the_sheet_tells_the_policy_that_was_in_force() -> None:
    t = words("privacy", "en")
    own = load_policy(None, {"cohort": {"one_to_many": True}, "privacy": {"keep_templates": True}})
    loose = replace(SUMMARY, policy=own.model_dump(mode="json"), purged="2026-09-01T00:00:00")
    lines = list(sheet([held(1, summary=loose, others_read=True)], "en"))
    for key in ("templates_kept", "others_read"):
        assert t[key] in lines
    assert t["search_on"].format(runs="runs/2026") in lines
    assert t["purged"].format(date=local_minute("2026-09-01T00:00:00")) in lines
    usual = list(sheet([held(1)], "en"))
    assert {t[key] for key in ("search_off", "templates_gone", "owner_reads")} <= set(usual)


def test_the_command_prints_the_sheet_and_numbers(run: Path) -> None:
    printed = CliRunner().invoke(
        cli.app, ["privacy", str(run), "--lang", "en"], env={"COLUMNS": "200"}
    )
    assert printed.exit_code == 0
    assert "pictures stored of 1, templates of 1" in printed.output
    assert "安娜" not in printed.output
    asked = CliRunner().invoke(cli.app, ["privacy", str(run), "--json"])
    assert json.loads(asked.output)["persons"] == 1
    bare = CliRunner().invoke(cli.app, ["privacy"])
    assert "人数：0" in bare.output


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no run"):
        held_by(tmp_path)
