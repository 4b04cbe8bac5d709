"""Decide stage: a pure function from measurements and policy to findings and a decision.

Nothing here looks at a pixel, a file or a clock, so a new policy re-decides a stored batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pipeline.policy import Limit, Policy, Profile
from pipeline.quality import Measure, measures
from pipeline.quality.colour_space import delta_e
from pipeline.reasons import ACCEPTED, OTHER, catalogue
from pipeline.types import (
    Assessment,
    Comparison,
    Decision,
    Finding,
    Measurement,
    Severity,
    TurnCw,
)

Measurements = Mapping[str, Measurement]

_TURN_CODES: dict[TurnCw, str] = {90: "SIDEWAYS_LEFT", 180: "UPSIDE_DOWN", 270: "SIDEWAYS_RIGHT"}
# Of equally severe findings the first of these gives the category: a wrong person outweighs a
# turn, and a turn outweighs the rest.
_RANK = ("NOT_ME", "UPSIDE_DOWN", "SIDEWAYS_LEFT", "SIDEWAYS_RIGHT")


def decide(
    seen: Measurements, comparisons: Sequence[Comparison], policy: Policy, profile: Profile
) -> Assessment:
    """Judge one student.

    Args:
        seen: Measurements by name, as `pipeline.engines` and `pipeline.cohort` produce them.
        comparisons: One a reference file; a score is None where it could not be compared.
        policy: Thresholds and severities.
        profile: The photo standard's limits.
    """
    best = best_comparison(comparisons, policy)
    findings = (
        *_intake(seen, policy),
        *_orientation(seen, policy),
        *_identity(seen, comparisons, best, policy),
        *_standard(seen, policy, profile),
    )
    ordered = tuple(sorted(findings, key=_weight))
    sure = _sure_turn(seen, policy)
    return Assessment(
        decision=_decision(ordered),
        category=_category(ordered),
        findings=ordered,
        turn_cw=_as_turn(_number(seen, "turn_cw")) if sure else None,
        roll_deg=_number(seen, "roll_deg") if sure else None,
        reference=best.kind if best else "",
        score=best.score if best else None,
        adjusted=best.adjusted if best else None,
        looks_like=_word(seen, "cohort.looks_like"),
    )


def best_comparison(comparisons: Sequence[Comparison], policy: Policy) -> Comparison | None:
    """The comparison that counts, by `comparison.best`; None if nothing could be compared."""
    scored = [c for c in comparisons if c.score is not None]
    if not scored:
        return None
    if policy.comparison.best == "first":
        order = {kind: i for i, kind in enumerate(policy.comparison.order)}
        return min(scored, key=lambda c: order.get(c.kind, len(order)))
    return max(scored, key=lambda c: c.judged or 0.0)


def _intake(seen: Measurements, policy: Policy) -> Iterator[Finding]:
    """Findings about files and roster rows."""
    for name, code in (
        ("source.photo_clash", "NAME_CLASH"),
        ("source.id_number_fault", "ID_NUMBER_INVALID"),
        ("photo_error", "UNREADABLE"),
        ("assess_error", "NOT_ASSESSED"),
        ("cohort.duplicate_of", "DUPLICATE_PHOTO"),
        ("cohort.copy_of", "COPIED_PHOTO"),
    ):
        if word := _word(seen, name):
            yield Finding(code, policy.severity_of(code), word)
    if _number(seen, "source.photo_files") == 0:
        yield Finding("MISSING_PHOTO", policy.severity_of("MISSING_PHOTO"))
    if _word(seen, "source.extra_photo"):
        yield Finding("EXTRA_PHOTO", policy.severity_of("EXTRA_PHOTO"))


def _orientation(seen: Measurements, policy: Policy) -> Iterator[Finding]:
    """Findings about how the picture is turned."""
    tag = _number(seen, "exif_orientation")
    if tag is not None and tag != 1:
        yield Finding("EXIF_ORIENTATION", policy.severity_of("EXIF_ORIENTATION"), tag, "1")
    if _number(seen, "faces_found") == 0:
        yield Finding("NO_FACE", policy.severity_of("NO_FACE"))
        return
    turn = _as_turn(_number(seen, "turn_cw"))
    if turn is not None and not _sure_turn(seen, policy):
        limit = f"≥ {policy.orientation.min_confidence:g}"
        code = "ORIENTATION_UNCERTAIN"
        yield Finding(code, policy.severity_of(code), _number(seen, "turn_confidence"), limit)
    elif turn:
        code = _TURN_CODES[turn]
        yield Finding(code, policy.severity_of(code), float(turn), "0", "°")


def _identity(
    seen: Measurements,
    comparisons: Sequence[Comparison],
    best: Comparison | None,
    policy: Policy,
) -> Iterator[Finding]:
    """Findings about whose face it is."""
    if best is not None and best.judged is not None:
        limits = policy.comparison.of(best.kind)
        if best.judged < limits.accept_from:
            # A face compared the wrong way up scores low, so an unsure turn never flags.
            sure = _sure_turn(seen, policy) and (
                best.turn_confidence >= policy.orientation.min_confidence
            )
            flag = sure and best.judged < limits.flag_below
            severity = policy.severity_of("NOT_ME")
            if not flag:
                severity = min(severity, Severity.REVIEW)
            limit = f"≥ {limits.accept_from:.3f}"
            yield Finding("NOT_ME", severity, best.judged, limit, clause=limits.provenance)
    elif _number(seen, "source.reference_files") == 0:
        yield Finding("NO_REFERENCE", policy.severity_of("NO_REFERENCE"))
    for comparison in comparisons:
        if comparison.error:
            # Another reference that could be compared makes this one a remark.
            code = "REFERENCE_UNUSABLE"
            severity = Severity.ADVICE if best else policy.severity_of(code)
            yield Finding(code, severity, f"{comparison.kind}: {comparison.error}")
    for name, code in (
        ("cohort.swapped_with", "SWAPPED"),
        ("cohort.looks_like", "LOOKS_LIKE_OTHER"),
        ("cohort.same_face", "SAME_FACE"),
    ):
        if other := _word(seen, name):
            yield Finding(code, policy.severity_of(code), other)


def _standard(seen: Measurements, policy: Policy, profile: Profile) -> Iterator[Finding]:
    """Findings about the photo standard: every measured value against the profile's limit."""
    unmeasured: list[str] = []
    weight = Severity.ADVICE
    for name, limit in profile.limits.items():
        measurement, measure = seen.get(name), measures()[name]
        if measurement is None:
            continue
        if measurement.value is None and measurement.error:
            unmeasured.append(f"{name} ({measurement.error})")
            weight = max(weight, policy.severity_of(measure.above))
        elif (finding := _against(measurement, measure, limit, policy, profile)) is not None:
            yield finding
    # Without a face NO_FACE already says why nothing else could be measured.
    if unmeasured and _number(seen, "faces_found"):
        yield Finding("NOT_ASSESSED", weight, ", ".join(unmeasured))


