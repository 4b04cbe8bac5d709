"""The same verdict on every machine: whole nights under this machine's instructions and AVX2's."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import written
from few_faces import few_faces
from written import options

from models.arithmetic import ARITHMETIC, instruction_set
from pipeline.sample.cohort import SampleCohort

pytestmark = [pytest.mark.networks, pytest.mark.long]

# OpenVINO obeys it; with AVX2 any x86-64 machine computes as most offices' computers do.
CAP = "ONEDNN_MAX_CPU_ISA"
# Largest difference of a score between AVX2 and AVX-512 on 702 students: 5e-7; results.csv has four
# decimals, so that a value may be rounded to either side.
SCORES_APART = 1e-4 + 1e-9
NUMBERS = ("score", "adjusted", "turn_confidence")

Rows = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Night:
    rows: Rows
    summary: Mapping[str, object]


def photoproof(*arguments: str | Path, cap: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", **({CAP: cap} if cap else {})},
        timeout=300,
    )


def read(out: Path) -> Night:
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["subject_id"] + row["photo"]: row for row in csv.DictReader(file)}
    return Night(rows, json.loads((out / "run.json").read_text("utf-8")))


def apart(one: Rows, other: Rows) -> list[str]:
    """Every cell in which two nights differ by more than instruction sets may."""
    found = [f"{key}: in one night only" for key in sorted(one.keys() ^ other.keys())]
    for key in sorted(one.keys() & other.keys()):
        for column, value in one[key].items():
            theirs = other[key][column]
            if column in NUMBERS and value and theirs:
                same = abs(float(value) - float(theirs)) <= SCORES_APART
            else:
                same = value == theirs
            if not same:
                found.append(f"{key}: {column} {value!r}, {theirs!r}")
    return found


@pytest.fixture(scope="module")
def own(sample_night: written.Night) -> Night:
    return read(sample_night.out)


@pytest.fixture(scope="module")
def capped(sample: SampleCohort, tmp_path_factory: pytest.TempPathFactory) -> Night:
    out = tmp_path_factory.mktemp("capped")
    done = photoproof("run", *options(sample), "--out", out, cap="AVX2")
    assert done.returncode == 0, done.stderr
    return read(out)


def test_a_night_under_avx2_decides_as_this_machine_does(own: Night, capped: Night) -> None:
    assert len(own.rows) == 28
    assert apart(own.rows, capped.rows) == []


def test_each_night_ran_on_the_instructions_it_says(own: Night, capped: Night) -> None:
    for ran, kind in ((own, instruction_set()), (capped, "avx2")):
        assert ran.summary["arithmetic"] == ARITHMETIC
        assert ran.summary["instructions"] == {kind: 28}


def test_the_comparison_of_nights_can_fail(own: Night, capped: Night) -> None:
    """Each kind of difference, planted into one night, is noticed."""
    key = next(key for key, row in own.rows.items() if row["score"])
    for column, value in (
        ("decision", "NONE"),
        ("category", ""),
        ("reasons", "BLUR"),
        ("advice", "BLUR;DPI"),
        ("turn_cw", "90"),
        ("score", f"{float(own.rows[key]['score']) + 0.001:.4f}"),
    ):
        changed = {**own.rows, key: {**own.rows[key], column: value}}
        assert len(apart(changed, capped.rows)) == 1, column
    assert apart({k: row for k, row in own.rows.items() if k != key}, capped.rows)


def test_golden_values_hold_under_avx2() -> None:
    done = photoproof("regress", cap="AVX2")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_machine_that_cannot_run_a_network_stops_before_the_first_photo(
    sample: SampleCohort, tmp_path: Path
) -> None:
    arguments = [*options(sample), "--workers", "1", "--out", tmp_path]
    done = photoproof("run", *arguments, cap="SSE41")
    assert done.returncode == 14, done.stderr
    assert "cannot be loaded on this machine" in done.stderr
    assert "AVX2" in done.stderr, "the way out"
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results.csv").exists()


def test_doctor_tells_the_instructions_and_what_cannot_run() -> None:
    fine, poor = photoproof("doctor", cap="AVX2"), photoproof("doctor", cap="SSE41")
    assert fine.returncode == 0, fine.stdout
    assert "networks run on avx2 instructions in float32" in fine.stdout
    assert poor.returncode == 17
    assert "sse42" in poor.stdout and "cannot be loaded on this machine" in poor.stdout


def test_a_night_continued_on_another_machine_says_so(tmp_path: Path) -> None:
    """Nothing is looked at twice, and the report names both kinds."""
    if instruction_set() == "avx2":
        pytest.skip("this machine has AVX2 alone: there is no second kind to continue on")
    keeping = tmp_path / "keeping.toml"
    keeping.write_text("[privacy]\nkeep_templates = true\n")
    given: list[str | Path] = [*few_faces(tmp_path / "in"), "--policy", keeping]
    arguments = [*given, "--out", tmp_path / "out"]
    late = min((tmp_path / "in" / "photos").iterdir())
    late.rename(tmp_path / late.name)
    assert photoproof("run", *arguments).returncode == 0
    (tmp_path / late.name).rename(late)
    done = photoproof("run", *arguments, cap="AVX2")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert sum(summary["instructions"].values()) == 3
    assert summary["instructions"]["avx2"] == summary["assessed"] == 1
    (remark,) = (text for text in summary["remarks"] if "instruction set" in text)
    assert "avx2" in remark and instruction_set() in remark
    assert remark[:40] in done.stdout
