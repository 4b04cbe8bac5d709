"""Many schools' cohorts in one night, by one pool of workers: speed, memory, a broken one.


    python bench/many_schools.py WORK --fake [--schools 200] [--students 50]
    python bench/many_schools.py WORK --cohort COHORT [--schools 20] [--students 35]

With the fake engine photos are lines of text; COHORT is a folder made by
`bench/simulated_cohort.py`, whose students are dealt out. One school's roster is damaged.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import shutil
import sys
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))  # first: tests has a folder `models` too

from fakes import fake
from site_cases import deliver

from pipeline.night import nightly
from pipeline.site.config import load_site
from pipeline.site.nights import work_site
from pipeline.site.outcome import Outcome

HEAD = 'name = "Many"\nlang = "en"\n[nightly]\nsettle_minutes = 0\nworkers = {}\n'
SCHOOL = """[cohorts.s{0:03}]
title = "School {0}"
roster = "in/{0:03}/roster.csv"
photos = "in/{0:03}/photos"
"""
CARDS = '[cohorts.s{0:03}.references]\nidcard = ["in/{0:03}/cards"]\n'


def dealt(cohort: Path, folder: Path, number: int, students: int) -> None:
    """One school's share of a cohort: roster, photos and cards."""
    with (cohort / "roster.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    mine = [rows[(number * students + place) % len(rows)] for place in range(students)]
    folder.mkdir(parents=True)
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *mine])
    for kind in ("photos", "cards"):
        (folder / kind).mkdir()
        by_key = {path.stem: path for path in (cohort / kind).iterdir()}
        for row in mine:
            for cell in row:
                if path := by_key.get(cell):
                    shutil.copy2(path, folder / kind)


def resident() -> int:
    """Bytes in memory of this process and all below it, shared pages counted each time."""
    page, total, parents = resource.getpagesize(), 0, {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(process.name)] = int(fields[1]), int(fields[21]) * page
        except OSError:
            continue
    ours = {os.getpid()}
    while more := {pid for pid, (parent, _) in parents.items() if parent in ours} - ours:
        ours |= more
    for pid in ours & parents.keys():
        total += parents[pid][1]
    return total


def main() -> None:
    """Deal out, run one night, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--cohort", type=Path)
    parser.add_argument("--schools", type=int, default=200)
    parser.add_argument("--students", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    text = HEAD.format(options.workers)
    for number in range(options.schools):
        folder = options.work / "in" / f"{number:03}"
        if options.cohort:
            dealt(options.cohort, folder, number, options.students)
            text += SCHOOL.format(number) + CARDS.format(number)
        else:
            deliver(
                folder,
                {f"S{number:03}{n:03}": f"turn={n % 2 * 90}" for n in range(options.students)},
            )
            text += SCHOOL.format(number)
    broken = options.schools // 2
    (options.work / "in" / f"{broken:03}" / "roster.csv").write_bytes(b"PK\x03\x04 damaged")
    (options.work / "photoproof.toml").write_text(text, "utf-8")
    if options.fake:
        nightly.run_night = partial(nightly.run_night, factory=fake())  # type: ignore[assignment]
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            peak[0] = max(peak[0], resident())

    threading.Thread(target=watch, daemon=True).start()
    begun = time.perf_counter()
    nights = work_site(load_site(options.work / "photoproof.toml"))
    seconds = time.perf_counter() - begun
    done.set()
    outcomes = Counter(night.outcome for night in nights)
    assert [night.cohort for night in nights if night.outcome is Outcome.BROKEN] == [
        f"s{broken:03}"
    ]
    students = sum(night.students for night in nights)
    print(
        f"{len(nights)} schools, {students} students, {seconds:.1f} s: {students / seconds:.1f}/s"
    )
    print(", ".join(f"{count} {outcome.value}" for outcome, count in outcomes.items()))
    print(f"memory of all processes at its peak: {peak[0] / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
