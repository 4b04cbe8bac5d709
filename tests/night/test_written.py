"""What the commands write about the sample cohort is what they wrote before (`written.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from english import english
from written import GOLDEN, Night, differences, everything

from pipeline.sample.cohort import SampleCohort


@pytest.mark.long
@pytest.mark.networks
def test_the_commands_write_what_they_wrote(
    sample: SampleCohort, sample_night: Night, tmp_path: Path
) -> None:
    written = everything(sample, sample_night, tmp_path)
    assert sorted(written) == sorted(path.name for path in GOLDEN.iterdir())
    changed = {
        name: found
        for name, text in written.items()
        if (found := differences((GOLDEN / name).read_text("utf-8"), text))
    }
    assert changed == {}
    assert english(written["run.out"]) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("score 0.4567, turn 90", "score 0.4568, turn 90", True),
        ("score 0.4567, turn 90", "score 0.4667, turn 90", False),
        ("score 0.4567, turn 90", "score 0.4567, turn 180", False),
        ("ACCEPT", "REVIEW", False),
        ("one\ntwo", "one", False),
        ("153.1 KB", "153.3 KB", True),
    ],
)
def test_a_difference_is_noticed(one: str, other: str, same: bool) -> None:
    assert (differences(one, other) == []) is same
