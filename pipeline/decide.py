"""Decide stage: a pure function from measurements and policy to findings and a decision.

Nothing here looks at a pixel, a file or a clock, so a new policy re-decides a stored batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.core import measurements as names
from pipeline.core.policy import Limit, Policy, Profile
from pipeline.core.reasons import ACCEPTED, OTHER, catalogue
from pipeline.core.types import (
    SET_ASIDE,
    Assessment,
    Comparison,
    Decision,
    Finding,
    Measurement,
    Severity,
    TurnCw,
    Value,
)
from pipeline.store.packing import Measured
from pipeline.student.measures import Measure, all_measures
from pipeline.student.view.colour_space import delta_e

_TURNS: dict[float, TurnCw] = {0: 0, 90: 90, 180: 180, 270: 270}
_TURN_CODES: dict[TurnCw, str] = {90: "SIDEWAYS_LEFT", 180: "UPSIDE_DOWN", 270: "SIDEWAYS_RIGHT"}
# Of equally severe findings the first of these gives the category: a wrong person outweighs a
# turn, and a turn outweighs the rest.
_RANK = ("NOT_ME", "UPSIDE_DOWN", "SIDEWAYS_LEFT", "SIDEWAYS_RIGHT")
_DECISIONS = {
    Severity.ADVICE: Decision.ACCEPT,
    Severity.REVIEW: Decision.REVIEW,
    Severity.FLAG: Decision.FLAG,
}
# Words that are a finding whatever they say.
_SAID = {
    names.PHOTO_CLASH: "NAME_CLASH",
    names.ID_NUMBER_FAULT: "ID_NUMBER_INVALID",
    names.ROSTER_CLASH: "ROSTER_CLASH",
    names.FITS_SEVERAL: "FITS_SEVERAL",
    names.NEARLY_MATCHED: "NEARLY_MATCHED",
    names.PHOTO_ERROR: "UNREADABLE",
    names.ASSESS_ERROR: "NOT_ASSESSED",
    names.DUPLICATE_OF: "DUPLICATE_PHOTO",
    names.COPY_OF: "COPIED_PHOTO",
    names.SWAPPED_WITH: "SWAPPED",
    names.LOOKS_LIKE: "LOOKS_LIKE_OTHER",
    names.SAME_FACE: "SAME_FACE",
    names.BETTER_FILE: "BETTER_FILE",
    names.LIKELY_OWNER: "LIKELY_OWNER",
}


def decide_one(
    measured: Mapping[str, Measurement],
    comparisons: Sequence[Comparison],
    policy: Policy,
    profile: Profile,
) -> Assessment:
    """Judge one student.

    Args:
        measured: Measurements by name, as engine and cohort stage produce them.
        comparisons: One a reference file; a score is None where it could not be compared.
        policy: Thresholds and severities.
        profile: The photo standard's limits.
    """
    return Judge(policy, profile).judge(Measured.of(measured.values()), comparisons)


class Judge:
    """Judges one student after the other; what policy and profile say is looked up once.

    Args:
        policy: Thresholds and severities.
        profile: The photo standard's limits.
    """

    def __init__(self, policy: Policy, profile: Profile) -> None:
        self._policy = policy
        self._severity = {code: policy.severity_of(code) for code in catalogue()}
        self._sure_from = policy.orientation.min_confidence
        self._rules = tuple(
            _rule(all_measures()[name], limit, profile) for name, limit in profile.limits.items()
        )

    def judge(self, measured: Measured, comparisons: Sequence[Comparison]) -> Assessment:
        """Judge one student; the result depends on nothing else."""
        best = best_comparison(comparisons, self._policy)
        confidence = _number(measured, names.TURN_CONFIDENCE)
        sure = confidence is not None and confidence >= self._sure_from
        findings = [
            *self._intake(measured),
            *self._orientation(measured, sure, confidence),
            *self._identity(measured, comparisons, best, sure),
            *self._standard(measured),
            *(self._unmeasured(measured) if measured.errors else ()),
        ]
        findings.sort(key=_weight)
        decision = _DECISIONS[findings[0].severity] if findings else Decision.ACCEPT
        return Assessment(
            decision=decision,
            category=_category(decision, findings),
            findings=tuple(findings),
            turn_cw=_turn(measured) if sure else None,
            roll_deg=_number(measured, names.ROLL_DEG) if sure else None,
            reference=best.kind if best else "",
            score=best.score if best else None,
            adjusted=best.adjusted if best else None,
            looks_like=_word(measured, names.LOOKS_LIKE),
        )

    def _intake(self, measured: Measured) -> Iterator[Finding]:
        """Findings about files and roster rows."""
        for name, code in _SAID.items():
            if word := _word(measured, name):
                yield self._finding(code, word)
        if _number(measured, names.PHOTO_FILES) == 0:
            yield self._finding("MISSING_PHOTO")
        if _word(measured, names.EXTRA_PHOTO):
            yield self._finding("EXTRA_PHOTO")

    def _orientation(
        self, measured: Measured, sure: bool, confidence: float | None
    ) -> Iterator[Finding]:
        """Findings about how the picture is turned."""
        tag = _number(measured, names.EXIF_ORIENTATION)
        if tag is not None and tag != 1:
            yield self._finding("EXIF_ORIENTATION", tag, "1")
        if _number(measured, names.FACES_FOUND) == 0:
            yield self._finding("NO_FACE")
            return
        turn = _turn(measured)
        if turn is not None and not sure:
            yield self._finding("ORIENTATION_UNCERTAIN", confidence, f"≥ {self._sure_from:g}")
        elif turn:
            yield self._finding(_TURN_CODES[turn], float(turn), "0", "°")

    def _identity(
        self,
        measured: Measured,
        comparisons: Sequence[Comparison],
        best: Comparison | None,
        sure: bool,
    ) -> Iterator[Finding]:
        """Findings about whose face it is."""
        if best is not None and best.judged is not None:
            limits = self._policy.comparison.of(best.kind)
            if best.judged < limits.accept_from:
                # A face compared the wrong way up scores low, so an unsure turn never flags.
                severity = self._severity["NOT_ME"]
                upright = sure and best.turn_confidence >= self._sure_from
                if not (upright and best.judged < limits.flag_below):
                    severity = min(severity, Severity.REVIEW)
                limit = f"≥ {limits.accept_from:.3f}"
                yield Finding("NOT_ME", severity, best.judged, limit, clause=limits.provenance)
        elif _number(measured, names.REFERENCE_FILES) == 0:
            yield self._finding("NO_REFERENCE")
        for comparison in comparisons:
            if comparison.error and comparison.kind != SET_ASIDE:
                # Another reference that could be compared makes this one a remark.
                code = "REFERENCE_UNUSABLE"
                severity = Severity.ADVICE if best else self._severity[code]
                yield Finding(code, severity, f"{comparison.kind}: {comparison.error}")

    def _match(self, seen: Measured, best: Comparison | None) -> Iterator[Finding]:
        if word := _word(seen, names.WEAK_MATCH):  # the face may confirm what the name did not
            needed = self._policy.comparison.of(best.kind).accept_from if best else math.inf
            sure = best is not None and (best.judged or 0.0) >= needed
            severity = Severity.ADVICE if sure else self._severity["WEAK_MATCH"]
            yield Finding("WEAK_MATCH", severity, word)

    def _standard(self, measured: Measured) -> Iterator[Finding]:
        """Findings about the photo standard: every measured value against the profile's limit."""
        values = measured.values
        for rule in self._rules:
            value = values.get(rule.name)
            if isinstance(value, str):
                if not _permits(rule.limit, value):
                    yield self._beyond(rule, rule.above, value)
            elif value is not None:
                value *= rule.scale
                if value < rule.low:
                    yield self._beyond(rule, rule.below, value)
                elif value > rule.high:
                    yield self._beyond(rule, rule.above, value)

    def _unmeasured(self, measured: Measured) -> Iterator[Finding]:
        """What the standard limits and nobody could measure, as one finding."""
        why, values = measured.errors, measured.values
        rules = [r for r in self._rules if r.name in why and values.get(r.name) is None]
        # Without a face NO_FACE already says why nothing else could be measured.
        if rules and _number(measured, names.FACES_FOUND):
            weight = max(self._severity[rule.above] for rule in rules)
            told = ", ".join(f"{rule.name} ({why[rule.name]})" for rule in rules)
            yield Finding("NOT_ASSESSED", weight, told)

    def _beyond(self, rule: _Rule, code: str, value: float | str) -> Finding:
        """The finding of a value outside its limit, in the limit's unit."""
        return Finding(code, self._severity[code], value, rule.text, rule.unit, rule.limit.clause)

    def _finding(self, code: str, value: Value = None, limit: str = "", unit: str = "") -> Finding:
        """A finding of the severity that its code has."""
        return Finding(code, self._severity[code], value, limit, unit)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A profile's limit of one measure.

    Attributes:
        scale: What a stored number is multiplied by to be in the limit's unit.
        unit: The limit's.
        low: The limit's `min`, or minus infinity.
        high: The limit's `max`, or infinity.
        below: Reason code of a number under `low`.
        above: Reason code of one over `high`, or of a word that is not allowed.
        text: The limit for people.
    """

    name: str
    limit: Limit
    scale: float
    unit: str
    low: float
    high: float
    below: str
    above: str
    text: str


def _rule(measure: Measure, limit: Limit, profile: Profile) -> _Rule:
    """A stored fraction becomes pixels of the profile's frame, or per cent without one."""
    scale, unit = 1.0, measure.unit
    if measure.per and profile.frame is None:
        scale, unit = 100.0, "%"
    elif measure.per and profile.frame is not None:
        side = profile.frame.width_px if measure.per == "width" else profile.frame.height_px
        scale = float(side)
    return _Rule(
        name=measure.name,
        limit=limit,
        scale=scale,
        unit=unit,
        low=-math.inf if limit.min is None else limit.min,
        high=math.inf if limit.max is None else limit.max,
        below=measure.below,
        above=measure.above,
        text=limit.text,
    )


