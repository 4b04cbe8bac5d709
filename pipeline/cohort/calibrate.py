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
from pipeline.cohort.histograms import BINS, GROUPS, Counts, interval, score_at
from pipeline.cohort.tail import joined
from pipeline.core.policy import CalibrationPolicy, ComparisonPolicy, Thresholds


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


def sampled(
    gallery: Gallery, norms: Norms | None, count: int, seed: int = 0
) -> tuple[Gallery, Norms | None]:
    """So many photos and references of a gallery, drawn at random, the same for the same seed.

    What is normal for each of their pictures stays what it is among all.
    """
    rng = np.random.default_rng(seed)
    photos, references = (
        np.sort(rng.choice(len(keys), min(count, len(keys)), replace=False))
        for keys in (gallery.photo_keys, gallery.reference_keys)
    )
    some = norms and Norms(norms.photo[photos], norms.reference[references], norms.typical)
    return gallery.part(photos, references), some


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

    The FLAG threshold is read off the cohort where at least `policy.min_exceedances` non-mated
    scores lie above it; else the fallback (public sets) stands. The ACCEPT threshold joins both
    (`tail`). Neither goes below its floor.
    """
    notes: dict[str, object] = {
        "pairs": seen.pairs,
        "left_out": seen.left_out,
        "adjusted": seen.adjusted,
    }
    flag, flag_words = _flag_below(seen, fallback, policy, notes)
    accept, accept_words = _accept_from(seen, fallback, policy, notes)
    provenance = f"this cohort, {seen.pairs:,} non-mated pairs: {flag_words}; {accept_words}"
    if "public" in flag_words + accept_words:
        provenance += f" ({fallback.provenance})"
    limits = Thresholds(
        flag_below=min(flag, accept), accept_from=max(flag, accept), provenance=provenance
    )
    return limits, notes


def _flag_below(
    seen: NonMated, fallback: Thresholds, policy: CalibrationPolicy, notes: dict[str, object]
) -> tuple[float, str]:
    """The threshold and its words; noted in passing."""
    fmr, name = policy.flag_fmr, "flag_below"
    if seen.pairs * fmr < policy.min_exceedances:
        notes[name] = {"fmr": fmr, "from": "fallback", "score": fallback.flag_below}
        return fallback.flag_below, f"{name} {fallback.flag_below:.3f} from public sets"
    score = score_at(seen.counts.sum(axis=0), fmr)
    low, high = interval(seen.counts, lambda counts: score_at(counts, fmr))
    notes[name] = {"fmr": fmr, "from": "cohort", "score": score, "interval": [low, high]}
    held = ", held at its floor" if policy.flag_floor > score else ""
    words = f"{name} {score:.3f} at FMR {fmr:g}, 95 % {low:.3f} to {high:.3f}{held}"
    return round(max(score, policy.flag_floor), 3), words


def _accept_from(
    seen: NonMated, fallback: Thresholds, policy: CalibrationPolicy, notes: dict[str, object]
) -> tuple[float, str]:
    """The same of the ACCEPT threshold."""
    fmr, public, name = policy.accept_fmr, fallback.accept_from, "accept_from"
    score, weight = joined(seen.counts.sum(axis=0), fmr, public, policy)
    if not weight:
        notes[name] = {"fmr": fmr, "from": "fallback", "score": score, "public": public}
        return round(score, 3), f"{name} {score:.3f} from public sets"
    low, high = interval(seen.counts, lambda counts: joined(counts, fmr, public, policy)[0])
    notes[name] = {
        **{"fmr": fmr, "from": "cohort", "score": score, "interval": [low, high]},
        **{"public": public, "weight": round(weight, 3)},
    }
    held = ", held at its floor" if policy.accept_floor > score else ""
    theirs = f", public sets' {public:.3f} weighing {1 - weight:.1%}" if weight < 0.99 else ""
    words = f"{name} {score:.3f} at FMR {fmr:g}, 95 % {low:.3f} to {high:.3f}{theirs}{held}"
    return round(max(score, policy.accept_floor), 3), words


def _bin(scores: NDArray[np.floating[Any]]) -> Counts:
    bins: Counts = np.clip((scores + 1.0) * (BINS / 2), 0, BINS - 1).astype(np.int64)
    return bins
