"""The fuzzer's own test: seeds are whole, mutations are many, a crash is kept and told."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fuzz import drive
from fuzz.targets import LIMITS, TARGETS, seeds
from pipeline.source.columns import load_columns
from pipeline.source.roster import read_roster
from pipeline.student.decode import decode_picture

WORKBOOKS = ("xlsx", "xlsx_sheet", "xlsx_strings", "ods", "ods_content")
PICTURES = ("jpeg", "png", "bmp", "webp", "tiff", "heif", "gif")


# `dbf` leaves the file of a damaged table to be closed by the next collection of garbage.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("target", TARGETS)
def test_whole_and_mutated_inputs_are_taken(target: str) -> None:
    """A few hundred here; a minute in CI, hours by `make fuzz`."""
    chance, pool = random.Random(15), seeds(target)
    for data in pool:
        TARGETS[target](data)
    for _ in range(12 if target in WORKBOOKS else 200):  # each of those is a process
        TARGETS[target](drive.mutated(chance.choice(pool), chance, pool))


@pytest.mark.parametrize("target", ["xlsx", "ods"])
def test_seeds_of_workbooks_are_rosters(target: str, tmp_path: Path) -> None:
    (tmp_path / f"r.{target}").write_bytes(seeds(target)[0])
    found = read_roster(tmp_path / f"r.{target}", load_columns())
    assert "张三" in {subject.name for subject in found.subjects}


@pytest.mark.parametrize("target", PICTURES)
def test_seeds_of_pictures_are_pictures(target: str) -> None:
    for data in seeds(target):
        assert decode_picture(data, LIMITS).bgr.shape in {(32, 24, 3), (24, 32, 3)}


def test_a_crash_is_kept_and_the_next_input_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fragile(data: bytes) -> None:
        if len(data) % 5 == 0:
            raise ZeroDivisionError

    monkeypatch.setitem(TARGETS, "number", fragile)
    counts = list(drive.tried("number", 1, 2, 500, tmp_path / "kept"))
    assert len(counts) > 1
    kept = list((tmp_path / "kept").iterdir())
    assert kept
    assert all(len(path.read_bytes()) % 5 == 0 for path in kept)
    assert "ZeroDivisionError" in capfd.readouterr().err
