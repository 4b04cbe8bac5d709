"""All that the commands write about the sample cohort, as text that can be compared.

`python tests/written.py` takes it anew into `tests/golden/written`; read the diff before you
believe it. Left out is what differs between two runs (times, versions, pictures' bytes, random
names), and styles and scripts, which are files of the project.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from pipeline.sample import sources
from pipeline.sample.cohort import SampleCohort, build

GOLDEN = Path(__file__).parent / "golden" / "written"
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
TOLERANCE = 0.002  # of a number, of 1 where it is smaller: processors round sums differently
_HIDDEN = (
    (r"(?s:<style>.*?</style>|<script>.*?</script>)", "<source>"),
    (r"sha256-[A-Za-z0-9+/]{43}=", "<source>"),
    (r"(data:image/\w+;base64,)?/9j/[A-Za-z0-9+/=]{100,}", "<picture>"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\+\d\d:\d\d)?( UTC| [+-]\d{4})?", "<time>"),
    (r'("(?:seconds|students_per_second|decode|orient|quality|compare)": )[\d.]+', r"\1<seconds>"),
    (r'"(?:versions|stages)": \{[^}]*\}', "<machine>"),
    (r'("(?:instructions|identity|run)": ?)("[^"]*"|\[[^\]]*\])', r"\1<machine>"),
    (r"<svg[^>]*><title>(各阶段用时|Seconds per stage).*?</svg>", "<stages>"),
    (r"avx512|avx2|sse41|sse42", "<machine>"),
    (r"(\d+ (min|分) )?\d+(\.\d+)? (students/s|人/秒|ms|s|秒)\b", "<speed>"),
)


def photoproof(*arguments: str | Path, code: int = 0, spoken: str = "C.UTF-8") -> str:
    """A command's standard output, in the language of a locale."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1", "LC_ALL": spoken},
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Night:
    """A night over the sample cohort.

    Attributes:
        out: What it has written.
        said: Its standard output, in Chinese.
    """

    out: Path
    said: str


def night(sample: SampleCohort, folder: Path) -> Night:
    """A night by the command, with two workers; one that is in the folder already is given back."""
    said = folder / "said"
    if not said.exists():
        arguments = (*options(sample), "--out", folder / "out")
        told = photoproof("run", *arguments, spoken="zh_CN.UTF-8")
        said.write_text(told, "utf-8")
    return Night(folder / "out", said.read_text("utf-8"))


def everything(sample: SampleCohort, made: Night, folder: Path) -> dict[str, str]:
    """What each command writes, by name.

    Args:
        sample: The cohort.
        made: The night over it.
        folder: For what is written of a copy of the night.
    """
    out = shutil.copytree(made.out, folder / "out")
    said = {"run.out": made.said, **dict(_files("run", out))}
    english = ("--policy", sample.policy, "--lang", "en")
    said["decide.out"] = photoproof("decide", out, *english)
    said |= dict(_files("decide", out))
    photos = sorted(path for path in sample.photos.rglob("*") if path.is_file())
    said["check.json"] = photoproof("check", *photos, "--json", code=18)
    said["profile.out"] = photoproof("profiles", "show", "chsi-graduation")
    places = made.out.parent, folder, sample.root.parent
    return {name: _plain(text, places) for name, text in said.items()}


def differences(one: str, other: str) -> list[str]:
    """Lines that differ by more than the last digits of a number."""
    ours, theirs = one.splitlines(), other.splitlines()
    if len(ours) != len(theirs):
        return [f"{len(ours)} lines, {len(theirs)} lines"]
    return [f"{a}\n{b}" for a, b in zip(ours, theirs, strict=True) if not _alike(a, b)]


def _alike(one: str, other: str) -> bool:
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(map(float, NUMBER.findall(one)), map(float, NUMBER.findall(other)), strict=True)
    return all(abs(a - b) <= TOLERANCE * max(1.0, abs(a)) for a, b in pairs)


def options(sample: SampleCohort) -> list[str | Path]:
    """Of a night over the sample cohort, but for its `--out`."""
    return [
        *("--roster", sample.roster, "--photos", sample.photos),
        *("--references", f"idcard={sample.idcards}"),
        *("--references", f"admission={sample.admission}"),
        *("--policy", sample.policy, "--workers", "2"),
    ]


def _files(command: str, out: Path) -> Iterator[tuple[str, str]]:
    for name in ("results.csv", "report.html", "run.json"):
        yield f"{command}.{name}", (out / name).read_text("utf-8-sig")
    yield f"{command}.report.xlsx.txt", "\n".join(_cells(out / "report.xlsx"))


def _cells(path: Path) -> Iterator[str]:
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        yield f"[{sheet.title}] {len(getattr(sheet, '_images', ()))} pictures"
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    yield f"{cell.coordinate} {cell.value!r}"


def _plain(text: str, folders: Iterable[Path]) -> str:
    for folder in folders:
        text = text.replace(str(folder), "<folder>")
    for pattern, instead in _HIDDEN:
        text = re.sub(pattern, instead, text)
    return text


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        made = build(place / "cohort", sources.fetch())
        again = place / "again"
        for file, text in everything(made, night(made, place / "night"), again).items():
            (GOLDEN / file).write_text(text, "utf-8")
