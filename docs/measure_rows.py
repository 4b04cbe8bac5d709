"""Writes the rows that a new measure lacks: `make rows`.

Its row in `docs/measures.md` begins with what its file says of itself. Its golden rows have the
values of three sample pictures. Both are a draft: read the diff, and say more where you can.
"""

from __future__ import annotations

import csv
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipeline.assurance.regress.golden import SHIPPED, written
from pipeline.core.policy import load_policy
from pipeline.core.types import ImageFile, Job, Measurement, Subject
from pipeline.sample import sources
from pipeline.student.examiner import NetworkEngine
from pipeline.student.measures import Measure, all_measures

TABLE = Path(__file__).parent / "measures.md"
PICTURES = "hopper", "maher", "rocket"  # two portraits, and a picture without a face
FIRST_ROW = "| `"
TOLERANCE = 0.002  # of a value, of 1 where it is smaller: docs/regress.md says why


def described(measure: Measure) -> str:
    """The line of the table in `docs/measures.md`; what a person knows better is left plain."""
    module = sys.modules[measure.function.__module__]
    what = (module.__doc__ or "").split("\n\n")[0].replace("\n", " ").rstrip(".")
    codes = ", ".join(f"`{code}`" for code in dict.fromkeys((measure.below, measure.above)))
    limit, source = f"`limits.{measure.name}`", f"docstring of `{measure.name}.py`"
    unit = measure.unit or "none"
    return f"{FIRST_ROW}{measure.name}` | {what} | {unit} | any | {limit} | {codes} | {source} |"


def describe(table: Path) -> list[str]:
    """Write a line for every measure that has none, in alphabetical order; returns their names."""
    lines = table.read_text("utf-8").splitlines(keepends=True)
    rows = {line.split("`")[1]: line for line in lines if line.startswith(FIRST_ROW)}
    lacking = [name for name in sorted(all_measures()) if name not in rows]
    rows |= {name: described(all_measures()[name]) + "\n" for name in lacking}
    first = next(n for n, line in enumerate(lines) if line.startswith(FIRST_ROW))
    others = [line for line in lines if not line.startswith(FIRST_ROW)]
    table.write_text(
        "".join([*others[:first], *(rows[n] for n in sorted(rows)), *others[first:]]), "utf-8"
    )
    return lacking


def golden_row(image: str, found: Measurement, today: str) -> tuple[str, ...]:
    """The line of `measures.csv` that holds what was found."""
    size = abs(found.value) if isinstance(found.value, float | int) else None
    tolerance = "" if size is None else f"{TOLERANCE * max(1.0, size):.2g}"
    why = f"as measured on {today}" if found.value is not None else found.error or "does not apply"
    return image, found.name, written(found.value), tolerance, why


def measure_golden(golden: Path) -> list[str]:
    """Append rows for every measure that has none, and raise the floor of rows by as many."""
    path, floors = golden / "measures.csv", golden / "floors.toml"
    with path.open(encoding="utf-8", newline="") as file:
        lacking = sorted(set(all_measures()) - {row["measure"] for row in csv.DictReader(file)})
    if not lacking:
        return []
    today, fetched = f"{datetime.now(UTC):%Y-%m-%d}", sources.fetch()
    engine, rows = NetworkEngine(load_policy().input), []
    try:
        for image in PICTURES:
            job = Job(Subject(image, 0), ImageFile(fetched[image]))
            found = {one.name: one for one in engine.assess(job).measurements}
            rows += [golden_row(image, found[name], today) for name in lacking]
    finally:
        engine.close()
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    text = floors.read_text("utf-8")
    counted = re.compile(r"(?<=trials_at_least = )\d+")  # the first one is of the rows
    floors.write_text(counted.sub(lambda m: str(int(m[0]) + len(rows)), text, count=1), "utf-8")
    return lacking


def main() -> None:
    """Write what is lacking and say for which measures."""
    for place, names in (("measures.md", describe(TABLE)), ("golden", measure_golden(SHIPPED))):
        sys.stdout.write(f"{place}: {', '.join(names) or 'nothing was lacking'}\n")


if __name__ == "__main__":
    main()
