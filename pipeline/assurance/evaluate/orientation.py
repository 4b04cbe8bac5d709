"""Are turned pictures set upright? Upright pictures, laid in all four turns, tell.

A version of a picture (clean or degraded) is made upright and turned afterwards, without loss. So
the four trials show the same pixels, as they do when a graduate turns a finished photo, and what
differs between them is the turn alone.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.assurance.evaluate.degrade import CLEAN, DEGRADATIONS, MOST_ROLL_DEG, degraded
from pipeline.assurance.evaluate.rates import upper_bound
from pipeline.assurance.evaluate.tables import make_folder, read_rows, write_json, write_rows
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
from pipeline.core.geometry import TURNS, turn, unturn
from pipeline.core.policy import InputLimits, Policy
from pipeline.core.types import Orientation, TurnCw
from pipeline.student.decode import UnreadableError
from pipeline.student.detect import limit_size

NO_FACE = "no_face"
_TRIAL_COLUMNS = (
    *("path", "version", "rolled_deg", "turn_cw"),
    *("answer", "confidence", "verdict", "roll_deg"),
    *(f"evidence_{turn_cw}" for turn_cw in TURNS),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One version of one picture in one turn.

    Attributes:
        rolled_deg: Clockwise angle by which the version `roll` was rolled; 0 for the others. The
            head may be tilted besides: together that can pass 45°, where no quarter turn is right.
        turn_cw: The right answer: the turn that makes it upright.
        answer: What was found; None when there was no face.
    """

    path: str
    version: str
    rolled_deg: float
    turn_cw: TurnCw
    answer: Orientation | None

    @property
    def wrong(self) -> bool:
        """The best guess, however sure, is another turn. No guess is not a wrong one."""
        return self.answer is not None and self.answer.turn_cw != self.turn_cw

    def review(self, min_confidence: float) -> bool:
        """No turn would be told: not sure enough, or no face."""
        return self.answer is None or self.answer.confidence < min_confidence

    def verdict(self, min_confidence: float) -> str:
        """One word: right, silent_wrong, review or no_face."""
        if self.answer is None:
            return NO_FACE
        if self.review(min_confidence):
            return "review"
        return "silent_wrong" if self.wrong else "right"


def evaluate(
    manifest: Path,
    root: Path,
    out: Path,
    policy: Policy,
    *,
    degrade: bool = False,
    seed: int = 0,
    workers: int = 1,
    on_progress: OnProgress = lambda *_: None,
    factory: LocatorFactory | None = None,
) -> dict[str, Any]:
    """Lay every picture of a manifest in four turns; write metrics.json, trials.csv, failures.csv.

    Args:
        manifest: CSV with a column `path`, relative to `root`; the pictures are upright.
        root: Folder of the pictures.
        out: Folder to write into.
        policy: Gives `min_confidence` and the input limits.
        degrade: Also try six worse versions of each picture.
        seed: Of the random angles; an angle depends on it and on the picture's path alone.
        workers: Processes.
        on_progress: Called with pictures done and pictures in all.
        factory: Another engine than the networks; for tests.

    Returns:
        What is in metrics.json.

    Raises:
        ConfigError: The manifest is missing or malformed.
        SourceError: `root` is no folder, or a worker process died.
        StoreError: `out` cannot be written.
    """
    paths = list(dict.fromkeys(row.filled("path") for row in read_rows(manifest, ("path",))))
    need_folder(root)
    make_folder(out)
    versions = (CLEAN, *DEGRADATIONS) if degrade else (CLEAN,)
    work = partial(try_turns, root=root, versions=versions, seed=seed, limits=policy.input)
    results = spread(work, paths, factory or networks(policy.input), workers, on_progress)
    failures = [result for result in results if isinstance(result, Failure)]
    trials = [t for result in results if not isinstance(result, Failure) for t in result]
    sure = policy.orientation.min_confidence
    metrics: dict[str, Any] = {
        "pictures": len(paths),
        "failures": len(failures),
        "min_confidence": sure,
        **summary(trials, sure),
    }
    if degrade:
        metrics["seed"] = seed
        metrics["versions"] = {
            version: summary([t for t in trials if t.version == version], sure)
            for version in versions
        }
    write_json(out / "metrics.json", metrics)
    write_rows(out / "trials.csv", _TRIAL_COLUMNS, (_line(trial, sure) for trial in trials))
    write_rows(out / "failures.csv", ("path", "reason"), ((f.path, f.reason) for f in failures))
    return metrics


def try_turns(
    locator: Locator, path: str, root: Path, versions: Sequence[str], seed: int, limits: InputLimits
) -> list[Trial] | Failure:
    """All trials of one picture; runs in a worker process."""
    try:
        # The networks see no more than this, and a blur or a dark copy of 24 megapixels is slow.
        bgr = limit_size(opened(root / path, limits))
    except UnreadableError as error:
        return Failure(path, str(error))
    random = np.random.default_rng((seed, zlib.crc32(path.encode())))
    angle = float(random.uniform(-MOST_ROLL_DEG, MOST_ROLL_DEG))
    portrait = locator.locate(bgr).portrait if len(versions) > 1 else None
    face_width = None if portrait is None else float(portrait.face.box[2])
    trials: list[Trial] = []
    for version in versions:
        worse = degraded(bgr, version, face_width, angle)
        rolled_deg = angle if version == "roll" else 0.0
        for laid in TURNS:
            answer = locator.locate(turn(worse, laid)).orientation
            trials.append(Trial(path, version, rolled_deg, unturn(laid), answer))
    return trials


def summary(trials: Sequence[Trial], min_confidence: float) -> dict[str, Any]:
    """Counts, the bound of silent errors, and true turn × best guess."""
    verdicts = Counter(trial.verdict(min_confidence) for trial in trials)
    silent = verdicts["silent_wrong"]
    return {
        "trials": len(trials),
        "wrong": sum(trial.wrong for trial in trials),
        "review": sum(trial.review(min_confidence) for trial in trials),
        "silent_wrong": silent,
        "silent_wrong_bound": upper_bound(silent, len(trials)),
        "no_face": verdicts[NO_FACE],
        "confusion": confusion(trials),
    }


def confusion(trials: Iterable[Trial]) -> dict[str, dict[str, int]]:
    """Trials by true turn, then by best guess or `no_face`."""
    answers = (*map(str, TURNS), NO_FACE)
    table = {str(turn_cw): dict.fromkeys(answers, 0) for turn_cw in TURNS}
    for trial in trials:
        answer = NO_FACE if trial.answer is None else str(trial.answer.turn_cw)
        table[str(trial.turn_cw)][answer] += 1
    return table


def _line(trial: Trial, min_confidence: float) -> tuple[object, ...]:
    """One trial in the order of `_TRIAL_COLUMNS`."""
    verdict = trial.verdict(min_confidence)
    asked = (trial.path, trial.version, f"{trial.rolled_deg:.1f}", trial.turn_cw)
    answer = trial.answer
    if answer is None:
        return (*asked, "", "", verdict, "", *("" for _ in TURNS))
    return (
        *asked,
        *(answer.turn_cw, f"{answer.confidence:.4f}", verdict, f"{answer.roll_deg:.1f}"),
        *(f"{value:.4f}" for value in answer.evidence),
    )
