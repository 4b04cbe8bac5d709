"""What one student costs, stage by stage, and how much of it is the networks' own work.

    python bench/stages.py COHORT [--students 100] [--workers 2]

COHORT is a folder made by `bench/simulated_cohort.py`: 480 x 640 photos, half of the references on
1,000 px cards. One process is measured on one core: median milliseconds of each stage, and the time
inside the networks' own calls (OpenVINO's). Efficiency is the second over all. Then the whole night
is run over all students with `--workers`, start and reports included, and the memory of all its
processes is watched. The table can be pasted into docs/performance.md; `ONEDNN_MAX_CPU_ISA=AVX2` in
the environment takes it on AVX2's instructions.

Milliseconds are of this machine on this day; ratios travel better.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import openvino as ov

from models.arithmetic import ARITHMETIC, instruction_set
from pipeline.core.policy import load_policy
from pipeline.core.types import ImageFile, Job, Reference, Subject
from pipeline.student.examiner import NetworkEngine

_WARM_UP = 10


def timed_networks() -> list[float]:
    """Seconds inside each of the networks' calls that follow, in a list that grows with them."""
    inner, taken = ov.InferRequest.infer, list[float]()

    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return inner(*args, **options)
        finally:
            taken.append(time.perf_counter() - start)

    ov.InferRequest.infer = timed
    return taken


def jobs_of(cohort: Path, students: int) -> list[Job]:
    """Photo and card of every student, without a roster."""
    photos = sorted((cohort / "photos").iterdir())[:students]
    return [
        Job(
            Subject(photo.stem, number),
            ImageFile(photo),
            (Reference("idcard", ImageFile(cohort / "cards" / photo.name)),),
        )
        for number, photo in enumerate(photos)
    ]


def by_stage(jobs: list[Job]) -> tuple[dict[str, float], float, float]:
    """Median ms of each stage and of a whole student, and the networks' share of all time."""
    inside = timed_networks()
    engine = NetworkEngine(load_policy().input)
    try:
        for job in jobs[:_WARM_UP]:
            engine.assess(job)
        inside.clear()
        stages: dict[str, list[float]] = {}
        whole: list[float] = []
        for job in jobs:
            start = time.perf_counter()
            evidence = engine.assess(job)
            whole.append(time.perf_counter() - start)
            for stage, seconds in evidence.seconds.items():
                stages.setdefault(stage, []).append(seconds)
    finally:
        engine.close()
    median = {stage: statistics.median(taken) * 1e3 for stage, taken in stages.items()}
    median["in OpenVINO"] = sum(inside) / len(jobs) * 1e3
    return median, statistics.median(whole) * 1e3, sum(inside) / sum(whole)


def night(cohort: Path, workers: int) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak MiB of a whole night in processes of its own."""
    with tempfile.TemporaryDirectory() as out:
        command = [
            *(sys.executable, "-m", "pipeline", "run", "--out", out),
            *("--roster", str(cohort / "roster.csv"), "--photos", str(cohort / "photos")),
            *("--references", f"idcard={cohort / 'cards'}", "--workers", str(workers)),
            "--search-owner",
        ]
        start, peak = time.perf_counter(), 0.0
        with (Path(out) / "night.log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own
            while process.poll() is None:
                peak = max(peak, sum(proportional_mib(pid) for pid in _tree(process.pid)))
                time.sleep(0.5)
        wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, used.ru_utime + used.ru_stime, peak


def proportional_mib(pid: int) -> float:
    """Memory of one process; pages shared with others count in parts (Linux's PSS)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:") / 1024


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return []
    return [pid, *(grandchild for child in children for grandchild in _tree(int(child)))]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    median, whole, share = by_stage(jobs_of(options.cohort, options.students))
    students = len(list((options.cohort / "photos").iterdir()))
    wall, cpu, peak = night(options.cohort, options.workers)
    # One processor's networks at their own speed would need this long; the rest is everything else.
    overall = median["in OpenVINO"] / 1e3 * students / options.workers / wall
    print(f"| {machine()} | |")
    print("|---|---|")
    for stage, milliseconds in median.items():
        print(f"| {stage}, ms | {milliseconds:.1f} |")
    print(f"| one student, ms | {whole:.1f} |")
    print(f"| efficiency of one student | {share:.2f} |")
    print(f"| night of {students}, {options.workers} workers, s | {wall:.1f} |")
    print(f"| students a second | {students / wall:.1f} |")
    print(f"| efficiency of the night | {overall:.2f} |")
    print(f"| processor time a student, ms | {cpu / students * 1e3:.0f} |")
    print(f"| memory at its peak, all processes, MiB | {peak:.0f} |")


def machine() -> str:
    """What the figures are of: processor, cores, instructions and arithmetic of the networks."""
    name = ov.Core().get_property("CPU", "FULL_DEVICE_NAME")
    cores, python = os.cpu_count(), platform.python_version()
    return f"{name}, {cores} cores, {instruction_set()}, {ARITHMETIC}, Python {python}"


if __name__ == "__main__":
    main()
