"""Shares that people add up: one decimal of a percent each, 100.0 together."""

from __future__ import annotations

from collections.abc import Mapping

_TENTHS = 1000


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Percent of each part of a whole, to one decimal, so that they add up to 100.0.

    By largest remainder (Hamilton's method): each is rounded down, and what is missing goes, a
    tenth each, to those that lost most; of two alike to the one whose name comes first, so that
    every output says the same.

    Args:
        counts: Parts that do not overlap; none below 0.

    Returns:
        Percent by part, in the same order; all 0 where there is nothing.
    """
    total = sum(counts.values())
    if not total:
        return dict.fromkeys(counts, 0.0)
    tenths = {key: count * _TENTHS // total for key, count in counts.items()}
    by_loss = sorted(counts, key=lambda key: (-(counts[key] * _TENTHS % total), key))
    for key in by_loss[: _TENTHS - sum(tenths.values())]:
        tenths[key] += 1
    return {key: tenth / 10 for key, tenth in tenths.items()}
