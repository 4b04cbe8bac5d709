"""Whose face it is, as far as one student's own comparisons tell; pure, like `decide`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from pipeline.core.measurements import BETWEEN
from pipeline.core.policy import Policy
from pipeline.core.types import SET_ASIDE, Comparison, Value

# The reference that the registry itself compares with: a photo that matches it is its student's.
REGISTRY_KIND = "admission"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two references of one student that do not show one person.

    Attributes:
        odd: The one that shows somebody else; None where the photo doesn't tell.
        pair: Both.
    """

    odd: Comparison | None
    pair: tuple[Comparison, Comparison]


def best_comparison(comparisons: Sequence[Comparison], policy: Policy) -> Comparison | None:
    """The comparison that counts, by `comparison.best`; None if nothing could be compared."""
    scored = [c for c in comparisons if c.score is not None and c.kind != SET_ASIDE]
    if not scored:
        return None
    if policy.comparison.best == "first":
        order = {kind: i for i, kind in enumerate(policy.comparison.order)}
        return min(scored, key=lambda c: order.get(c.kind, len(order)))
    return max(scored, key=lambda c: c.judged or 0.0)


def matches(comparison: Comparison, policy: Policy) -> bool:
    """Whether the photo shows the person on this reference, by its kind's threshold."""
    judged = comparison.judged
    return judged is not None and judged >= policy.comparison.of(comparison.kind).accept_from


def match_registry(comparisons: Sequence[Comparison], policy: Policy) -> bool:
    """Whether the photo matches an admission photo."""
    return any(c.kind == REGISTRY_KIND and matches(c, policy) for c in comparisons)


def between(one: str, other: str) -> str:
    """Name of the measurement that holds the score of two references, by their slots."""
    return f"{BETWEEN}{'~'.join(sorted((one, other)))}"


def conflict(
    values: Mapping[str, Value], comparisons: Sequence[Comparison], policy: Policy
) -> Conflict | None:
    """References of one student that contradict each other; None where they do not.

    Two contradict each other where the photo matches one and is clearly not the person on the
    other, or where they clearly do not match and the photo doesn't match both. Two that match each
    other never do: then the photo and one of them are far apart in years.
    """
    found = tuple(_conflicts(values, comparisons, policy))
    return next((c for c in found if c.odd is not None), found[0] if found else None)


def _conflicts(
    values: Mapping[str, Value], comparisons: Sequence[Comparison], policy: Policy
) -> Iterator[Conflict]:
    needed = policy.orientation.min_confidence
    upright = [
        c
        for c in comparisons
        if c.judged is not None and c.turn_confidence >= needed and c.kind != SET_ASIDE
    ]
    apart = policy.comparison.of("")  # scores of two references are not adjusted
    for one, other in combinations(upright, 2):
        score = values.get(between(one.slot, other.slot))
        alike = score if isinstance(score, float) else None
        if alike is not None and alike >= apart.accept_from:
            continue
        matched = [c for c in (one, other) if matches(c, policy)]
        others = [c for c in (one, other) if c not in matched]
        if len(matched) == 2:
            continue
        contradicts = alike is not None and alike < apart.flag_below
        if len(matched) == 1 and (contradicts or _differs(others[0], policy)):
            yield Conflict(others[0], (one, other))
        elif contradicts:
            yield Conflict(None, (one, other))


def _differs(comparison: Comparison, policy: Policy) -> bool:
    judged = comparison.judged
    return judged is not None and judged < policy.comparison.of(comparison.kind).flag_below
