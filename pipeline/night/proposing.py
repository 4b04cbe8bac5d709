"""Files that nobody claims and whose student the faces propose: a table to confirm, never taken."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.measurements import ALIKE, LIKELY_OWNER, LOOKS_LIKE_SCORE
from pipeline.core.scale import points
from pipeline.core.types import PHOTO, Case
from pipeline.core.words import Language, words
from pipeline.night.folder import PROPOSED
from pipeline.report.csv_report import harmless
from pipeline.report.files import replacing
from pipeline.report.score import lines_of
from pipeline.store import Store

COLUMNS = ("file", "student", "sha256", "likeness", "name")  # of `[assigned]`
Row = tuple[str, str, str, str, str]
Thresholds = Mapping[str, Mapping[str, Any]]


def write_proposals(store: Store, thresholds: Thresholds, out: Path, lang: Language) -> None:
    """Write `assign.proposed.csv`, or take away an old one where nothing is proposed.

    Rows that a person confirms are given back by `--assign`. It opens in Excel as results.csv does.

    Args:
        store: With every decision.
        thresholds: Of the run, by kind of reference.
        out: The run's folder.
        lang: Of the headers.

    Raises:
        StoreError: The file cannot be written.
        OSError: An old one cannot be taken away.
    """
    path = out / PROPOSED
    files = [f for f in store.deliveries.left() if f.kind == PHOTO and f.fate is Fate.UNMATCHED]
    rows = proposals(store.cases(), files, thresholds) if files else []
    if not rows:
        path.unlink(missing_ok=True)
        return
    write_table(rows, path, lang)


def write_table(rows: Iterable[Row], path: Path, lang: Language) -> None:
    """Write rows of `proposals`. Raises StoreError where the file cannot be written."""
    titles = words("assigned", lang)
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([titles[name] for name in COLUMNS])
        writer.writerows([harmless(cell) for cell in row] for row in rows)


def proposals(cases: Iterable[Case], files: list[Delivered], thresholds: Thresholds) -> list[Row]:
    """One file for each student without a photo whose reference a file's face is most like.

    Args:
        cases: Students, then the photos that nobody claims, in their order.
        files: Those photos' files in the same order.
        thresholds: Of the run, by kind of reference.

    Returns:
        In the order of `COLUMNS`, likeness from 0 to 100; the surest first.
    """
    names: dict[str, str] = {}
    best: dict[str, tuple[float, str, Delivered]] = {}
    strays = iter(files)
    for case in cases:
        if case.subject.student_key:
            if not case.photo:
                names[case.subject.student_key] = case.subject.name
            continue
        file, owner = next(strays, None), case.measurements.get(LIKELY_OWNER)
        score = case.measurements.get(LOOKS_LIKE_SCORE)
        if file is None or owner is None or score is None or owner.value not in names:
            continue
        key, told = str(owner.value), float(score.value or 0.0)
        if key not in best or told > best[key][0]:
            best[key] = told, _kind(case, key), file
    ranked = sorted(best.items(), key=lambda entry: -entry[1][0])
    return [
        (f.path, key, f.sha256, str(points(score, *lines_of(thresholds, kind))), names[key])
        for key, (score, kind, f) in ranked
    ]


def _kind(case: Case, student_key: str) -> str:
    """Of the student's reference that a photo of nobody's resembles; "" where that is not kept."""
    known = case.measurements.get(ALIKE)
    found = json.loads(str(known.value)) if known else []
    return next((str(kind) for key, kind, _ in found if key == student_key), "")
