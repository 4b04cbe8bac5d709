"""A whole night of very many students without networks: time, and memory of the parent, by stage.

    python bench/fake_province.py WORK --students 100000 [--workers 2]

The engine is the one of `overhead.py`, whose evidence costs nothing; roster, files, store, cohort
stage, decisions and reports are the product's own. Seconds are of the clock; processor time is the
parent's. The peak of a stage is the parent's resident memory in it (VmHWM, set back before),
without that of the stages indented above it. At the end stand the seconds from the roster to the
last report and the parent's peak, both without the cohort stage, which has limits of its own
(`cohort_scale.py`).
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from overhead import DrawnEngine, drawn_sources

from pipeline.core.memory import give_back
from pipeline.core.policy import load_policy, load_profile
from pipeline.night import nightly, publishing
from pipeline.night import run as stages
from pipeline.night.executors.processes import Processes
from pipeline.night.intake import read_intake
from pipeline.student.measures import all_measures

COHORT = "conclude_all"
# Functions whose time and memory is told by itself, in the modules that call them.
_TOLD = (
    *((stages, name) for name in ("_enrol", "_fingerprints", "look", COHORT, "decided", "balance")),
    *((publishing, name) for name in ("_made_of",)),
)


class Course:
    """What is told as the night goes by.

    Attributes:
        spent: Seconds by stage.
        peaks: MiB by stage.
    """

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.peaks: dict[str, float] = {}
        self._open: list[str] = []

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Tell of what is done inside."""
        self._seen()
        self._open.append(what)
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        self._seen()
        self._open.pop()
        self.spent[what] = self.spent.get(what, 0.0) + wall
        print(
            f"{'  ' * len(self._open) + what:28} {wall:8.1f} s, {cpu:8.1f} s of processor,"
            f" peak {self.peaks[what]:6,.0f} MiB, now {_kilobytes('VmRSS') / 1024:6,.0f}",
            flush=True,
        )

    def _seen(self) -> None:
        """Give the peak since the last time to who is at work, and begin anew."""
        peak = _kilobytes("VmHWM") / 1024
        if self._open:
            self.peaks[self._open[-1]] = max(self.peaks.get(self._open[-1], 0.0), peak)
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def _kilobytes(key: str) -> int:
    status = Path("/proc/self/status").read_text("utf-8")
    return int(re.findall(rf"{key}:\s+(\d+) kB", status)[0])


def _telling(course: Course, name: str, real: Callable[..., Any], *given: Any) -> Any:
    with course.told(name.strip("_")):
        result = real(*given)
        if name == COHORT:
            give_back()  # as the night does at once; what it frees is not the next stage's
        return result


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--students", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    policy = load_policy(None, {"cohort": {"one_to_many": True}})
    profile = load_profile(policy.profile, set(all_measures()))
    out, course = options.work / "out", Course()
    for module, name in _TOLD:
        setattr(module, name, partial(_telling, course, name, getattr(module, name)))
    with course.told("files drawn"):
        sources = drawn_sources(options.work, options.students)
    with course.told("roster and files matched"):
        cohort = read_intake(sources, out)
    matching = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    executor = Processes(options.workers)
    plan = stages.Plan(out, policy, profile, {}, options.workers, executor)
    with course.told("night without reports"):
        summary = stages.assess_cohort(cohort, plan, DrawnEngine)
    with course.told("reports"):
        nightly._publish(out, summary, "zh")
    for file in sorted(out.rglob("*")):
        if file.is_file() and file.stat().st_size > 2**20 and file.parent == out:
            print(f"  {file.relative_to(out)} {file.stat().st_size / 2**20:,.0f} MiB")
    done = ("roster and files matched", "night without reports", "reports")
    seconds = sum(course.spent[stage] for stage in done) - course.spent[COHORT]
    peak = max(peak for stage, peak in course.peaks.items() if stage != COHORT)
    print(
        f"{options.students:,} students from the roster to the reports in {seconds:,.0f} s"
        f" ({1000 * seconds / options.students:.2f} ms a student), the parent's peak"
        f" {peak:,.0f} MiB, both without the cohort stage ({course.spent[COHORT]:,.0f} s,"
        f" {course.peaks[COHORT]:,.0f} MiB); the process that matches files {matching:,.0f} MiB"
    )
    shutil.rmtree(options.work)


if __name__ == "__main__":
    main()
