"""Files that nobody claims and whose student the faces propose: a table to confirm, never taken."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.measurements import LIKELY_OWNER, LOOKS_LIKE_SCORE
from pipeline.core.private import make_file
from pipeline.core.types import PHOTO, Case
from pipeline.night.folder import PROPOSED
from pipeline.report.csv_report import harmless
from pipeline.store import Store

COLUMNS = ("file", "student", "sha256", "score", "name")


def write_proposals(store: Store, out: Path) -> None:
    """Write `assign.proposed.csv`, or take away an old one where nothing is proposed.

    Rows that a person confirms are given back by `--assign`.

    Raises:
        OSError: The file cannot be written.
    """
    path = out / PROPOSED
    files = [f for f in store.deliveries.left() if f.kind == PHOTO and f.fate is Fate.UNMATCHED]
    rows = proposals(store.cases(), files) if files else []
    if not rows:
        path.unlink(missing_ok=True)
        return
    make_file(path)
    with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([harmless(cell) for cell in row] for row in rows)


def proposals(
    cases: Iterable[Case], files: list[Delivered]
) -> list[tuple[str, str, str, str, str]]:
    """One file for each student without a photo whose reference a file's face is most like.

    Args:
        cases: Students, then the photos that nobody claims, in their order.
        files: Those photos' files in the same order.

    Returns:
        File, student, sha256, score and the student's name; the surest first.
    """
    names: dict[str, str] = {}
    best: dict[str, tuple[float, Delivered]] = {}
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
        if told > best.get(key, (-1.0, file))[0]:
            best[key] = told, file
    ranked = sorted(best.items(), key=lambda entry: -entry[1][0])
    return [(f.path, key, f.sha256, f"{score:.3f}", names[key]) for key, (score, f) in ranked]
