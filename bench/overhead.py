"""What a night costs beside the networks: store, cohort stage, decisions and reports.

    python bench/overhead.py [--students 20000] [--workers 2]

The engine is a fake one whose evidence is drawn at random in no time, as large as the real one's;
files are a few bytes. All else is the product's own: the worker processes, the store, thresholds
from the cohort, swaps and copies, decisions, reports, and the same run again over unchanged files,
at last as the whole command that somebody types.
"""

from __future__ import annotations

import argparse
import csv
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from models import manifest
from pipeline.cohort import conclude as across
from pipeline.core.policy import Policy, load_policy, load_profile
from pipeline.core.types import (
    PHOTO,
    Cohort,
    Comparison,
    Evidence,
    Floats,
    Job,
    Measurement,
    Value,
)
from pipeline.night import nightly
from pipeline.night import run as stages
from pipeline.night.folder import DATABASE
from pipeline.night.intake import Sources, read_intake
from pipeline.night.tally import decide_all
from pipeline.store import Store
from pipeline.student.measures import all_measures

_ROSTER = 250_000  # students a roster: below what a table of people may have
_FAULTY = 0.08  # share of students whose photo stands on its head
# What the policy says else than the shipped one: one-to-many search on, and templates kept for the
# second run.
_POLICY = "[cohort]\none_to_many = true\n[privacy]\nkeep_templates = true\n"
_TIMES = 7  # the command is given so often; told are the median and the range


class DrawnEngine:
    """Evidence of a person who exists only as a random vector."""

    def __init__(self) -> None:
        self._sound = tuple(Measurement(name, value) for name, value in _sound_values().items())
        noise = np.random.default_rng(0).integers(0, 255, (40, 30, 3), dtype=np.uint8)
        picture = cv2.resize(noise, (240, 320))
        self._jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1].tobytes()

    def assess(self, job: Job) -> Evidence:
        """Measures of every name, a template a picture, two thumbnails."""
        random = np.random.default_rng(zlib.crc32(job.subject.student_key.encode()))
        face = random.normal(size=128)
        vectors = {role: _unit(face + 0.7 * random.normal(size=128)) for role in (PHOTO, "idcard")}
        word = f"{int(random.integers(1 << 62)):016x}"
        seen = (
            *job.facts,
            *self._sound,
            Measurement("exif_orientation", 1.0),
            Measurement("faces_found", 1.0),
            Measurement("turn_cw", 180.0 if random.random() < _FAULTY else 0.0, "°"),
            Measurement("turn_confidence", 1.0),
            Measurement("roll_deg", 0.0, "°"),
            Measurement("photo_hash", word),
            Measurement("photo_hash_mirrored", word[::-1]),
        )
        score = float(vectors[PHOTO] @ vectors["idcard"])
        compared = Comparison("idcard", score, "drawn", slot="idcard")
        pictures = {PHOTO: self._jpeg, "idcard": self._jpeg}
        return Evidence(seen, (compared,), f"{zlib.crc32(word.encode()):064x}", pictures, vectors)

    def start(self) -> None:
        """Nothing to prove."""

    def close(self) -> None:
        """Nothing to release."""


def drawn_sources(folder: Path, students: int) -> Sources:
    """Students with two small files each, and their rosters."""
    places = [folder / "photos", folder / "cards"]
    for place in places:
        place.mkdir(parents=True)
    rosters = []
    for first in range(0, students, _ROSTER):
        rosters.append(folder / f"roster{first or ''}.csv")
        with rosters[-1].open("w", encoding="utf-8", newline="") as out:
            roster = csv.writer(out)
            roster.writerow(("学号", "姓名", "学院"))
            for number in range(first, min(first + _ROSTER, students)):
                name = f"{20260000000 + number}"
                roster.writerow((name, f"学生{number}", "计算机学院"))
                for place in places:
                    (place / f"{name}.jpg").write_bytes(name.encode())
    return Sources(rosters, places[:1], {"idcard": places[1:]})


