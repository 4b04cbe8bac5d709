"""One run over all that is hostile, beside sound students: times, memory, and that none is harmed.

    python tests/hostile/beside_sound.py WORK [--students 60] [--workers 2]

WORK is made anew. The sound students are the sample's portraits, each a little lighter or darker,
as photo and as reference; they are looked at alone first. Printed is what both runs took.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parents[1]))

from hostile import archives, pictures  # noqa: E402
from pipeline.sample import sources  # noqa: E402

# The requirement: the sound students alone, thrice, and so many seconds a hostile picture.
TIMES, SECONDS_EACH, MOST_MEMORY = 3, 20, 4 * 10**9


@dataclass(frozen=True)
class Took:
    """One run: seconds, bytes of all its processes at their peak, and its rows by student."""

    seconds: float
    memory: int
    code: int
    said: str
    rows: dict[str, dict[str, str]]


def sound(folder: Path, students: int) -> None:
    fetched = sources.fetch()
    portraits = [fetched[name] for name in sorted(sources.pictures())]
    faces = [Image.open(path).convert("RGB") for path in portraits]
    for number in range(students):
        fitted = ImageOps.fit(faces[number % len(faces)], (480, 640))
        for kind, light in (("photos", 1.0), ("cards", 0.97)):
            shown = ImageEnhance.Brightness(fitted).enhance(light + number / 1000)
            shown.save(folder / kind / f"S{number:05}.jpg", quality=90)


def roster(folder: Path, keys: list[str]) -> None:
    lines = ["学号,姓名", *(f"{key},某{number}" for number, key in enumerate(keys))]
    (folder / "roster.csv").write_text("\n".join(lines), "utf-8")


def took(folder: Path, out: Path, workers: int) -> Took:
    command = [sys.executable, "-m", "pipeline", "run", "--out", str(out)]
    command += ["--roster", str(folder / "roster.csv"), "--photos", str(folder / "photos")]
    command += ["--references", f"idcard={folder / 'cards'}", "--workers", str(workers)]
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HERE.parents[1]
    )
    peak = [0]
    watcher = threading.Thread(target=watch, args=(process, peak))
    watcher.start()
    said, _ = process.communicate()
    seconds = time.monotonic() - start
    watcher.join()
    rows = {}
    if (out / "results.csv").exists():
        with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = {row["subject_id"]: row for row in csv.DictReader(file) if row["subject_id"]}
    return Took(seconds, peak[0], process.returncode, said, rows)


def watch(process: subprocess.Popen[str], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(memory_of, family(process.pid))))
        time.sleep(0.05)


def family(pid: int) -> list[int]:
    try:
        own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(each for child in own for each in family(int(child)))]


def memory_of(pid: int) -> int:
    """Bytes of a process, what it shares with others counted in part."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def both(work: Path, students: int, workers: int, tell: Callable[[str], object]) -> list[str]:
    """Run the sound alone and beside the hostile; what falls short, in words."""
    shutil.rmtree(work, ignore_errors=True)
    folder = work / "cohort"
    for kind in ("photos", "cards"):
        (folder / kind).mkdir(parents=True)
    sound(folder, students)
    keys = [f"S{number:05}" for number in range(students)]
    roster(folder, keys)
    alone = took(folder, work / "alone", workers)
    tell(f"{students} sound alone: {alone.seconds:.1f} s, {alone.memory / 1e9:.2f} GB")
    made = pictures.make(folder / "photos", lambda number: f"H{number:05}")
    names = archives.make(folder / "photos")
    for key in made:
        shutil.copy(folder / "cards/S00000.jpg", folder / "cards" / f"{key}.jpg")
    roster(folder, [*keys, *made])
    beside = took(folder, work / "beside", workers)
    tell(
        f"beside {len(made)} hostile pictures and {len(names)} archives:"
        f" {beside.seconds:.1f} s, {beside.memory / 1e9:.2f} GB"
    )
    short = []
    if beside.code != 0 or "Traceback" in beside.said:
        short.append(f"the run ended with {beside.code}: {beside.said[-2000:]}")
    for key, name in made.items():
        row = beside.rows.get(key, {})
        tell(f"  {name:34} {row.get('decision', 'no row'):7} {row.get('reasons', '')[:70]}")
        if row.get("decision") not in ("FLAG", "REVIEW"):
            short.append(f"{name} came to {row.get('decision')}")
    short += [
        f"{key} was harmed: {what} {beside.rows.get(key, {}).get(what)}"
        for key in keys
        for what in ("decision", "reasons")
        if alone.rows[key][what] != beside.rows.get(key, {}).get(what)
    ]
    short += [f"{name} is not named" for name in names if name not in beside.said]
    if beside.seconds > TIMES * alone.seconds + SECONDS_EACH * len(made):
        short.append(f"it took {beside.seconds:.0f} s")
    if beside.memory > MOST_MEMORY:
        short.append(f"it took {beside.memory / 1e9:.2f} GB")
    return short


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    short = both(options.work, options.students, options.workers, print)
    sys.exit("\n".join(short) or 0)


if __name__ == "__main__":
    main()
