"""A night on Ray beside one in processes: speed in turn, the same results, and what is sent.

    python bench/ray_night.py COHORT WORK [--rounds 3] [--workers 2] [--students 702]

COHORT is a folder made by `bench/simulated_cohort.py`. Each round runs every student anew: in
processes, on Ray's actors on this machine, and on them with the files carried to them.
"""

from __future__ import annotations

import argparse
import pickle
import shutil
import statistics
import time
from pathlib import Path

from models import manifest
from pipeline.core.policy import load_policy, load_profile
from pipeline.core.types import Cohort
from pipeline.night.executors import Executor
from pipeline.night.executors.afar import afar_of
from pipeline.night.executors.cluster import Cluster
from pipeline.night.executors.on_ray import OnRay
from pipeline.night.executors.processes import Processes
from pipeline.night.nightly import run_night
from pipeline.source import gather


def night(cohort: Cohort, out: Path, executor: Executor, workers: int) -> tuple[float, bytes]:
    """Seconds of a night from nothing, reports included, and its results.csv."""
    shutil.rmtree(out, ignore_errors=True)
    policy = load_policy()
    names = policy.comparison.recognisers
    begun = time.perf_counter()
    outputs = run_night(
        *(cohort, out, policy, load_profile(policy.profile)),
        digests=manifest.expected(names),
        workers=workers,
        executor=executor,
    )
    return time.perf_counter() - begun, outputs.csv.read_bytes()


def sent(cohort: Cohort) -> float:
    """Bytes that are carried to a node, over the bytes of the files."""
    policy = load_policy()
    carry = afar_of(policy.input, policy.comparison.recognisers, {}).carry
    files = [file for job in cohort.jobs for file in [job.photo, *(r.file for r in job.references)]]
    whole = sum(len(file.read_bytes(policy.input.max_bytes)) for file in files if file)
    return sum(len(pickle.dumps(carry(job))) for job in cohort.jobs) / whole


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cohort", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--students", type=int, default=702)
    options = parser.parse_args()
    folder = options.cohort
    cohort = gather(
        folder / "roster.csv", [folder / "photos"], {"idcard": [folder / "cards"]}, None
    )
    cohort = Cohort(cohort.jobs[: options.students])
    n = options.workers
    ways: dict[str, Executor] = {
        "processes": Processes(n),
        "ray": OnRay(Cluster(cores=n)),
        "carried": OnRay(Cluster(cores=n, carried=True)),
    }
    print(f"carried: {sent(cohort):.3f} of the files' bytes, {len(cohort.jobs)} students")
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(options.rounds):
        results = set()
        for way, executor in ways.items():
            seconds, csv = night(cohort, options.work / way, executor, n)
            taken[way].append(seconds)
            results.add(csv)
            print(f"{way:10} {seconds:6.1f} s  {len(cohort.jobs) / seconds:5.1f} students/s")
        print("results.csv", "equal" if len(results) == 1 else "DIFFER", flush=True)
    base = statistics.median(taken["processes"])
    for way in ("ray", "carried"):
        print(f"{way}: {base / statistics.median(taken[way]):.2f} of the speed of processes")


if __name__ == "__main__":
    main()
