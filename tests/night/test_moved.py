"""A folder that is moved away under a run: told loudly, and never a report of nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from night_cases import GOOD, Go

from pipeline.core.errors import StoreError
from pipeline.core.policy import Policy
from pipeline.night import nightly, publishing, run, tally
from pipeline.night.folder import REPORTS

PHOTOS = {f"S{n}": GOOD for n in range(4)}


def published(folder: Path) -> list[str]:
    return [name for name in REPORTS if (folder / name).exists()]


@pytest.mark.parametrize("back", [False, True])
def test_a_folder_renamed_while_photos_are_looked_at(go: Go, tmp_path: Path, back: bool) -> None:
    out, moved = tmp_path / "out", tmp_path / "moved"

    def rename(done: int, _total: int) -> None:
        if done == 2:
            out.rename(moved)
            if back:
                out.mkdir()

    with pytest.raises(StoreError, match="was renamed, deleted or replaced"):
        go(PHOTOS, on_progress=rename)
    assert published(moved) == []
    if not back:
        moved.rename(out)
        outputs, seen = go(PHOTOS)
        assert len(seen) <= 2, "what was stored is there"
        assert outputs.summary.students == 4


def test_a_folder_renamed_between_looking_and_writing(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assess = run.assess_cohort

    def then_rename(*arguments: object) -> object:
        summary = assess(*arguments)  # type: ignore[arg-type]
        (tmp_path / "out").rename(tmp_path / "moved")
        return summary

    monkeypatch.setattr(nightly, "assess_cohort", then_rename)
    with pytest.raises(StoreError, match="holds no run"):
        go(PHOTOS)
    assert not (tmp_path / "out/report.html").exists()
    assert published(tmp_path / "moved") == []


def test_a_report_of_fewer_students_than_the_roster_is_never_published(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = tally.decided

    def one_less(*arguments: object) -> object:
        found = decided(*arguments)  # type: ignore[arg-type]
        return replace(found, counts=replace(found.counts, decision={"ACCEPT": 3}))

    monkeypatch.setattr(run, "decided", one_less)
    with pytest.raises(StoreError, match=r"3 students .* were decided; roster and folders have 4"):
        go(PHOTOS)
    assert published(tmp_path / "out") == []


def test_a_store_that_lost_a_student_publishes_nothing(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: Policy
) -> None:
    publish = publishing.publish

    def lose(store: object, *rest: object) -> None:
        store.db.execute("DELETE FROM student WHERE student_key = 'S2'")  # type: ignore[attr-defined]
        publish(store, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(nightly, "publish", lose)
    with pytest.raises(StoreError, match="holds 3 decided students, the run decided 4"):
        go(PHOTOS)
    assert published(tmp_path / "out") == []
