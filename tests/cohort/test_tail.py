"""The ACCEPT threshold joined of the cohort's own tail and public sets."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.cohort.calibrate import NonMated, thresholds
from pipeline.cohort.histograms import BINS, GROUPS, Counts, score_at
from pipeline.cohort.tail import fitted, joined
from pipeline.core.policy import load_policy

RULES = load_policy().cohort.calibration
FALLBACK = load_policy().comparison.of("idcard")
FMR, PUBLIC = RULES.accept_fmr, FALLBACK.accept_from


def drawn(pairs: int, scale: float = 0.02, start: float = 0.30, seed: int = 0) -> Counts:
    """Scores whose hundredth part lies above `start`, exponentially from there on."""
    rng = np.random.default_rng(seed)
    high = start + rng.exponential(scale, size=pairs // 100)
    scores = np.concatenate((rng.uniform(-0.1, start, size=pairs - len(high)), high))
    bins = np.clip((scores + 1) * BINS / 2, 0, BINS - 1).astype(np.int64)
    return np.asarray(np.bincount(bins, minlength=BINS), np.int64)


def at(scale: float) -> float:
    """The true score at the wanted false match rate."""
    return 0.30 + scale * float(np.log(RULES.tail_from / FMR))


@pytest.mark.parametrize("scale", [0.015, 0.02, 0.03])
def test_the_fitted_tail_finds_the_score_that_is_too_rare_to_be_seen(scale: float) -> None:
    counts = drawn(20_000, scale)
    assert fitted(counts, FMR, RULES) == pytest.approx(at(scale), abs=0.02)


def test_many_pairs_speak_for_themselves() -> None:
    counts = drawn(5_000_000)
    score, weight = joined(counts, FMR, PUBLIC, RULES)
    assert weight > 0.99
    assert score == pytest.approx(score_at(counts, FMR), abs=0.003)


def test_the_fewer_pairs_the_nearer_to_public_sets_and_the_more_cautious() -> None:
    scores = [joined(drawn(pairs), FMR, PUBLIC, RULES)[0] for pairs in (870, 3540, 9900, 160_000)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(PUBLIC + 40 * 0.03 / 870**0.5)
    assert scores[-1] < PUBLIC - 0.04


def test_a_handful_of_students_is_not_sent_to_review_as_a_whole() -> None:
    score, weight = joined(drawn(600) * 0 + (np.arange(BINS) == 500), FMR, PUBLIC, RULES)
    assert weight == 0
    assert score == pytest.approx(PUBLIC + 40 * 0.03 / 420**0.5)


def test_it_changes_without_a_jump_as_a_cohort_grows() -> None:
    """No size at which one estimate takes the other's place."""
    sizes = range(60_000, 160_000, 4_000)
    scores = [joined(drawn(pairs, seed=1), FMR, PUBLIC, RULES)[0] for pairs in sizes]
    assert np.abs(np.diff(scores)).max() < 0.006


def test_the_notes_say_what_weighs_how_much() -> None:
    groups = np.stack([drawn(500, seed=seed) for seed in range(GROUPS)])
    limits, notes = thresholds(NonMated(groups), FALLBACK, RULES)
    told = notes["accept_from"]
    assert isinstance(told, dict)
    low, high = told["interval"]
    assert low <= told["score"] <= high
    assert told["public"] == PUBLIC
    assert told["weight"] == pytest.approx(10_000 / 18_000, abs=0.01)
    assert "public sets' 0.460 weighing 44" in limits.provenance
    assert FALLBACK.provenance in limits.provenance
