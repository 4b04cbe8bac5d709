"""A whole night of very many students without networks: time, and memory of the parent, by stage.

    python bench/fake_province.py WORK --students 100000 [--workers 2]

The engine is the one of `overhead.py`, whose evidence costs nothing; roster, files, store, cohort
stage, decisions and reports are the product's own. Seconds are of the clock; processor time is the
parent's. Memory is the highest so far (VmHWM).
"""

from __future__ import annotations

import argparse
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overhead import DrawnEngine, drawn_cohort

from pipeline.core.policy import load_policy, load_profile
from pipeline.night import nightly
from pipeline.night import run as stages
from pipeline.night.executors.processes import Processes
from pipeline.student.measures import all_measures


@contextmanager
def _told(what: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    status = Path("/proc/self/status").read_text("utf-8")
    peak, now = (
        int(re.findall(rf"{key}:\s+(\d+) kB", status)[0]) / 1024 for key in ("VmHWM", "VmRSS")
    )
    print(
        f"{what:28} {wall:8.1f} s, {cpu:8.1f} s of processor,"
        f" peak {peak:6,.0f} MiB, now {now:6,.0f}",
        flush=True,
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--students", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    policy = load_policy(None, {"cohort": {"one_to_many": True}})
    profile = load_profile(policy.profile, set(all_measures()))
    out = options.work / "out"
    with _told("files drawn, roster read"):
        cohort = drawn_cohort(options.work, options.students)
    executor = Processes(options.workers)
    plan = stages.Plan(out, policy, profile, {}, options.workers, executor)
    real = stages.conclude_all
    stages.conclude_all = lambda *given: _concluded(real, *given)  # type: ignore[assignment]
    with _told("night without reports"):
        summary = stages.assess_cohort(cohort, plan, DrawnEngine)
    with _told("reports"):
        nightly._publish(out, summary, "zh")
    for file in sorted(out.rglob("*")):
        if file.is_file() and file.stat().st_size > 2**20:
            print(f"  {file.relative_to(out)} {file.stat().st_size / 2**20:,.0f} MiB")
    shutil.rmtree(options.work)


def _concluded(real, *given) -> None:  # type: ignore[no-untyped-def]
    with _told("of it the cohort stage"):
        real(*given)


if __name__ == "__main__":
    main()