def drawn_cohort(folder: Path, students: int) -> Cohort:
    """The cohort of `drawn_sources`."""
    return read_intake(drawn_sources(folder, students), None)


def policy_in(folder: Path) -> Policy:
    """The bench's policy, as a file too."""
    (folder / "policy.toml").write_text(_POLICY, "utf-8")
    return load_policy(folder / "policy.toml")


def _sound_values() -> dict[str, Value]:
    """A value within the shipped profile's limit for every measure."""
    profile = load_profile(load_policy().profile, set(all_measures()))
    values: dict[str, Value] = {}
    for name, measure in all_measures().items():
        limit = profile.limits.get(name)
        if limit is None:
            values[name] = 0.5
        elif limit.near or limit.allowed:
            values[name] = (limit.near or limit.allowed)[0]
        else:
            ends = [end for end in (limit.min, limit.max) if end is not None]
            frame = profile.frame
            per = {"": 1, "width": frame.width_px, "height": frame.height_px} if frame else {}
            values[name] = sum(ends) / len(ends) / per.get(measure.per, 100)
    return values


def _unit(vector: np.ndarray) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@contextmanager
def _told(what: str, students: int) -> Iterator[None]:
    start, cpu = time.perf_counter(), time.process_time()
    yield
    wall, spent = time.perf_counter() - start, time.process_time() - cpu
    print(f"{what:42} {wall:7.2f} s wall {spent:7.2f} s CPU {students / wall:9,.0f} students/s")


def _night(folder: Path, workers: int) -> list[str]:
    """The night that was just done, as a command."""
    places = ("--photos", f"{folder}/photos", "--references", f"idcard={folder}/cards")
    files = ("--roster", f"{folder}/roster.csv", "--policy", f"{folder}/policy.toml")
    return ["run", *files, *places, "--out", f"{folder}/out", "--workers", str(workers)]


def _command(what: str, arguments: list[str]) -> None:
    """Give a command `_TIMES` times, each in a process of its own, after once for its caches."""
    seconds = []
    for _ in range(_TIMES + 1):
        start = time.perf_counter()
        command = [sys.executable, "-m", "pipeline", *arguments]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
        seconds.append(time.perf_counter() - start)
    middle, low, high = statistics.median(seconds[1:]), min(seconds[1:]), max(seconds[1:])
    print(f"{what:42} {middle:7.2f} s wall, {low:.2f} to {high:.2f} in {_TIMES}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    count = options.students
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        policy = policy_in(folder)
        profile = load_profile(policy.profile, set(all_measures()))
        digests = manifest.expected(policy.comparison.recognisers)
        cohort = drawn_cohort(folder, count)
        plan = stages.Plan(folder / "out", policy, profile, digests, options.workers)
        with _told("first run, without reports", count):
            summary = stages.assess_cohort(cohort, plan, DrawnEngine)
        with _told("again, nothing changed", count):
            stages.assess_cohort(cohort, plan, DrawnEngine)
        with Store(folder / "out" / DATABASE) as store:
            with _told("cohort stage", count):
                across.conclude_all(store, policy)
            judged, _ = across.effective(store, policy)
            with _told("decisions, as before", count):
                decide_all(store, judged, profile)
            store.db.execute("DELETE FROM decision")
            with _told("decisions, all new", count):
                decide_all(store, judged, profile)
        with _told("reports: csv, html, xlsx", count):
            nightly._publish(folder / "out", summary, "zh")
        for who, whose in (("parent", resource.RUSAGE_SELF), ("worker", resource.RUSAGE_CHILDREN)):
            print(f"peak memory of the {who}: {resource.getrusage(whose).ru_maxrss / 1024:.0f} MiB")
        sizes = {f.name: f.stat().st_size / 2**20 for f in (folder / "out").iterdir()}
        print({name: f"{size:.0f} MiB" for name, size in sorted(sizes.items())})
        _command("the unchanged night, whole command", _night(folder, options.workers))
        _command("photoproof --help", ["--help"])


if __name__ == "__main__":
    main()
