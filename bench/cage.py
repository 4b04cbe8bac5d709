"""What the workers' cage costs: the same students with it and without, in turn.

    python bench/cage.py COHORT [--students 150] [--rounds 5] [--workers 2]

COHORT is a folder made by `bench/simulated_cohort.py`. Counted is the workers' processor time,
their start included, which other programs on the machine disturb less than they do a clock.
"""

from __future__ import annotations

import argparse
import resource
import statistics
from functools import partial
from pathlib import Path

from models.manifest import DEFAULT_RECOGNISERS
from pipeline.core.cage import bars
from pipeline.core.policy import load_policy
from pipeline.night.executors.assessing import assessing, files_of
from pipeline.night.executors.processes import Processes
from pipeline.source import gather
from pipeline.student.engine import network_engine


def processor_seconds() -> float:
    """Of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--students", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    folder = options.cohort
    cohort = gather(
        folder / "roster.csv", [folder / "photos"], {"idcard": [folder / "cards"]}, None
    )
    jobs = [(job.subject.student_key, job) for job in cohort.jobs[: options.students]]
    factory = partial(network_engine, load_policy().input, DEFAULT_RECOGNISERS)
    taken: dict[str, list[float]] = {"free": [], "caged": []}
    for _ in range(options.rounds):
        for name, reads in (("free", None), ("caged", files_of(cohort))):
            before = processor_seconds()
            seen = sum(
                1 for _ in Processes(options.workers).work_off(jobs, assessing(factory, reads))
            )
            taken[name].append((processor_seconds() - before) / seen * 1000)
            print(f"{name:6} {taken[name][-1]:.1f} ms of processor a student ({seen})", flush=True)
    free, caged = (statistics.median(taken[name]) for name in ("free", "caged"))
    print(f"{', '.join(bars())}: {100 * (caged / free - 1):+.1f} % ({options.rounds} rounds)")


if __name__ == "__main__":
    main()