def best_comparison(comparisons: Sequence[Comparison], policy: Policy) -> Comparison | None:
    """The comparison that counts, by `comparison.best`; None if nothing could be compared."""
    scored = [c for c in comparisons if c.score is not None and c.kind != SET_ASIDE]
    if not scored:
        return None
    if policy.comparison.best == "first":
        order = {kind: i for i, kind in enumerate(policy.comparison.order)}
        return min(scored, key=lambda c: order.get(c.kind, len(order)))
    return max(scored, key=lambda c: c.judged or 0.0)


def _permits(limit: Limit, word: str) -> bool:
    """Whether a word is allowed, or a colour near enough to one of the limit's."""
    if limit.near and limit.max is not None:
        return any(delta_e(word, colour) <= limit.max for colour in limit.near)
    return not limit.allowed or word in limit.allowed


def _weight(finding: Finding) -> tuple[int, int, int]:
    """Sort key: worst first, then by rank, then in the catalogue's order."""
    return -finding.severity, *_places()[finding.code]


@cache
def _places() -> dict[str, tuple[int, int]]:
    """Each reason's rank and its place in the catalogue."""
    ranks = {code: rank for rank, code in enumerate(_RANK)}
    return {code: (ranks.get(code, len(ranks)), i) for i, code in enumerate(catalogue())}


def _category(decision: Decision, ordered: Sequence[Finding]) -> str:
    """The registry's own word for the worst finding."""
    if decision is Decision.ACCEPT:
        return ACCEPTED
    return catalogue()[ordered[0].code].registry or OTHER


def _number(measured: Measured, name: str) -> float | None:
    value = measured.values.get(name)
    return None if isinstance(value, str) else value


def _word(measured: Measured, name: str) -> str:
    value = measured.values.get(name)
    return value if isinstance(value, str) else ""


def _turn(measured: Measured) -> TurnCw | None:
    value = _number(measured, names.TURN_CW)
    return None if value is None else _TURNS.get(value)
