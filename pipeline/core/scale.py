"""One scale for people: how alike two faces are, from 0 to 100, whatever the score's own units.

Scores of different recognisers, and adjusted ones, mean different things; only their place between
the two thresholds means the same everywhere. So the thresholds are always at the same two lines.
"""

from __future__ import annotations

from typing import Literal

LINES = (40, 60)  # where `flag_below` and `accept_from` lie
Band = Literal["below", "between", "above"]


def points(score: float, flag_below: float, accept_from: float) -> int:
    """The score's place: 40 and 60 at the thresholds, 0 for strangers, 100 for a cosine of 1.

    A score just short of a line is never rounded up to it.
    """
    low, high = LINES
    match band(score, flag_below, accept_from):
        case "above":
            share = (score - accept_from) / max(1.0 - accept_from, 1e-6)
            return min(100, high + int((100 - high) * share))
        case "between":
            share = (score - flag_below) / max(accept_from - flag_below, 1e-6)
            return min(high - 1, low + int((high - low) * share))
        case "below":
            bottom = min(0.0, flag_below - 0.2)
            share = (score - bottom) / max(flag_below - bottom, 1e-6)
            return max(0, min(low - 1, int(low * share)))


def band(score: float, flag_below: float, accept_from: float) -> Band:
    """On which side of the two thresholds a score lies, as `decide` sees it."""
    if score >= accept_from:
        return "above"
    return "between" if score >= flag_below else "below"
