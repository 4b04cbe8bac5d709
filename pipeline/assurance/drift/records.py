"""What a comparison of two runs says, as records, JSON and CSV."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.assurance.evaluate.tables import write_rows
from pipeline.core.privacy import masked_sentence
from pipeline.core.types import Value
from pipeline.report.csv_report import harmless

_COLUMNS = ("student", "decision_a", "decision_b", "changes", "causes")
# Relative, and absolute near 0: of 60 measures of 702 students none moved by more between AVX2 and
# AVX-512 (bench/arithmetic.py, 2026-11-24).
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Delta:
    """One thing with its value in either run; None where there is none."""

    name: str
    old: Value
    new: Value

    @property
    def text(self) -> str:
        """`name: old → new`."""
        return f"{self.name}: {shown(self.old)} → {shown(self.new)}"

    def as_json(self) -> dict[str, Value]:
        """Name, old and new."""
        return {"name": self.name, "old": _safe(self.old), "new": _safe(self.new)}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a student's result changed.

    Attributes:
        kind: photo, intake, references, models, program, measurement, policy, thresholds, cohort,
            or unknown.
        deltas: What changed there.
    """

    kind: str
    deltas: tuple[Delta, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A student whose result changed.

    Attributes:
        student: The subject_id, or "extra:FILE" for a photo that nobody claims.
        decisions: Of the first and of the second run.
    """

    student: str
    decisions: tuple[str, str]
    deltas: tuple[Delta, ...]
    causes: tuple[Cause, ...]

    def as_json(self) -> dict[str, Any]:
        """The change and its causes."""
        return {
            "student": self.student,
            "changes": [delta.as_json() for delta in self.deltas],
            "causes": [
                {"cause": cause.kind, "details": [delta.as_json() for delta in cause.deltas]}
                for cause in self.causes
            ],
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """The difference of two runs. ID numbers are masked in all values.

    Attributes:
        common: Students of both runs.
        only_a: Student and decision of those that only the first run has.
        only_b: The same for the second.
        run: What changed for the runs as a whole: models, program, policy, thresholds.
        transitions: Students by "ACCEPT→FLAG" and so on, where the decision changed.
        measured: Students of both runs by name of a measurement that changed.
    """

    common: int
    only_a: tuple[tuple[str, str], ...]
    only_b: tuple[tuple[str, str], ...]
    run: Mapping[str, tuple[Delta, ...]]
    changes: tuple[Change, ...]
    transitions: Mapping[str, int]
    measured: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "students_in_both": self.common,
            "changed": len(self.changes),
            "transitions": dict(self.transitions),
            "only_a": [{"student": s, "decision": d} for s, d in self.only_a],
            "only_b": [{"student": s, "decision": d} for s, d in self.only_b],
            "run": {kind: [d.as_json() for d in deltas] for kind, deltas in self.run.items()},
            "measurements_changed": dict(self.measured),
            "changes": [change.as_json() for change in self.changes],
        }


def write_drift(drift: Drift, path: Path) -> None:
    """Write the changed students, and those of one run alone, as CSV.

    Raises:
        StoreError: If it cannot be written.
    """
    rows = [(s, d, "", "only in the first run", "") for s, d in drift.only_a]
    rows += [(s, "", d, "only in the second run", "") for s, d in drift.only_b]
    rows += [
        (c.student, *c.decisions, "; ".join(d.text for d in c.deltas), causes_text(c))
        for c in drift.changes
    ]
    write_rows(path, _COLUMNS, (tuple(map(harmless, row)) for row in rows))


def causes_text(change: Change, most: int | None = None) -> str:
    """Every cause with its details, at most `most` of each."""
    parts = []
    for cause in change.causes:
        shown = [delta.text for delta in cause.deltas[:most]]
        if len(shown) < len(cause.deltas):
            shown.append(f"and {len(cause.deltas) - len(shown)} more")
        parts.append(f"{cause.kind} ({', '.join(shown)})" if shown else cause.kind)
    return "; ".join(parts)


def deltas(old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[Delta]:
    """What differs between two tables, by name; numbers by more than rounding."""
    for name in sorted({*old, *new}):
        a, b = old.get(name), new.get(name)
        if not _same(a, b):
            yield Delta(name, a, b)


def _same(a: Value, b: Value) -> bool:
    if isinstance(a, float | int) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    return a == b


def _safe(value: Value) -> Value:
    return masked_sentence(value) if isinstance(value, str) else value


def shown(value: Value) -> str:
    """A value as text, without ID numbers; "none" where there is none."""
    if value is None or value == "":
        return "none"
    return masked_sentence(value) if isinstance(value, str) else f"{value:.4g}"
