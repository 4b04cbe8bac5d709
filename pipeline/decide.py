"""Decide stage: a pure function from measurements and policy to findings and a decision.

Nothing here looks at a pixel, a file or a clock, so a new policy re-decides a stored batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pipeline.core import measurements as names
from pipeline.core.identity import best_comparison, conflict, match_registry, matches
from pipeline.core.policy import Policy, Profile
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
from pipeline.student.measures import all_measures
from pipeline.student.rules import Rule, permits, rule_of

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
    names.SHARED_WITH: "SHARED_PHOTO",
    names.REFERENCE_OF: "REFERENCE_OF_OTHER",
    names.REFUSED_BEFORE: "REFUSED_BEFORE",
    names.SEEN_EARLIER: "EARLIER_PHOTO",
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
        self._taken = profile.taken
        self._rules = tuple(
            rule_of(all_measures()[name], limit, profile) for name, limit in profile.limits.items()
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
        contradicted = self._contradicted(measured, comparisons, best, sure)
        if contradicted is not None:
            yield contradicted
        if best is not None and best.judged is not None:
            if not (matches(best, self._policy) or match_registry(comparisons, self._policy)):
                yield self._not_me(best, best.judged, sure)
        elif _word(measured, names.REFUSED):
            yield self._finding("COMPARISON_REFUSED")
        elif _number(measured, names.REFERENCE_FILES) == 0:
            yield self._finding("NO_REFERENCE")
        for comparison in comparisons:
            if comparison.error and comparison.kind != SET_ASIDE:
                # Another reference that could be compared makes this one a remark.
                code = "REFERENCE_UNUSABLE"
                severity = Severity.ADVICE if best else self._severity[code]
                yield Finding(code, severity, f"{comparison.kind}: {comparison.error}")
            yield from self._reused(measured, comparison)
            yield from self._card(measured, comparison)

    def _match(self, seen: Measured, best: Comparison | None) -> Iterator[Finding]:
        if word := _word(seen, names.WEAK_MATCH):  # the face may confirm what the name did not
            sure = best is not None and matches(best, self._policy)
            severity = Severity.ADVICE if sure else self._severity["WEAK_MATCH"]
            yield Finding("WEAK_MATCH", severity, word)

    def _not_me(self, best: Comparison, judged: float, sure: bool) -> Finding:
        """A face compared the wrong way up scores low, so an unsure turn never flags."""
        limits = self._policy.comparison.of(best.kind)
        severity = self._severity["NOT_ME"]
        upright = sure and best.turn_confidence >= self._sure_from
        if not (upright and judged < limits.flag_below):
            severity = min(severity, Severity.REVIEW)
        limit = f"≥ {limits.accept_from:.3f}"
        return Finding("NOT_ME", severity, judged, limit, clause=limits.provenance)

    def _contradicted(
        self,
        measured: Measured,
        comparisons: Sequence[Comparison],
        best: Comparison | None,
        sure: bool,
    ) -> Finding | None:
        """The finding of references that contradict each other; names the odd one, if any."""
        found = conflict(measured.values, comparisons, self._policy) if sure else None
        if found is not None:
            kinds = (found.odd,) if found.odd else found.pair
            return self._finding("REFERENCE_CONFLICT", ", ".join(c.kind for c in kinds))
        # What the policy has decide is not matched, but the admission photo is.
        doubted = best is not None and not matches(best, self._policy)
        if best is not None and doubted and match_registry(comparisons, self._policy):
            return self._finding("REFERENCE_CONFLICT", best.kind)
        return None

    def _reused(self, measured: Measured, comparison: Comparison) -> Iterator[Finding]:
        """The finding of a photo that is this reference again."""
        agreed = _number(measured, f"{names.SAME_PICTURE}{comparison.slot}")
        limit = self._policy.comparison.same_picture_from
        if agreed is not None and agreed >= limit:
            told = f"{comparison.kind}: {agreed:.3f}"
            yield self._finding("REFERENCE_REUSED", told, f"< {limit:g}")

    def _card(self, measured: Measured, comparison: Comparison) -> Iterator[Finding]:
        """What the card in this reference says against the roster."""
        number = _word(measured, f"{names.CARD_NUMBER}{comparison.slot}")
        if number == names.OTHER:
            owner = _word(measured, f"{names.CARD_OWNER}{comparison.slot}") or "not_in_roster"
            yield self._finding("CARD_OF_ANOTHER", owner)
            return
        if number == names.NEAR:
            yield self._finding("ROSTER_NUMBER_DOUBTFUL", comparison.kind)
        if _word(measured, f"{names.CARD_NAME}{comparison.slot}") == names.OTHER:
            yield self._finding("CARD_NAME_DIFFERS", comparison.kind)

    def _standard(self, measured: Measured) -> Iterator[Finding]:
        """Findings about the photo standard: every measured value against the profile's limit."""
        values = measured.values
        taken, since = _word(measured, names.TAKEN), self._taken.since
        if since is not None and taken and taken < since.isoformat():
            code, limit = "TAKEN_EARLY", since.isoformat()
            yield Finding(code, self._severity[code], taken, limit, clause=self._taken.clause)
        for rule in self._rules:
            value = values.get(rule.name)
            if isinstance(value, str):
                if not permits(rule.limit, value):
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

    def _beyond(self, rule: Rule, code: str, value: float | str) -> Finding:
        """The finding of a value outside its limit, in the limit's unit."""
        return Finding(code, self._severity[code], value, rule.text, rule.unit, rule.limit.clause)

    def _finding(self, code: str, value: Value = None, limit: str = "", unit: str = "") -> Finding:
        """A finding of the severity that its code has."""
        return Finding(code, self._severity[code], value, limit, unit)


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
