"""How long the intake of a large delivery takes: files in zips in zips, names of every kind.

    python bench/intake.py [--files 20000] [--times 3] [--photos-alone] [--out FOLDER]

Drawn once: a roster, a zip a college, in it a zip a class with GBK names, in it the photos, and as
many references in folders. What is timed is `photoproof intake`'s reading, in this process: roster,
directories, names, choices, the balance. No pixel and no file's content is looked at but a clash's.
Printed are seconds on the clock and of the processor, by try, and the machine's load before.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from deliveries import BY_NAME, BY_NUMBER, Student, students  # noqa: E402

from pipeline.source import gather  # noqa: E402
from pipeline.source.balance import balance  # noqa: E402


def named(student: Student, rng: random.Random, alone: bool) -> str:
    """A file's name, in one of the ways that the tests know."""
    ways = BY_NUMBER + BY_NAME if alone else BY_NUMBER
    return f"{rng.choice(ways)(student, rng)}.jpg"


def draw(folder: Path, files: int) -> None:
    """The delivery: `roster.csv`, `photos/` and `cards/`."""
    rng = random.Random(14)  # noqa: S311 - a simulation
    people = students(rng, files)
    known: defaultdict[str, int] = defaultdict(int)
    for one in people:
        known[one.name] += 1
    lines = ["学号,考生号,姓名,院系,专业,班级"]
    classes: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for one in people:
        lines.append(
            ",".join((one.number, one.candidate, one.name, one.college, one.major, one.group))
        )
        classes[one.college, one.group][named(one, rng, known[one.name] == 1)] = None
    (folder / "roster.csv").write_text("\n".join(lines), "utf-8")
    (folder / "photos").mkdir()
    colleges: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
    for (college, group), names in classes.items():
        colleges[college][f"{group}.zip"] = inner(list(names))
    for college, archives in colleges.items():
        with zipfile.ZipFile(folder / "photos" / f"{college}.zip", "w") as outer:
            for name, data in archives.items():
                outer.writestr(name, data)
    (folder / "cards").mkdir()
    for one in people:
        (folder / "cards" / f"{one.number}.jpg").write_bytes(b"card")


def inner(names: list[str]) -> bytes:
    """A zip as Chinese Windows writes it, of small files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(Unmarked(name), name)
    return out.getvalue()


class Unmarked(zipfile.ZipInfo):
    """A member whose name is GBK, without the mark that says UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the library's name
        return self.filename.encode("gb18030"), self.flag_bits & ~0x800


def main() -> None:
    """Draw, or take what lies there, and tell the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--photos-alone", action="store_true", help="without references")
    parser.add_argument("--out", type=Path, help="keep the delivery there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.out or Path(scratch)
        if not (folder / "roster.csv").exists():
            folder.mkdir(parents=True, exist_ok=True)
            draw(folder, options.files)
        for _ in range(options.times):
            load, clock, cpu = os.getloadavg()[0], time.perf_counter(), time.process_time()
            references = {} if options.photos_alone else {"idcard": [folder / "cards"]}
            told = balance(gather(folder / "roster.csv", [folder / "photos"], references))
            others = told["files"].get("idcard", {"found": 0})["found"]
            print(
                f"{told['files']['photo']['found']} photos in nested zips,"
                f" {others} references in a folder:"
                f" {time.perf_counter() - clock:.1f} s, {time.process_time() - cpu:.1f} s of the"
                f" processor (load {load:.1f} before); {told['with_photo']} with a photo",
                flush=True,
            )


if __name__ == "__main__":
    main()
