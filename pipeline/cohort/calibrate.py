"""Thresholds from this cohort's own non-mated pairs.

A score is judged against what strangers of the *same* cohort score: thresholds from press photos
let strangers pass (at one recogniser's usual threshold 60 % did, on young East Asian adults). Every
photo is compared with every other student's reference, within one sex where the roster says it;
the thresholds are scores at policy false match rates (FMR).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.gallery import Gallery, Norms
from pipeline.core.policy import CalibrationPolicy, ComparisonPolicy, Thresholds

Counts = NDArray[np.int64]

BINS = 1000  # of width 0.002 over scores -1 to 1
GROUPS = 20  # of students, for the interval
_DRAWS = 500


@dataclass(frozen=True, slots=True)
class NonMated:
    """Scores of one kind's non-mated pairs as counts; holds nothing about any one person.

    Attributes:
        counts: (GROUPS, BINS), by group of the photo's student.
        left_out: Pairs that look like one person and were not counted.
        adjusted: Whether the scores are adjusted by `Norms`.
    """

    counts: Counts
    left_out: int = 0
    adjusted: bool = False

    @property
    def pairs(self) -> int:
        """Pairs counted."""
        return int(self.counts.sum())


def non_mated(
    gallery: Gallery, norms: Norms | None, matching: Collection[str], policy: CalibrationPolicy
) -> NonMated:
    """The score distribution of strangers.

    Pairs from `policy.same_face_from` on are left out: at that score two students' pictures most
    likely show one person (a swap, a twin, one person enrolled twice), who would set the threshold
    for everybody.

    Args:
        gallery: Photos and references of one kind.
        norms: To adjust the scores by; None leaves them as they are.
        matching: Students whose photo matches their own reference. Only they count: a swapped
            photo is no stranger to its owner's reference.
        policy: The contamination limit, and how many photos are counted at most.
    """
    counts = np.zeros((GROUPS, BINS), dtype=np.int64)
    left_out = 0
    step = max(1, -(-len(gallery.photo_keys) // policy.sample))
    known = np.array([key in matching for key in gallery.reference_keys], dtype=bool)
    for rows, scores, strangers in gallery.blocks():
        sound = np.array([key in matching for key in gallery.photo_keys[rows]], dtype=bool)
        valid = strangers & sound[:, None] & known[None, :]
        alike = valid & (scores >= policy.same_face_from)
        left_out += int(alike.sum())
        valid ^= alike
        # A photo at a time, so that what is worked out of its scores stays in the cache.
        for row in range(-rows.start % step, len(scores), step):
            photo, own = rows.start + row, scores[row]
            adjusted = own if norms is None else norms.adjust(own, photo)
            counts[photo % GROUPS] += np.bincount(_bin(adjusted[valid[row]]), minlength=BINS)
    return NonMated(counts, left_out, norms is not None)


def score_at(counts: Counts, fmr: float) -> float:
    """Smallest bin edge that at most `fmr` of the non-mated scores reach, (BINS,) counts."""
    reached = np.cumsum(counts[::-1])[::-1]  # scores in this bin or a higher one
    allowed = np.flatnonzero(reached <= fmr * counts.sum())
    return float(2.0 * (allowed[0] if allowed.size else BINS) / BINS - 1.0)


def interval(counts: Counts, fmr: float, seed: int = 0) -> tuple[float, float]:
    """95 % interval of `score_at` by bootstrap over groups of students, (GROUPS, BINS) counts."""
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(counts), size=(_DRAWS, len(counts)))
    scores = [score_at(counts[draw].sum(axis=0), fmr) for draw in draws]
    low, high = np.quantile(scores, (0.025, 0.975))
    return float(low), float(high)


def calibrated(
    comparison: ComparisonPolicy, seen: Mapping[str, NonMated], policy: CalibrationPolicy
) -> tuple[ComparisonPolicy, dict[str, dict[str, object]]]:
    """The comparison policy with this cohort's thresholds by reference kind, and how they came."""
    table = dict(comparison.thresholds)
    notes: dict[str, dict[str, object]] = {}
    for kind, distribution in seen.items():
        table[kind], notes[kind] = thresholds(distribution, comparison.of(kind), policy)
    return comparison.model_copy(update={"thresholds": table}), notes


def thresholds(
    seen: NonMated, fallback: Thresholds, policy: CalibrationPolicy
) -> tuple[Thresholds, dict[str, object]]:
    """FLAG and ACCEPT thresholds of one reference kind, and how they came about.

    A target FMR is read from the cohort only where at least `policy.min_exceedances` non-mated
    scores lie above it; else the fallback (public sets) stands. Neither goes below its floor.
    """
    notes: dict[str, object] = {
        "pairs": seen.pairs,
        "left_out": seen.left_out,
        "adjusted": seen.adjusted,
    }
    said = []
    values = []
    for name, fmr, floor, otherwise in (
        ("flag_below", policy.flag_fmr, policy.flag_floor, fallback.flag_below),
        ("accept_from", policy.accept_fmr, policy.accept_floor, fallback.accept_from),
    ):
        if seen.pairs * fmr < policy.min_exceedances:
            notes[name] = {"fmr": fmr, "from": "fallback", "score": otherwise}
            values.append(otherwise)
            said.append(f"{name} {otherwise:.3f} from the fallback")
            continue
        score, (low, high) = score_at(seen.counts.sum(axis=0), fmr), interval(seen.counts, fmr)
        notes[name] = {"fmr": fmr, "from": "cohort", "score": score, "interval": [low, high]}
        values.append(round(max(score, floor), 3))
        held = ", held at its floor" if floor > score else ""
        said.append(f"{name} {score:.3f} at FMR {fmr:g}, 95 % {low:.3f} to {high:.3f}{held}")
    provenance = f"this cohort, {seen.pairs:,} non-mated pairs: {'; '.join(said)}"
    if any("fallback" in words for words in said):
        provenance += f" ({fallback.provenance})"
    limits = Thresholds(flag_below=min(values), accept_from=max(values), provenance=provenance)
    return limits, notes


def _bin(scores: NDArray[np.floating[Any]]) -> Counts:
    bins: Counts = np.clip((scores + 1.0) * (BINS / 2), 0, BINS - 1).astype(np.int64)
    return bins