def _against(
    measurement: Measurement, measure: Measure, limit: Limit, policy: Policy, profile: Profile
) -> Finding | None:
    """The finding of one value outside its limit, in the limit's unit; None if it is inside."""
    value, unit = measurement.value, measure.unit
    if isinstance(value, float | int):
        if measure.per:
            scale, unit = _scale(measure, profile)
            value *= scale
        if limit.min is not None and value < limit.min:
            code = measure.below
        elif limit.max is not None and value > limit.max:
            code = measure.above
        else:
            return None
    elif value is not None and not _permits(limit, value):
        code = measure.above
    else:
        return None
    return Finding(code, policy.severity_of(code), value, limit.text, unit, limit.clause)


def _scale(measure: Measure, profile: Profile) -> tuple[float, str]:
    """What a stored fraction is multiplied by: pixels of the frame, or per cent without one."""
    if profile.frame is None:
        return 100.0, "%"
    frame = profile.frame
    return float(frame.width_px if measure.per == "width" else frame.height_px), measure.unit


def _permits(limit: Limit, word: str) -> bool:
    """Whether a word is allowed, or a colour near enough to one of the limit's."""
    if limit.near and limit.max is not None:
        return min(delta_e(word, colour) for colour in limit.near) <= limit.max
    return not limit.allowed or word in limit.allowed


def _weight(finding: Finding) -> tuple[int, int, int]:
    """Sort key: worst first, then by rank, then in the catalogue's order."""
    rank = _RANK.index(finding.code) if finding.code in _RANK else len(_RANK)
    return -finding.severity, rank, _places()[finding.code]


@cache
def _places() -> dict[str, int]:
    """Each reason's place in the catalogue."""
    return {code: place for place, code in enumerate(catalogue())}


def _decision(ordered: Sequence[Finding]) -> Decision:
    worst = max((f.severity for f in ordered), default=Severity.ADVICE)
    return {
        Severity.ADVICE: Decision.ACCEPT,
        Severity.REVIEW: Decision.REVIEW,
        Severity.FLAG: Decision.FLAG,
    }[worst]


def _category(ordered: Sequence[Finding]) -> str:
    """The registry's own word for the worst finding."""
    if _decision(ordered) is Decision.ACCEPT:
        return ACCEPTED
    return catalogue()[ordered[0].code].registry or OTHER


def _sure_turn(seen: Measurements, policy: Policy) -> bool:
    """Whether the machine is sure enough to say how the photo is turned."""
    confidence = _number(seen, "turn_confidence")
    return confidence is not None and confidence >= policy.orientation.min_confidence


def _number(seen: Measurements, name: str) -> float | None:
    measurement = seen.get(name)
    value = measurement.value if measurement else None
    return value if isinstance(value, float | int) else None


def _word(seen: Measurements, name: str) -> str:
    measurement = seen.get(name)
    value = measurement.value if measurement else None
    return value if isinstance(value, str) else ""


def _as_turn(value: float | None) -> TurnCw | None:
    turns: dict[float, TurnCw] = {0: 0, 90: 90, 180: 180, 270: 270}
    return None if value is None else turns.get(value)
