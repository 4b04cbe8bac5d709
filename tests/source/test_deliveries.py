"""Over many drawn deliveries: nothing is lost, nothing is counted twice, nobody gets another's.

`PHOTOPROOF_DELIVERIES=2000` draws so many; by default enough for the suite's time.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import pytest
from deliveries import draw
from further_deliveries import draw_further

from pipeline.core.delivery import Fate
from pipeline.core.types import Cohort
from pipeline.source import gather
from pipeline.source.balance import balance

DRAWN = int(os.environ.get("PHOTOPROOF_DELIVERIES", "120"))
BATCH = 20


@pytest.mark.parametrize("first", range(0, DRAWN, BATCH))
def test_every_file_appears_once_and_with_its_owner_or_nobody(tmp_path: Path, first: int) -> None:
    for seed in range(first, min(first + BATCH, DRAWN)):
        delivery = draw(tmp_path / str(seed), seed)
        cohort = gather(delivery.roster, delivery.sources, {})
        told = Counter(file.name for file in cohort.delivered)
        assert told == Counter(delivery.owners.keys()), f"seed {seed}"
        assert wrong(cohort, delivery.owners) == [], f"seed {seed}"
        counts = balance(cohort)["files"]["photo"]
        assert counts["found"] == delivery.files == sum(counts[fate.value] for fate in Fate)
        used = Counter(f.student_key for f in cohort.delivered if f.fate is Fate.USED)
        assert set(used.values()) <= {1}, f"seed {seed}"
        assert len(used) == sum(job.photo is not None for job in cohort.jobs)


def wrong(cohort: Cohort, owners: dict[str, str]) -> list[tuple[str, str]]:
    """Files that somebody got whose they are not."""
    taken = [f for f in cohort.delivered if f.fate in (Fate.USED, Fate.SET_ASIDE)]
    return [(f.name, f.student_key) for f in taken if owners[f.name] != f.student_key]


@pytest.mark.parametrize("seed", range(4))
def test_of_120_students_at_least_118_are_matched_and_none_wrong(tmp_path: Path, seed: int) -> None:
    delivery = draw(tmp_path, 10_000 + seed, count=120)
    cohort = gather(delivery.roster, delivery.sources, {})
    assert wrong(cohort, delivery.owners) == []
    found = {f.student_key for f in cohort.delivered if f.fate is Fate.USED}
    handed_in = {owner for owner in delivery.owners.values() if owner}
    lost = [name for name, owner in delivery.owners.items() if owner and owner not in found]
    assert len(handed_in) >= 118
    assert len(handed_in - found) <= 2, lost


@pytest.mark.parametrize("seed", range(6))
def test_further_ways_of_naming_are_understood_as_well(tmp_path: Path, seed: int) -> None:
    delivery = draw_further(tmp_path, seed)
    cohort = gather(delivery.roster, delivery.sources, {})
    assert wrong(cohort, delivery.owners) == []
    found = {f.student_key for f in cohort.delivered if f.fate is Fate.USED}
    lost = [name for name, owner in delivery.owners.items() if owner not in found]
    assert len(lost) <= 2, lost


def test_a_large_delivery_is_understood_in_seconds(tmp_path: Path) -> None:
    delivery = draw(tmp_path, 1, count=4000)
    began = time.monotonic()
    cohort = gather(delivery.roster, delivery.sources, {})
    assert time.monotonic() - began < 20, "on a busy machine; docs/performance.md has the figure"
    assert len(cohort.delivered) == delivery.files
