"""A large intake is read in a process of its own, and comes to the same."""

from __future__ import annotations

import csv
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from pipeline.core.errors import RosterError, SourceError
from pipeline.core.types import Cohort
from pipeline.night import intake_apart
from pipeline.night.intake import Sources, read_intake

NAMES = ["20240001.jpg", "20240002 李四.jpg", "王伟.jpg", "IMG_7.jpg", "notes.txt"]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("intake")
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["学号", "姓名", "学院"])
        writer.writerows([str(20240001 + n), f"学生{n}", "数学"] for n in range(300))
        writer.writerows([["20250001", "王伟", "数学"], ["20250002", "王伟", "数学"]])
    for place in ("photos", "cards"):
        (folder / place).mkdir()
        for name in NAMES:
            (folder / place / name).write_text(f"{place}/{name}")
    cards = {"idcard": [folder / "cards"]}
    return Sources([folder / "roster.csv"], [folder / "photos"], cards)


def _killed(**_: object) -> Cohort:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_it_comes_to_the_same(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    here = read_intake(sources, None)
    monkeypatch.setattr(intake_apart, "LARGE_FROM", 1)
    apart = read_intake(sources, None)
    assert not isinstance(apart.jobs, tuple)
    assert tuple(apart.jobs) == here.jobs
    assert tuple(apart.delivered) == here.delivered
    for name in ("strays", "remarks", "sheets", "assigned", "kinds"):
        assert getattr(apart, name) == getattr(here, name), name


def test_what_is_wrong_is_told_as_ever(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_apart, "LARGE_FROM", 1)
    (tmp_path / "empty.csv").write_text("学号,姓名\n", "utf-8")
    with pytest.raises(RosterError) as raised:
        read_intake(Sources([tmp_path / "empty.csv"], sources.photos), None)
    monkeypatch.undo()
    with pytest.raises(RosterError) as here:
        read_intake(Sources([tmp_path / "empty.csv"], sources.photos), None)
    assert raised.value.message == here.value.message


def test_a_process_that_was_ended_is_told() -> None:
    with pytest.raises(SourceError, match="ended from outside"):
        intake_apart.gathered_apart(partial(_killed))
