"""Are two pictures told to show one person? Labelled pairs tell how often that is wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from pipeline.assurance.evaluate.plots import det_chart, score_chart
from pipeline.assurance.evaluate.rates import (
    TARGETS,
    Miss,
    Pairs,
    enough,
    equal_error_rate,
    fnmr_at,
    subject_indices,
)
from pipeline.assurance.evaluate.tables import (
    Row,
    make_folder,
    read_rows,
    write_json,
    write_rows,
    write_text,
)
from pipeline.assurance.evaluate.workers import (
    Failure,
    Locator,
    LocatorFactory,
    OnProgress,
    need_folder,
    networks,
    opened,
    spread,
)
from pipeline.core.policy import InputLimits
from pipeline.core.types import Floats
from pipeline.student.compare import score
from pipeline.student.decode import UnreadableError

NO_FACE = "no face was found in it"
COLUMNS = ("path_a", "path_b", "same")
_SUBJECTS = ("subject_a", "subject_b")
# File names that begin with the person: LFW's `Name_0001.jpg`, London's `L001_neutral.jpg`.
_NAMED = (re.compile(r"(.+)_\d{4}"), re.compile(r"([A-Za-z]\d+)_.+"))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures and whether they show one person."""

    path_a: str
    path_b: str
    same: bool
    subject_a: str
    subject_b: str


def evaluate(
    pairs_file: Path,
    root: Path,
    out: Path,
    limits: InputLimits,
    *,
    workers: int = 1,
    on_progress: OnProgress = lambda *_: None,
    factory: LocatorFactory | None = None,
) -> dict[str, Any]:
    """Score every pair; write metrics.json, scores.csv, failures.csv, det.svg and scores.svg.

    Every distinct picture is looked at once. The plots need mated and non-mated scores.

    Args:
        pairs_file: CSV with `path_a`, `path_b` (relative to `root`), `same` (1 or 0) and perhaps
            `subject_a`, `subject_b`; without these the subject is `subject_of` the path.
        root: Folder of the pictures.
        out: Folder to write into.
        limits: What the decoder is willing to open.
        workers: Processes.
        on_progress: Called with pictures done and pictures in all.
        factory: Another engine than the networks that compare by SFace.

    Returns:
        What is in metrics.json.

    Raises:
        ConfigError: The pairs are missing or malformed.
        SourceError: `root` is no folder, or a worker process died.
        StoreError: `out` cannot be written.
    """
    pairs = read_pairs(pairs_file)
    need_folder(root)
    make_folder(out)
    paths = list(dict.fromkeys(path for pair in pairs for path in (pair.path_a, pair.path_b)))
    embed = partial(template_of, root=root, limits=limits)
    seen = spread(embed, paths, factory or networks(limits), workers, on_progress)
    failures = [found for found in seen if isinstance(found, Failure)]
    templates = {
        path: found
        for path, found in zip(paths, seen, strict=True)
        if not isinstance(found, Failure)
    }
    scores = [_score(pair, templates) for pair in pairs]
    metrics = _metrics(pairs, scores, len(paths), failures)
    write_json(out / "metrics.json", metrics)
    write_rows(out / "scores.csv", (*COLUMNS, "score"), map(_line, pairs, scores))
    write_rows(out / "failures.csv", ("path", "reason"), ((f.path, f.reason) for f in failures))
    _draw(out, *_completed(pairs, scores), metrics)
    return metrics


def read_pairs(path: Path) -> list[Pair]:
    """The labelled pairs of a CSV file.

    Raises:
        ConfigError: Naming the file, the line and the column.
    """
    return [_pair(row) for row in read_rows(path, COLUMNS)]


def subject_of(path: str) -> str:
    """The person by the file name: `Name_0001.jpg` is Name, `L001_neutral.jpg` is L001.

    Any other name stands for a person of its own.
    """
    stem = PurePosixPath(path).stem
    return next((match[1] for rule in _NAMED if (match := rule.fullmatch(stem))), path)


def template_of(locator: Locator, path: str, root: Path, limits: InputLimits) -> Floats | Failure:
    """The face template of one picture, of unit length; runs in a worker process."""
    try:
        template = locator.template(opened(root / path, limits))
    except UnreadableError as error:
        return Failure(path, str(error))
    return Failure(path, NO_FACE) if template is None else template


