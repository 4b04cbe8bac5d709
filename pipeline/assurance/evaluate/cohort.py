"""A finished run against the truth: what was planted, found, missed, and raised for nothing.

The truth has one row a student: `decision` (alternatives with `|`), `reasons` that must be among
those found (`;`), `turn_cw` and `looks_like` (alternatives with `|`) where known. Several rows
without a subject stand for files that match nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.assurance.evaluate.rates import wilson
from pipeline.assurance.evaluate.tables import Row, read_rows, write_json
from pipeline.core.geometry import TURNS
from pipeline.core.reasons import catalogue
from pipeline.core.types import Decision
from pipeline.night.folder import RESULTS

COLUMNS = ("subject_id", "decision", "reasons", "turn_cw", "looks_like")
ABSENT = "absent"
FOUND = (*(decision.value for decision in Decision), ABSENT)
_OWNER = "LOOKS_LIKE_OTHER"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One student's row, of the truth or of a run. Sets hold alternatives in the truth."""

    subject_id: str
    decisions: tuple[str, ...]
    reasons: frozenset[str]
    turn_cw: str
    looks_like: frozenset[str]


Case = tuple[Outcome, Outcome | None]  # the truth, and what the run made of it


def evaluate(run: Path, truth: Path, out: Path | None = None) -> dict[str, Any]:
    """Score a run's `results.csv`; write the result to `out` where given.

    Raises:
        ConfigError: A file is missing or malformed; names the line and the column.
        StoreError: `out` cannot be written.
    """
    expected = read_outcomes(truth)
    found = read_outcomes(run / RESULTS)
    metrics = metrics_of(*matched(expected, found))
    if out is not None:
        write_json(out, metrics)
    return metrics


def read_outcomes(path: Path) -> list[Outcome]:
    """The rows of a truth file or of a run's results.

    Raises:
        ConfigError: If the file is missing, a value is unknown, or a subject is there twice.
    """
    outcomes: list[Outcome] = []
    seen: set[str] = set()
    for row in read_rows(path, COLUMNS):
        outcome = _outcome(row)
        if outcome.subject_id and outcome.subject_id in seen:
            raise row.fault("subject_id", "cell_subject_again")
        seen.add(outcome.subject_id)
        outcomes.append(outcome)
    return outcomes


def matched(
    truth: Iterable[Outcome], results: Iterable[Outcome]
) -> tuple[list[Case], list[Outcome]]:
    """Every row of the truth with the run's row of that subject, and the run's rows left over.

    Rows without a subject are paired in their order.
    """
    found: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in results:
        found[outcome.subject_id].append(outcome)
    cases: list[Case] = []
    for expected in truth:
        rows = found[expected.subject_id]
        cases.append((expected, rows.pop(0) if rows else None))
    return cases, [outcome for rows in found.values() for outcome in rows]


def metrics_of(cases: Sequence[Case], unexpected: Sequence[Outcome]) -> dict[str, Any]:
    """Counts and rates with 95 % Wilson intervals.

    A reason is a false alarm where the truth does not name it. That a photo looks like another
    student is none where the truth names an owner. Rows that the truth lacks are counted as
    `unexpected` and enter nothing else.
    """
    return {
        "rows": len(cases),
        "absent": sum(found is None for _, found in cases),
        "unexpected": len(unexpected),
        "decision": _decisions(cases),
        "reasons": {code: _reason(code, cases) for code in _codes(cases)},
        "turn": _turns(cases),
        "looks_like": _owners(cases),
    }


def _decisions(cases: Sequence[Case]) -> dict[str, Any]:
    confusion: dict[str, dict[str, int]] = {}
    right = 0
    for truth, found in cases:
        expected = "|".join(truth.decisions)
        got = ABSENT if found is None else found.decisions[0]
        confusion.setdefault(expected, dict.fromkeys(FOUND, 0))[got] += 1
        right += got in truth.decisions
    wrong = len(cases) - right
    return {"right": right, "wrong": wrong, **_rate(right, len(cases)), "confusion": confusion}


def _reason(code: str, cases: Sequence[Case]) -> dict[str, Any]:
    """One reason code; lists name the subjects to look at."""
    planted = [case for case in cases if code in case[0].reasons]
    others = [case for case in cases if code not in _expected(case[0])]
    missed = [truth for truth, found in planted if found is None or code not in found.reasons]
    alarms = [truth for truth, found in others if found is not None and code in found.reasons]
    hits = len(planted) - len(missed)
    return {
        "planted": len(planted),
        "found": hits,
        "missed": len(missed),
        "false_alarms": len(alarms),
        "found_rate": hits / len(planted) if planted else None,
        "found_interval": list(wilson(hits, len(planted))),
        "false_alarm_rate": len(alarms) / len(others) if others else None,
        "false_alarm_interval": list(wilson(len(alarms), len(others))),
        "missed_subjects": [truth.subject_id for truth in missed],
        "false_alarm_subjects": [truth.subject_id for truth in alarms],
    }


def _turns(cases: Sequence[Case]) -> dict[str, Any]:
    """Turns told, where the truth has one; `none` was told none."""
    asked = [(truth, found) for truth, found in cases if truth.turn_cw]
    verdicts = Counter(
        _verdict(found.turn_cw if found else "", (truth.turn_cw,)) for truth, found in asked
    )
    return _verdicts(verdicts, len(asked))


def _owners(cases: Sequence[Case]) -> dict[str, Any]:
    """Owners named, where the truth has one; `unasked` counts names where it has none."""
    asked = [(truth, found) for truth, found in cases if truth.looks_like]
    verdicts = Counter(
        _verdict("|".join(found.looks_like) if found else "", truth.looks_like)
        for truth, found in asked
    )
    unasked = sum(
        bool(found and found.looks_like) for truth, found in cases if not truth.looks_like
    )
    return {**_verdicts(verdicts, len(asked)), "unasked": unasked}


def _verdict(answer: str, allowed: Iterable[str]) -> str:
    if not answer:
        return "none"
    return "right" if answer in allowed else "wrong"


def _verdicts(verdicts: Mapping[str, int], trials: int) -> dict[str, Any]:
    counts = {name: verdicts.get(name, 0) for name in ("right", "wrong", "none")}
    return {**counts, **_rate(counts["right"], trials)}


def _rate(hits: int, trials: int) -> dict[str, Any]:
    return {"rate": hits / trials if trials else None, "interval": list(wilson(hits, trials))}


def _expected(truth: Outcome) -> frozenset[str]:
    return truth.reasons | {_OWNER} if truth.looks_like else truth.reasons


def _codes(cases: Iterable[Case]) -> list[str]:
    """Reason codes of the truth or the run, in the catalogue's order."""
    used = {code for case in cases for row in case if row is not None for code in row.reasons}
    return [code for code in catalogue() if code in used]


def _outcome(row: Row) -> Outcome:
    reasons = row.one_of("reasons", ("", *catalogue()), ";")
    return Outcome(
        subject_id=_spoken(row["subject_id"]),
        decisions=row.one_of("decision", FOUND[:-1], "|"),
        reasons=frozenset(reasons) - {""},
        turn_cw=row.one_of("turn_cw", ("", *map(str, TURNS)))[0],
        looks_like=frozenset(_spoken(name) for name in row["looks_like"].split("|")) - {""},
    )


def _spoken(text: str) -> str:
    """Without the apostrophe that `results.csv` puts before what a spreadsheet would compute."""
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@\t" and len(text) > 1 else text
