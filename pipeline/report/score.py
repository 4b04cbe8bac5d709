"""Scores for people: their place from 0 to 100, what the lines mean, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.core.scale import LINES, band, points
from pipeline.core.types import Case
from pipeline.core.words import Language, words
from pipeline.store import RunSummary

Limits = Mapping[str, Any]
_OLD: Limits = {"flag_below": 0.25, "accept_from": 0.46}  # of runs that kept no thresholds


def lines_of(thresholds: Mapping[str, Limits], kind: str) -> tuple[float, float]:
    """A run's thresholds for references of a kind: `flag_below`, `accept_from`."""
    known = thresholds.get(kind) or next(iter(thresholds.values()), _OLD)
    return float(known["flag_below"]), float(known["accept_from"])


def on_scale(case: Case, thresholds: Mapping[str, Limits]) -> Case:
    """A case whose doubts about the person are told by their place; the raw score stays in `score`.

    Args:
        case: As the store has it.
        thresholds: Of its run, by kind.
    """
    found, told = case.assessment, []
    if not any(finding.code == "NOT_ME" for finding in found.findings):
        return case
    for finding in found.findings:
        if finding.code == "NOT_ME" and isinstance(finding.value, float):
            place = points(finding.value, *lines_of(thresholds, found.reference))
            finding = replace(finding, value=float(place), limit=f"≥ {LINES[1]}")
        told.append(finding)
    return replace(case, assessment=replace(found, findings=tuple(told)))


def placed(entry: Sequence[Any], thresholds: Mapping[str, Limits], lang: Language) -> list[Any]:
    """An entry of a card's scores with its place, for `report.js`.

    Args:
        entry: Kind, its name, score or None, error.
        thresholds: By kind.
        lang: Of the words.

    Returns:
        The entry, then points, band and the raw numbers in words; None each where there is no score
        or no threshold.
    """
    kind, name, score, error = entry
    limits = thresholds.get(kind, {})
    if score is None or not {"flag_below", "accept_from"} <= set(limits):
        return [kind, name, score, error, None, None, None]
    lines = float(limits["flag_below"]), float(limits["accept_from"])
    raw = words("report", lang)["raw_score"].format(
        score=f"{score:.3f}", flag_below=f"{lines[0]:.3f}", accept_from=f"{lines[1]:.3f}"
    )
    return [kind, name, score, error, points(score, *lines), band(score, *lines), raw]


def meaning(run: RunSummary, kind: str, lang: Language) -> str:
    """What the upper line says of strangers, for somebody who asks nothing further."""
    fmr = _noted(run, kind, "accept_from").get("fmr")
    return words("report", lang)["meaning"].format(strangers=_one_in(fmr)) if fmr else ""


def how(run: RunSummary, kind: str, lang: Language) -> str:
    """How both lines came about."""
    t, notes, limits = (
        words("report", lang),
        run.calibration.get(kind),
        run.thresholds.get(kind, {}),
    )
    if not notes:
        return t["how_policy"].format(**limits) if limits else ""
    told = [t["how_cohort"].format(pairs=f"{notes['pairs']:,}", left_out=notes["left_out"])]
    if notes.get("adjusted"):
        told.append(t["how_adjusted"])
    for line, key in (("flag_below", "how_flag_cohort"), ("accept_from", "how_accept_cohort")):
        note = _noted(run, kind, line)
        if note.get("from") != "cohort":
            told.append(t["how_public"].format(score=f"{limits[line]:.3f}"))
            continue
        low, high = (f"{end:.3f}" for end in note["interval"])
        told.append(
            t[key].format(
                score=f"{limits[line]:.3f}", strangers=_one_in(note["fmr"]), low=low, high=high
            )
        )
    return " ".join(told)


def _noted(run: RunSummary, kind: str, line: str) -> Mapping[str, Any]:
    noted: Mapping[str, Any] = run.calibration.get(kind, {}).get(line, {})
    return noted


def _one_in(share: float) -> str:
    return f"{round(1 / share):,}"
