"""Thresholds of small cohorts, on many random ones: docs/accuracy.md.

    python bench/small_cohorts.py ../shared/data [--draws 100] [--sizes 30 60 100 200 400 700]

A cohort is drawn from all people of the measuring pictures: a first shot as photo, a second one as
reference, the same one where there is no other. 3 % are swapped in pairs, 2 % show a stranger. Told
are the true FMR at ACCEPT against all strangers outside the cohort, accidents accepted, and sound
students with two shots below ACCEPT.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from random_cohorts import Shot, shots

from pipeline.cohort.calibrate import non_mated, thresholds
from pipeline.cohort.gallery import Faces, Gallery, Norms, norms
from pipeline.core.policy import load_policy
from pipeline.core.types import Floats

STRANGERS, SWAPPED = 0.02, 0.03
POLICY = load_policy()
PUBLIC, RULES = POLICY.comparison.of("idcard"), POLICY.cohort.calibration
WANTED = 2e-4  # true FMR at most


def adjusted_outside(outside: Floats, references: Floats, normal: Norms | None) -> Floats:
    """Scores of strangers' photos with everybody's reference, as if each were handed in."""
    raw = outside @ references.T
    if normal is None:
        return raw
    own = np.stack((raw.mean(axis=1), raw.std(axis=1)), axis=1)
    return Norms(own, normal.reference, normal.typical).adjust(raw, slice(0, len(raw)))


def draw(found: Mapping[str, list[Shot]], size: int, seed: int) -> dict[str, float]:
    """What one random cohort comes to."""
    rng = random.Random(seed)  # noqa: S311 - a simulation
    names = rng.sample(sorted(found), min(size, len(found) - 20))
    others = sorted(set(found) - set(names))
    own = {name: rng.sample(found[name], min(2, len(found[name]))) for name in names}
    shown = {name: own[name][0].template for name in names}
    swapped = rng.sample(names, max(2, round(SWAPPED * len(names)) // 2 * 2))
    for one, other in zip(swapped[::2], swapped[1::2], strict=True):
        shown[one], shown[other] = shown[other], shown[one]
    strange = rng.sample(sorted(set(names) - set(swapped)), max(1, round(STRANGERS * len(names))))
    for name in strange:
        shown[name] = rng.choice(found[rng.choice(others)]).template
    photos = np.stack([shown[name] for name in names])
    references = np.stack([own[name][-1].template for name in names])
    gallery = Gallery(Faces.of(names, {}, photos), Faces.of(names, {}, references))
    normal, raw = norms(gallery), (photos * references).sum(axis=1)
    matching = {n for n, score in zip(names, raw, strict=True) if score >= PUBLIC.accept_from}
    limits, _ = thresholds(non_mated(gallery, normal, matching, RULES), PUBLIC, RULES)
    scores = {
        name: float(normal.adjust(raw[i : i + 1], i, slice(i, i + 1))[0]) if normal else raw[i]
        for i, name in enumerate(names)
    }
    outside = np.stack([rng.choice(found[name]).template for name in others])
    beyond = adjusted_outside(outside, references, normal)
    wrong = {*swapped, *strange}
    sound = [scores[n] for n in names if n not in wrong and len(own[n]) > 1]
    return {
        "accept": limits.accept_from,
        "fmr": float((beyond >= limits.accept_from).mean()),
        "accepted": sum(scores[name] >= limits.accept_from for name in wrong),
        "accidents": len(wrong),
        "review": sum(score < limits.accept_from for score in sound),
        "flag": sum(score < limits.flag_below for score in sound),
        "sound": len(sound),
    }


def main() -> None:
    """Print a row a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="+", default=(30, 60, 100, 200, 400, 700))
    arguments = parser.parse_args()
    found = shots(arguments.shared)
    for size in arguments.sizes:
        rows = [draw(found, size, seed) for seed in range(arguments.draws)]
        table = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        low, middle, high = np.quantile(table["accept"], (0.05, 0.5, 0.95))
        share = table["review"].sum() / table["sound"].sum()
        print(
            f"{size}: ACCEPT from {middle:.3f} ({low:.3f} to {high:.3f});"
            f" FMR within {WANTED:g} in {(table['fmr'] <= WANTED).sum()} of {len(rows)},"
            f" mean {table['fmr'].mean():.1e}, highest {table['fmr'].max():.1e};"
            f" accidents accepted {table['accepted'].sum():.0f} of {table['accidents'].sum():.0f};"
            f" sound below ACCEPT {table['review'].sum():.0f} of {table['sound'].sum():.0f}"
            f" ({share:.2%}), below FLAG {table['flag'].sum():.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
