"""How far points, scores and measures move, and which decisions, from one arithmetic to another.

    python bench/arithmetic.py COHORT OUT

COHORT is a folder made by `bench/simulated_cohort.py`. Three nights are run on it into OUT: in
float32 on this machine's instructions, in float32 on AVX2's, and in bf16 where the processor has
it (elsewhere OpenVINO computes that in float32 too). Each is held against the first.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from models import manifest
from models.arithmetic import PRECISION
from pipeline.core.policy import InputLimits, load_policy, load_profile
from pipeline.night.folder import DATABASE
from pipeline.night.nightly import run_night
from pipeline.source import gather
from pipeline.store import Store
from pipeline.student.examiner import NetworkEngine

# Name, precision for OpenVINO, cap on the instruction set.
NIGHTS = (("float32", "f32", ""), ("float32-avx2", "f32", "AVX2"), ("bf16", "bf16", ""))
COLUMNS = ("decision", "category", "reasons", "advice", "turn_cw", "looks_like")


def engine(precision: str, limits: InputLimits) -> NetworkEngine:
    """An engine of another precision than the product's."""
    PRECISION["INFERENCE_PRECISION_HINT"] = precision
    return NetworkEngine(limits)


def night(cohort: Path, out: Path, precision: str) -> None:
    """One whole night."""
    policy = load_policy(None, {"cohort": {"one_to_many": True}})
    run_night(
        gather(cohort / "roster.csv", [cohort / "photos"], {"idcard": [cohort / "cards"]}),
        out,
        policy,
        load_profile(policy.profile),
        digests=manifest.digests(),
        workers=2,
        factory=partial(engine, precision, policy.input),
    )


def differences(one: Path, other: Path) -> Iterator[tuple[str, float]]:
    """By name, how far each number of each student moved; infinite where one has none or a word."""
    with (
        Store(one / DATABASE, readonly=True) as a,
        Store(other / DATABASE, readonly=True) as b,
    ):
        for key in a.fingerprints():
            theirs, ours = b.case(key), a.case(key)
            if theirs is None or ours is None:
                continue
            before = {n: m.value for n, m in ours.measurements.items()}
            after = {n: m.value for n, m in theirs.measurements.items()}
            before |= {f"score, {c.slot}": c.score for c in ours.comparisons}
            after |= {f"score, {c.slot}": c.score for c in theirs.comparisons}
            for name in before.keys() | after.keys():
                x, y = before.get(name), after.get(name)
                if name.startswith("eyes."):
                    moved = np.subtract(_places(x), _places(y))
                    yield "eyes, shares of the picture", float(np.abs(moved).max())
                elif isinstance(x, float) and isinstance(y, float):
                    yield name, abs(x - y)
                else:
                    yield name, 0.0 if x == y else math.inf


def _places(word: object) -> list[float]:
    return [float(part) for part in str(word).split()]


def compare(one: Path, other: Path) -> None:
    """Print what moved."""
    moved: dict[str, list[float]] = defaultdict(list)
    for name, by in differences(one, other):
        moved[name].append(by)
    print(f"\n{one.name} against {other.name}: | measure | changed | median | 99 % | largest |")
    for name, values in sorted(moved.items()):
        numbers = np.array([v for v in values if math.isfinite(v)] or [0.0])
        words = len(values) - len(numbers)
        if numbers.max() > 0 or words > 0:
            changed = np.mean(np.array(values) > 0)
            print(
                f"| {name} | {changed:.1%} | {np.median(numbers):.1e} |"
                f" {np.quantile(numbers, 0.99):.1e} | {numbers.max():.1e} | {words} words"
            )
    rows, others = (_rows(folder / "results.csv") for folder in (one, other))
    for column in COLUMNS:
        differ = [key for key in rows if rows[key][column] != others[key][column]]
        print(f"{column}: {len(differ)} of {len(rows)} students differ")


def _rows(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return {row["subject_id"]: row for row in csv.DictReader(text)}


def main() -> None:
    """Run the nights, each in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cohort", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--night", help="Run one night of this precision into OUT, no more.")
    options = parser.parse_args()
    if options.night:
        night(options.cohort, options.out, options.night)
        return
    for name, precision, cap in NIGHTS:
        command = [sys.executable, __file__, options.cohort, options.out / name]
        environment = os.environ | ({"ONEDNN_MAX_CPU_ISA": cap} if cap else {})
        subprocess.run([*command, "--night", precision], env=environment, check=True)  # noqa: S603
    for name, *_ in NIGHTS[1:]:
        compare(options.out / NIGHTS[0][0], options.out / name)


if __name__ == "__main__":
    main()
