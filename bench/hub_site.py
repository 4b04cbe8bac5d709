"""A site to load: a cohort whose first night is done, and photos for a second one.

    python bench/hub_site.py WORK [--students 20000] [--further 600]

The first night's photos are lines of text that a drawn engine looks at, as in the desk's tests, so
that so many students are in the store within minutes. The further students have real pictures (the
sample's, each cut and encoded anew), which `photoproof nightly` looks at by the real networks; for
the others it finds nothing changed.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))  # first: tests has a folder `models` too

from desk_runs import drawing, photos
from PIL import Image

from pipeline.night import nightly
from pipeline.sample import sources
from pipeline.site.config import load_site
from pipeline.site.nights import work_site

COHORT = "2026"
COLLEGES = 30
HEAD = f"""name = "负载大学"
[cohorts.{COHORT}]
title = "2026届"
roster = "in/roster.csv"
photos = "in/photos"
[cohorts.{COHORT}.references]
idcard = "in/cards"
admission = "in/admission"
[nightly]
settle_minutes = 0
"""


def number(place: int) -> str:
    """A student's."""
    return f"2026{place:06}"


def roster(folder: Path, students: int) -> None:
    """The first so many students, each of one of the colleges."""
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["学号", "姓名", "学院", "班级"])
        for place in range(students):
            # Faults recur every 12 students: each college has some of every kind.
            college = f"第{place // 12 % COLLEGES + 1}学院"
            table.writerow([number(place), f"学生{place}", college, f"{place // 40}班"])


def written(folder: Path, texts: dict[int, str]) -> None:
    """Photos and references that are text."""
    for name in ("photos", "cards", "admission"):
        (folder / name).mkdir(parents=True)
    for place, text in texts.items():
        for name in ("photos", "cards", "admission"):
            (folder / name / f"{number(place)}.jpg").write_text(text)


def pictured(folder: Path, first: int, count: int) -> None:
    """Photos and cards of further students: real pictures, no two files of the same bytes."""
    known = [
        path
        for path in sources.fetch().values()
        if path.suffix.lower() in (".jpg", ".jpeg", ".png")
    ]
    opened = [Image.open(path).convert("RGB") for path in known]
    opened = [one for one in opened if max(one.size) <= 1600]
    for place in range(count):
        one = opened[place % len(opened)]
        cut = 1 + place // len(opened)
        for name, more in (("photos", 0), ("cards", 1)):
            box = (cut + more, cut, one.width - cut, one.height - cut - more)
            one.crop(box).save(folder / name / f"{number(first + place)}.jpg", quality=90)


def made(work: Path, students: int, further: int) -> None:
    """Make the site, let its first night be, and hand in what the second is to look at."""
    folder = work / "in"
    written(folder, photos(students))
    roster(folder, students)
    file = work / "photoproof.toml"
    file.write_text(HEAD, "utf-8")
    site = load_site(file)
    real = nightly.run_night
    nightly.run_night = partial(real, factory=drawing())  # type: ignore[assignment]
    began = time.perf_counter()
    (night,) = work_site(site)
    nightly.run_night = real
    print(f"first night: {night.outcome.value}, {night.students} students,", end=" ")
    print(f"{time.perf_counter() - began:.0f} s", flush=True)
    pictured(folder, students, further)
    roster(folder, students + further)
    hour_ago = time.time() - 3600
    for path in (folder / "roster.csv", folder / "photos", folder / "cards"):
        os.utime(path, (hour_ago, hour_ago))


def main() -> None:
    """Make it and print how long that took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--students", type=int, default=20_000)
    parser.add_argument("--further", type=int, default=600)
    given = parser.parse_args()
    made(given.work, given.students, given.further)


if __name__ == "__main__":
    main()
