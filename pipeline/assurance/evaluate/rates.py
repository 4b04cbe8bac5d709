"""Error rates and how sure they are: pure functions of scores and counts.

Words as in ISO/IEC 19795-1: FMR is the share of non-mated comparisons that reach the threshold,
FNMR the share of mated ones that do not; both over completed comparisons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Counts = NDArray[np.int64]

TARGETS = (0.1, 0.01, 0.001, 0.0001)
DRAWS = 1000
_SEED = 20261123
_Z95 = 1.959964  # two-sided 95 % of the normal distribution
_Z95_ONE_SIDED = 1.644854
_BLOCK = 10_000_000  # weights held at a time, 80 MB
_ROUNDING = 1e-9  # keeps 0.001 x 1,000 trials at one trial


@dataclass(frozen=True, slots=True)
class Pairs:
    """Completed comparisons of one kind.

    Attributes:
        scores: (N,) comparison scores, higher = more alike.
        one: (N,) index of the subject on one side.
        other: (N,) index of the subject on the other; the same for a mated pair.
    """

    scores: Scores
    one: Counts
    other: Counts


@dataclass(frozen=True, slots=True)
class Miss:
    """FNMR at one FMR.

    Attributes:
        threshold: Smallest score t such that the share of non-mated scores >= t is <= `fmr`.
        missed: Mated scores below it.
        interval: 95 % interval of `fnmr`.
    """

    fmr: float
    threshold: float
    missed: int
    fnmr: float
    interval: tuple[float, float]


def threshold_at(non_mated: Scores, fmr: float) -> float:
    """The smallest score t such that the share of non-mated scores >= t is <= `fmr`.

    It is the next floating-point number above the highest non-mated score that may not pass.
    """
    allowed = math.floor(fmr * non_mated.size + _ROUNDING)
    if allowed >= non_mated.size:
        return float(non_mated.min())
    return math.nextafter(float(np.sort(non_mated)[::-1][allowed]), math.inf)


def enough(trials: int, fmr: float) -> bool:
    """Whether the FMR is at least one non-mated trial: 1/FMR trials or more."""
    return trials * fmr >= 1 - _ROUNDING


def fnmr_at(mated: Pairs, non_mated: Pairs, fmr: float, subjects: int) -> Miss:
    """FNMR at the threshold of an FMR, with its bootstrap interval over subjects.

    With nothing missed the bootstrap knows no spread; then the interval ends at 3/N (rule of
    three), or 1 where that is less.
    """
    threshold = threshold_at(non_mated.scores, fmr)
    missed = int((mated.scores < threshold).sum())
    low, high = _interval(mated, non_mated, fmr, subjects)
    if missed == 0:
        high = max(high, min(1.0, 3 / mated.scores.size))
    return Miss(fmr, threshold, missed, missed / mated.scores.size, (low, high))


def det(mated: Scores, non_mated: Scores) -> tuple[Scores, Scores, Scores]:
    """Every operating point: thresholds ascending, FMR (falls) and FNMR (rises) at each."""
    thresholds = np.unique(np.concatenate((mated, non_mated, (np.inf,))))
    passed = non_mated.size - np.searchsorted(np.sort(non_mated), thresholds, "left")
    missed = np.searchsorted(np.sort(mated), thresholds, "left")
    return thresholds, passed / non_mated.size, missed / mated.size


def equal_error_rate(mated: Scores, non_mated: Scores) -> float:
    """Where FMR and FNMR meet: their mean at the threshold where they differ least."""
    _, fmr, fnmr = det(mated, non_mated)
    at = int(np.abs(fmr - fnmr).argmin())
    return float(fmr[at] + fnmr[at]) / 2


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) without trials."""
    return _wilson(hits, trials, _Z95) if trials else (0.0, 1.0)


def upper_bound(errors: int, trials: int) -> float:
    """One-sided 95 % upper bound of an error rate: 3/n at no error, else Wilson's; 1 at most."""
    if trials == 0:
        return 1.0
    return min(1.0, 3 / trials) if errors == 0 else _wilson(errors, trials, _Z95_ONE_SIDED)[1]


def _wilson(hits: int, trials: int, z: float) -> tuple[float, float]:
    share = hits / trials
    centre = share + z * z / (2 * trials)
    reach = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    scale = 1 + z * z / trials
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


def _interval(mated: Pairs, non_mated: Pairs, fmr: float, subjects: int) -> tuple[float, float]:
    """95 % percentile interval of the FNMR, threshold and misses drawn anew together.

    Subjects are drawn with replacement. A pair of two subjects counts as often as both were drawn
    (the product); the pairs within one subject as often as that subject was.
    """
    random = np.random.default_rng(_SEED)
    falling, rising = _ordered(non_mated)[::-1], _ordered(mated)
    block = max(1, _BLOCK // max(1, falling.size, rising.size))
    rates: list[Scores] = []
    for start in range(0, DRAWS, block):
        draws = random.multinomial(
            subjects, np.full(subjects, 1 / subjects), min(block, DRAWS - start)
        )
        thresholds = _thresholds(_weights(draws, non_mated, falling), non_mated, falling, fmr)
        rates.append(_missed(_weights(draws, mated, rising), mated.scores[rising], thresholds))
    known = np.concatenate(rates)
    known = known[~np.isnan(known)]
    if not known.size:
        return 0.0, 1.0
    low, high = np.percentile(known, (2.5, 97.5))
    return float(low), float(high)


def _ordered(pairs: Pairs) -> Counts:
    return np.argsort(pairs.scores, kind="stable")


def _weights(draws: Counts, pairs: Pairs, order: Counts) -> Scores:
    """(draws, N): how often each pair, in this order, counts in each draw."""
    one, other = pairs.one[order], pairs.other[order]
    weight = draws[:, one] * np.where(one == other, 1, draws[:, other])
    return weight.astype(np.float64)


def _thresholds(weights: Scores, pairs: Pairs, order: Counts, fmr: float) -> Scores:
    """(draws,): `threshold_at` with weights, scores falling; NaN where no pair was drawn."""
    passed = weights.cumsum(axis=1)
    drawn = passed[:, -1]
    beyond = passed > (fmr * drawn + _ROUNDING)[:, None]
    found = np.nextafter(pairs.scores[order][beyond.argmax(axis=1)], np.inf)
    return np.where(drawn > 0, found, np.nan)


def _missed(weights: Scores, rising: Scores, thresholds: Scores) -> Scores:
    """(draws,): weighted share of the scores below each draw's threshold; NaN where unknown."""
    below = np.concatenate((np.zeros((len(weights), 1)), weights.cumsum(axis=1)), axis=1)
    count = np.searchsorted(rising, thresholds, "left")
    drawn = below[:, -1]
    share = below[np.arange(len(below)), count] / np.where(drawn > 0, drawn, 1)
    return np.where((drawn > 0) & ~np.isnan(thresholds), share, np.nan)


def subject_indices(names: Sequence[str]) -> dict[str, int]:
    """A number for every subject, in the order of first mention."""
    return {name: number for number, name in enumerate(dict.fromkeys(names))}
