"""Scores of strangers as counts in bins, and scores read off them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

BINS = 1000  # of width 0.002 over scores -1 to 1
GROUPS = 20  # of students, for the interval
_DRAWS = 500


def score_at(counts: Counts, fmr: float) -> float:
    """Smallest bin edge that at most `fmr` of the non-mated scores reach, (BINS,) counts."""
    reached = np.cumsum(counts[::-1])[::-1]  # scores in this bin or a higher one
    allowed = np.flatnonzero(reached <= fmr * counts.sum())
    return float(2.0 * (allowed[0] if allowed.size else BINS) / BINS - 1.0)


def interval(counts: Counts, read: Callable[[Counts], float], seed: int = 0) -> tuple[float, float]:
    """95 % interval of a score by bootstrap over groups of students.

    Args:
        counts: (GROUPS, BINS).
        read: The score from (BINS,) counts.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(counts), size=(_DRAWS, len(counts)))
    scores = [read(counts[draw].sum(axis=0)) for draw in draws]
    low, high = np.quantile(scores, (0.025, 0.975))
    return float(low), float(high)
