"""Two runs' stores read side by side, one student at a time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.assurance.drift.causes import Side, find_causes, measurement_deltas, result_deltas
from pipeline.assurance.drift.records import Change, Delta, Drift, deltas
from pipeline.core.privacy import masked, masked_sentence
from pipeline.core.types import Value
from pipeline.night.folder import database_of
from pipeline.store import RunSummary, Store

# Key, photo sha256 and decision of every student, by a name that is the same in every run.
_Students = Mapping[str, tuple[str, str, str]]


def diff(run_a: Path, run_b: Path) -> Drift:
    """Compare two finished runs; both stores are only read.

    Raises:
        StoreError: A folder holds no finished run.
    """
    with _opened(run_a) as a, _opened(run_b) as b:
        run = _run_deltas(a.finished(), b.finished())
        students_a, students_b = _students(a), _students(b)
        prints_a, prints_b = a.fingerprints(), b.fingerprints()
        changes: list[Change] = []
        measured: Counter[str] = Counter()
        common = [name for name in students_a if name in students_b]
        for name in common:
            old = _side(a, students_a[name], prints_a)
            new = _side(b, students_b[name], prints_b)
            measured.update(delta.name for delta in measurement_deltas(old.case, new.case))
            if changed := result_deltas(old.case, new.case):
                decisions = (students_a[name][2], students_b[name][2])
                changes.append(Change(name, decisions, changed, find_causes(old, new, run)))
    return Drift(
        len(common),
        _only(students_a, students_b),
        _only(students_b, students_a),
        run,
        tuple(changes),
        _transitions(changes),
        dict(measured.most_common()),
    )


def _opened(run: Path) -> Store:
    return Store(database_of(run), readonly=True)


def _students(store: Store) -> _Students:
    """Everybody of a run, in order.

    The key of a photo that nobody claims holds its number among such photos, which changes when
    another comes in; so its file name stands for it.
    """
    students: dict[str, tuple[str, str, str]] = {}
    for student_key, subject, sha256, assessment in store.decided():
        name = (
            masked_sentence(student_key)
            if subject.student_key
            else f"extra:{masked(student_key.split(':', 2)[-1])}"
        )
        while name in students:
            name += "#"  # the same file name in another folder
        students[name] = (student_key, sha256, assessment.decision.value)
    return students


def _side(store: Store, student: tuple[str, str, str], prints: Mapping[str, str]) -> Side:
    student_key, sha256, _ = student
    case = store.case(student_key)
    assert case is not None  # `_students` lists decided ones alone
    return Side(case, sha256, prints.get(student_key, ""))


def _only(students: _Students, others: _Students) -> tuple[tuple[str, str], ...]:
    return tuple((name, students[name][2]) for name in students if name not in others)


def _transitions(changes: list[Change]) -> dict[str, int]:
    moved = Counter(c.decisions for c in changes if c.decisions[0] != c.decisions[1])
    return {f"{old}→{new}": students for (old, new), students in moved.most_common()}


def _run_deltas(a: RunSummary, b: RunSummary) -> dict[str, tuple[Delta, ...]]:
    """What changed for the runs as a whole."""
    old, new = _rules(a), _rules(b)
    return {kind: tuple(deltas(old[kind], new[kind])) for kind in old}


def _rules(summary: RunSummary) -> dict[str, dict[str, Value]]:
    """What a run was made with, by kind, each a flat table."""
    return {
        "models": {name: digest[:12] for name, digest in summary.models.items()},
        "program": {
            "photoproof": summary.photoproof,
            "arithmetic": summary.arithmetic,  # older runs say nothing of it
            **summary.versions,
        },
        "policy": _flat(summary.policy),
        "thresholds": _flat(summary.thresholds),
    }


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Value]:
    """Nested tables as dotted keys; lists and switches as text."""
    flat: dict[str, Value] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = json.dumps(value) if isinstance(value, bool | list) else value
    return flat
