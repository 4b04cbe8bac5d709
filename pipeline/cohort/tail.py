"""The score that almost no stranger reaches, from a cohort's own strangers and the public ones.

A small cohort has too few pairs of strangers to read FMR 1e-4 off them: 60 students have 3,540. But
the scores that one stranger in a hundred reaches are there, and beyond them tails of strangers fall
off alike, nearly exponentially, in every set looked at. So three estimates are joined, each by the
number of pairs that speak for it: the tail fitted to the cohort's own highest scores, the score
read off them where there are enough, and the threshold of public sets.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.cohort.histograms import BINS, Counts, score_at
from pipeline.core.policy import CalibrationPolicy

# Pairs of 21 students, from whom on scores are adjusted; fewer raise the threshold no further.
_FEWEST = 21 * 20


def joined(
    counts: Counts, fmr: float, public: float, policy: CalibrationPolicy
) -> tuple[float, float]:
    """The score at a false match rate, and how much of it is the cohort's own.

    Args:
        counts: (BINS,) non-mated scores.
        fmr: Wanted; below `policy.tail_from`.
        public: The threshold of public sets.
        policy: How much each estimate weighs.

    Returns:
        The score; the cohort's weight, 0 to 1. Few pairs raise the public threshold: what is normal
        for a face is then known badly (`docs/accuracy.md`).
    """
    pairs = int(counts.sum())
    if not pairs:
        return public, 0.0
    root = math.sqrt(max(pairs, _FEWEST))
    cautious = public + policy.public_margin * policy.tail_scale / root
    if pairs * policy.tail_from < policy.min_exceedances:
        return cautious, 0.0
    exceeding = pairs * fmr
    seen = exceeding / (exceeding + policy.min_exceedances)
    own = seen * score_at(counts, fmr) + (1 - seen) * fitted(counts, fmr, policy)
    weight = pairs / (pairs + policy.public_pairs)
    return weight * own + (1 - weight) * cautious, weight


def fitted(counts: Counts, fmr: float, policy: CalibrationPolicy) -> float:
    """The score at a false match rate of an exponential tail, (BINS,) counts.

    Its scale is the mean excess over the score at `policy.tail_from` (the maximum likelihood), with
    `policy.min_exceedances` public excesses of `policy.tail_scale` on average among them.
    """
    start = score_at(counts, policy.tail_from)
    middles = (np.arange(BINS) + 0.5) * 2 / BINS - 1
    above = middles >= start
    number = int(counts[above].sum()) + policy.min_exceedances
    excess = float(((middles - start) * counts)[above].sum())
    scale = (excess + policy.min_exceedances * policy.tail_scale) / number
    return start + scale * math.log(policy.tail_from / fmr)