def _pair(row: Row) -> Pair:
    same = row.one_of("same", ("1", "0"))[0] == "1"
    path_a, path_b = row.filled("path_a"), row.filled("path_b")
    if all(column in row.cells for column in _SUBJECTS):
        subject_a, subject_b = (row.filled(column) for column in _SUBJECTS)
    else:
        subject_a, subject_b = subject_of(path_a), subject_of(path_b)
    return Pair(path_a, path_b, same, subject_a, subject_b)


def _score(pair: Pair, templates: Mapping[str, Floats]) -> float | None:
    if pair.path_a not in templates or pair.path_b not in templates:
        return None
    return score(templates[pair.path_a], templates[pair.path_b])


def _line(pair: Pair, value: float | None) -> tuple[object, ...]:
    return pair.path_a, pair.path_b, int(pair.same), "" if value is None else f"{value:.6f}"


def _completed(pairs: Sequence[Pair], scores: Sequence[float | None]) -> tuple[Pairs, Pairs]:
    """Mated and non-mated comparisons that have a score."""
    numbers = subject_indices([name for p in pairs for name in (p.subject_a, p.subject_b)])
    done = [(p, s) for p, s in zip(pairs, scores, strict=True) if s is not None]

    def of(same: bool) -> Pairs:
        chosen = [(p, s) for p, s in done if p.same is same]
        return Pairs(
            np.array([s for _, s in chosen], dtype=np.float64),
            np.array([numbers[p.subject_a] for p, _ in chosen], dtype=np.int64),
            np.array([numbers[p.subject_b] for p, _ in chosen], dtype=np.int64),
        )

    return of(True), of(False)


def _metrics(
    pairs: Sequence[Pair],
    scores: Sequence[float | None],
    pictures: int,
    failures: Sequence[Failure],
) -> dict[str, Any]:
    mated, non_mated = _completed(pairs, scores)
    subjects = len({name for p in pairs for name in (p.subject_a, p.subject_b)})
    both = mated.scores.size and non_mated.scores.size
    reasons = Counter("no_face" if f.reason == NO_FACE else "unreadable" for f in failures)
    return {
        "mated": int(mated.scores.size),
        "non_mated": int(non_mated.scores.size),
        "failures": sum(value is None for value in scores),
        "fta": {
            "pictures": pictures,
            "no_face": reasons["no_face"],
            "unreadable": reasons["unreadable"],
            "rate": len(failures) / pictures,
        },
        "subjects": subjects,
        "fnmr": [_entry(mated, non_mated, fmr, subjects) for fmr in TARGETS],
        "eer": equal_error_rate(mated.scores, non_mated.scores) if both else None,
    }


def _entry(mated: Pairs, non_mated: Pairs, fmr: float, subjects: int) -> dict[str, Any]:
    trials = non_mated.scores.size
    if not mated.scores.size or not enough(trials, fmr):
        why = (
            "no mated comparison was completed"
            if not mated.scores.size
            else f"{trials} non-mated comparisons; {round(1 / fmr)} are needed"
        )
        nothing = dict.fromkeys(("threshold", "fnmr", "interval", "missed"))
        return {"fmr": fmr, **nothing, "why": why}
    miss = fnmr_at(mated, non_mated, fmr, subjects)
    return {
        "fmr": fmr,
        "threshold": miss.threshold,
        "fnmr": miss.fnmr,
        "interval": list(miss.interval),
        "missed": miss.missed,
    }


def _draw(out: Path, mated: Pairs, non_mated: Pairs, metrics: Mapping[str, Any]) -> None:
    if not (mated.scores.size and non_mated.scores.size):
        return
    misses = [
        Miss(e["fmr"], e["threshold"], e["missed"], e["fnmr"], tuple(e["interval"]))
        for e in metrics["fnmr"]
        if e["fnmr"] is not None
    ]
    write_text(out / "det.svg", det_chart(mated.scores, non_mated.scores, misses))
    write_text(out / "scores.svg", score_chart(mated.scores, non_mated.scores, misses))
