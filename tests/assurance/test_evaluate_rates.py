"""Error rates on made-up scores with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assurance.evaluate.rates import (
    Pairs,
    det,
    enough,
    equal_error_rate,
    fnmr_at,
    threshold_at,
    upper_bound,
    wilson,
)

# A coarse grid, so that equal scores are common.
scores = st.lists(st.integers(-20, 20).map(lambda n: n / 20), min_size=1, max_size=60).map(np.array)


def within(values: np.ndarray) -> Pairs:
    """Mated pairs, each of a subject of its own."""
    numbers = np.arange(len(values))
    return Pairs(np.asarray(values, dtype=np.float64), numbers, numbers)


def between(values: np.ndarray, subjects: int) -> Pairs:
    """Non-mated pairs of neighbouring subjects."""
    numbers = np.arange(len(values)) % subjects
    return Pairs(np.asarray(values, dtype=np.float64), numbers, (numbers + 1) % subjects)


def test_threshold_lets_exactly_the_allowed_share_pass() -> None:
    non_mated = np.arange(1000) / 1000
    threshold = threshold_at(non_mated, 0.01)
    assert (non_mated >= threshold).sum() == 10
    assert threshold == math.nextafter(0.989, 1)


def test_equal_scores_at_the_threshold_all_fail() -> None:
    assert threshold_at(np.array([0.1] * 5 + [0.4] * 5), 0.1) == math.nextafter(0.4, 1)


def test_a_thousand_trials_are_enough_for_one_in_a_thousand() -> None:
    assert enough(1000, 0.001)
    assert enough(10_000, 0.0001)
    assert not enough(999, 0.001)


@given(scores, st.sampled_from([0.0, 0.001, 0.1, 1 / 3, 0.5, 1.0]))
def test_threshold_is_the_smallest_that_keeps_the_fmr(non_mated: np.ndarray, fmr: float) -> None:
    threshold = threshold_at(non_mated, fmr)

    def share(t: float) -> float:
        return float((non_mated >= t).mean())

    assert share(threshold) <= fmr + 1e-9
    if fmr < 1:
        assert share(math.nextafter(threshold, -1)) > fmr


def test_fnmr_by_hand() -> None:
    non_mated = between(np.arange(100) / 100, 20)  # FMR 0.1 from just above 0.89
    miss = fnmr_at(within(np.array([0.5, 0.89, 0.9, 0.95, 1.0])), non_mated, 0.1, 20)
    assert (miss.missed, miss.fnmr) == (2, 0.4)
    low, high = miss.interval
    assert 0 <= low <= 0.4 <= high <= 1


def test_nothing_missed_is_bounded_by_the_rule_of_three() -> None:
    miss = fnmr_at(within(np.full(60, 0.9)), between(np.arange(200) / 1000, 60), 0.01, 60)
    assert miss.fnmr == 0
    assert miss.interval == (0, 3 / 60)


@given(scores, scores)
def test_fnmr_falls_as_fmr_grows(mated: np.ndarray, non_mated: np.ndarray) -> None:
    rates = [(mated < threshold_at(non_mated, fmr)).mean() for fmr in (0.001, 0.01, 0.1, 0.5, 1)]
    assert rates == sorted(rates, reverse=True)


def test_eer_of_two_known_distributions() -> None:
    """Normal distributions two deviations apart meet at one deviation: 15.87 %."""
    quantiles = np.array([_normal_quantile((n + 0.5) / 4000) for n in range(4000)])
    assert equal_error_rate(quantiles + 2, quantiles) == pytest.approx(0.1587, abs=0.0005)


def test_eer_of_separated_and_of_equal_scores() -> None:
    assert equal_error_rate(np.array([0.8, 0.9]), np.array([0.1, 0.2])) == 0
    assert equal_error_rate(np.array([0.1, 0.2]), np.array([0.8, 0.9])) == 1
    same = np.arange(100) / 100
    assert equal_error_rate(same, same) == pytest.approx(0.5, abs=0.01)


def test_det_starts_at_all_pass_and_ends_at_all_missed() -> None:
    _, fmr, fnmr = det(np.array([0.5, 0.7, 0.7]), np.array([0.1, 0.5]))
    assert fmr.tolist() == [1, 0.5, 0, 0]
    assert fnmr.tolist() == [0, 0, pytest.approx(1 / 3), 1]


def test_interval_contains_the_truth_nineteen_times_in_twenty() -> None:
    """Subjects differ in how well they match themselves, so their pairs are not independent.

    True FNMR: scores are N(0, 1) for non-mated pairs, N(2.5, 1 + 0.5²) over subjects for mated.
    """
    random = np.random.default_rng(5)
    threshold = _normal_quantile(0.9)
    truth = _normal((threshold - 2.5) / math.sqrt(1.25))
    subjects, each, hits = 80, 4, 0
    for _ in range(60):
        own = random.normal(2.5, 0.5, subjects)
        who = np.repeat(np.arange(subjects), each)
        mated = Pairs(own[who] + random.normal(size=who.size), who, who)
        one, other = np.triu_indices(subjects, 1)
        pick = random.choice(one.size, 600, replace=False)
        non_mated = Pairs(random.normal(size=600), one[pick], other[pick])
        low, high = fnmr_at(mated, non_mated, 0.1, subjects).interval
        hits += low <= truth <= high
    assert hits >= 53


def test_pairs_of_one_subject_widen_the_interval() -> None:
    """The same scores are less evidence when ten subjects gave them than when two hundred did."""
    random = np.random.default_rng(1)
    mated = np.concatenate((np.zeros(20), np.ones(180)))
    non_mated = between(random.uniform(0, 0.9, 400), 200)
    few = Pairs(mated, np.arange(200) // 20, np.arange(200) // 20)
    widths = [
        np.subtract(*fnmr_at(pairs, non_mated, 0.01, 200).interval[::-1])
        for pairs in (within(mated), few)
    ]
    assert widths[1] > 2 * widths[0]


def test_same_seed_same_interval() -> None:
    mated, non_mated = within(np.linspace(0, 1, 50)), between(np.linspace(-0.5, 0.6, 300), 50)
    assert fnmr_at(mated, non_mated, 0.01, 50) == fnmr_at(mated, non_mated, 0.01, 50)


def test_wilson_against_published_values() -> None:
    """Newcombe 1998, table I: 81/263, 15/148 and 0/20."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0, 1)


def test_upper_bound() -> None:
    assert upper_bound(0, 20_000) == 1.5e-4
    assert upper_bound(0, 0) == upper_bound(0, 2) == 1
    assert 1 / 1000 < upper_bound(1, 1000) < 0.006


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def _normal_quantile(p: float) -> float:
    low, high = -9.0, 9.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _normal(middle) < p else (low, middle)
    return low
