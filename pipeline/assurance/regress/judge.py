"""Look at the golden pictures again and hold what is found against what is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from pipeline.assurance.evaluate.degrade import CLEAN
from pipeline.assurance.evaluate.orientation import Trial, summary, try_turns
from pipeline.assurance.evaluate.rates import upper_bound
from pipeline.assurance.evaluate.workers import Failure, Locator
from pipeline.assurance.regress.golden import Golden, GoldenRow, rewrite, written
from pipeline.core.geometry import TURNS
from pipeline.core.policy import Policy
from pipeline.core.privacy import masked
from pipeline.core.types import Evidence, ImageFile, Job, Measurement, Subject
from pipeline.student.engine import Engine


class Eyes(Engine, Locator, Protocol):
    """What a regression needs of an engine: a photo's evidence, and a look at bare pixels."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A golden row and what was measured now."""

    row: GoldenRow
    found: Measurement

    @property
    def right(self) -> bool:
        """Whether the row holds."""
        return self.row.holds(self.found)

    def as_json(self) -> dict[str, Any]:
        """The line of the table; names are masked."""
        return {
            "image": masked(self.row.image),
            "measure": self.row.measure,
            "expected": self.row.expected,
            "found": written(self.found.value),
            "tolerance": self.row.tolerance,
            "why": self.row.why,
            "error": masked(self.found.error),
        }


@dataclass(frozen=True, slots=True)
class Floor:
    """One aggregate floor."""

    name: str
    needed: float
    found: float
    held: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What a regression found.

    Attributes:
        laid: Every readable picture in four turns, as if it were upright; `path` is its image.
        unreadable: Pictures that could not be decoded, so not laid in four turns.
        thumbnails: Upright JPEG by image, for the sheet of failures alone.
        min_confidence: Below it no turn is told.
    """

    golden: Golden
    outcomes: tuple[Outcome, ...]
    laid: tuple[Trial, ...]
    unreadable: tuple[str, ...]
    thumbnails: Mapping[str, bytes]
    min_confidence: float

    @property
    def wrong(self) -> list[Outcome]:
        """Rows that do not hold."""
        return [outcome for outcome in self.outcomes if not outcome.right]

    @property
    def trials(self) -> list[Trial]:
        """Every readable picture in four turns, with the turn its own golden row asks for."""
        own = {image: self.golden.turn_of(image) for image in self.golden.images}
        return [
            replace(trial, turn_cw=TURNS[(trial.turn_cw + own[trial.path]) // 90 % 4])
            for trial in self.laid
        ]

    @property
    def silent_wrong(self) -> list[Trial]:
        """Turns told with confidence that are not right."""
        sure = self.min_confidence
        return [trial for trial in self.trials if trial.verdict(sure) == "silent_wrong"]

    @property
    def floors(self) -> list[Floor]:
        """Every floor with what was reached."""
        rows, turns = self.golden.floors.rows, self.golden.floors.orientation
        trials = len(self.laid)
        unsure = sum(trial.review(self.min_confidence) for trial in self.laid)
        share = 1 - len(self.wrong) / len(self.outcomes)
        return [
            _at_least("rows.share_right", rows.share_right, share),
            _at_least("rows.trials_at_least", rows.trials_at_least, len(self.outcomes)),
            _at_most(
                "orientation.silent_wrong_at_most",
                turns.silent_wrong_at_most,
                len(self.silent_wrong),
            ),
            _at_most(
                "orientation.review_share_at_most",
                turns.review_share_at_most,
                unsure / trials if trials else 0.0,
            ),
            _at_least("orientation.trials_at_least", turns.trials_at_least, trials),
        ]

    @property
    def broken(self) -> list[Floor]:
        """Floors that were not reached."""
        return [floor for floor in self.floors if not floor.held]

    def as_json(self) -> dict[str, Any]:
        """Counts with bounds, floors and wrong rows; no picture, names masked."""
        return {
            "passed": not self.broken,
            "images": len(self.golden.images),
            "rows": {
                "trials": len(self.outcomes),
                "wrong": len(self.wrong),
                "wrong_bound": upper_bound(len(self.wrong), len(self.outcomes)),
            },
            "orientation": summary(self.trials, self.min_confidence),
            "unreadable": [masked(image) for image in self.unreadable],
            "floors": [
                {"name": f.name, "needed": f.needed, "found": f.found, "held": f.held}
                for f in self.floors
            ],
            "wrong": [outcome.as_json() for outcome in self.wrong],
            "silent_wrong": [told(trial) for trial in self.silent_wrong],
        }


def regress(
    golden: Golden,
    paths: Mapping[str, Path],
    engine: Eyes,
    policy: Policy,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Result:
    """Measure every golden picture, and lay each in four turns.

    Args:
        golden: From `load`.
        paths: The file of each golden image.
        engine: The networks; the caller closes it.
        policy: Gives `min_confidence` and the input limits.
        on_progress: Called with pictures done and pictures in all.
    """
    seen: dict[str, Evidence] = {}
    turned: list[Trial] = []
    unreadable: list[str] = []
    for image in golden.images:
        on_progress(len(seen), len(golden.images))
        seen[image] = engine.assess(Job(Subject("", 0), ImageFile(paths[image])))
        laid = try_turns(engine, str(paths[image]), Path(), (CLEAN,), 0, policy.input)
        if isinstance(laid, Failure):
            unreadable.append(image)
        else:
            turned += [replace(trial, path=image) for trial in laid]
    on_progress(len(seen), len(golden.images))
    return Result(
        golden,
        tuple(Outcome(row, _measured(seen[row.image], row.measure)) for row in golden.rows),
        tuple(turned),
        tuple(unreadable),
        {image: e.pictures["photo"] for image, e in seen.items() if "photo" in e.pictures},
        policy.orientation.min_confidence,
    )


def accept(result: Result) -> Result:
    """Make what was found the expected value of the wrong rows, in `measures.csv`.

    Rows that hold keep their value, so that small changes never add up unseen.

    Returns:
        The same evidence against the new rows.

    Raises:
        StoreError: If the file cannot be written.
    """
    outcomes = tuple(
        outcome if outcome.right else Outcome(outcome.row.accepting(outcome.found), outcome.found)
        for outcome in result.outcomes
    )
    golden = replace(result.golden, rows=tuple(outcome.row for outcome in outcomes))
    rewrite(golden)
    return replace(result, golden=golden, outcomes=outcomes)


def told(trial: Trial) -> dict[str, Any]:
    """A trial in four turns for JSON; the image's name is masked."""
    return {
        "image": masked(trial.path),
        "expected": trial.turn_cw,
        "found": trial.answer.turn_cw if trial.answer else None,
        "confidence": trial.answer.confidence if trial.answer else None,
    }


def _measured(evidence: Evidence, name: str) -> Measurement:
    absent = Measurement(name, None, error="it was not measured")
    return next((m for m in evidence.measurements if m.name == name), absent)


def _at_least(name: str, needed: float, found: float) -> Floor:
    return Floor(name, needed, found, found >= needed)


def _at_most(name: str, needed: float, found: float) -> Floor:
    return Floor(name, needed, found, found <= needed)
