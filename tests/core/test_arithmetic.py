"""What the networks compute in is part of every result: stated, and never mixed unsaid."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import cohort_of, fake

from models.arithmetic import ARITHMETIC, instruction_set
from pipeline.assurance.drift.records import deltas
from pipeline.core.policy import Policy, Profile
from pipeline.night.nightly import Outputs, run_night

PHOTOS = {"A": "score=0.9", "B": "turn=90"}


@pytest.fixture
def go(tmp_path: Path, policy: Policy, profile: Profile) -> Callable[[], Outputs]:
    def run() -> Outputs:
        cohort = cohort_of(tmp_path / "photos", PHOTOS)
        return run_night(cohort, tmp_path / "out", policy, profile, digests={}, factory=fake())

    return run


def test_results_of_another_arithmetic_are_taken_anew_and_it_is_said(
    go: Callable[[], Outputs], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.night.run.ARITHMETIC", "bf16")
        first = go()
    assert (first.summary.arithmetic, first.summary.remarks) == ("bf16", ())
    second = go()
    assert second.summary.assessed == len(PHOTOS)
    assert second.summary.remarks == (
        f"2 students had been measured in bf16; everybody was looked at again in {ARITHMETIC}.",
    )
    assert json.loads(second.json.read_text("utf-8"))["arithmetic"] == ARITHMETIC
    third = go()
    assert (third.summary.assessed, third.summary.remarks) == (0, ())


def test_the_kernels_name_the_instruction_set() -> None:
    assert instruction_set() in {"avx512", "avx2", "sse42"}


def test_who_asks_for_the_arithmetic_alone_loads_no_engine() -> None:
    code = "import sys, models.arithmetic; sys.exit('openvino' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("one", "other", "told"), [(43.0, 43.0005, False), (0.5, 0.50005, False), (0.5, 0.502, True)]
)
def test_a_difference_of_instruction_sets_is_no_drift(one: float, other: float, told: bool) -> None:
    assert bool(list(deltas({"colour": one}, {"colour": other}))) is told
