"""One photo under two names, and references that contradict: docs/accuracy.md.

    python bench/duplicates.py ../shared/data [--cohorts 20] [--size 150]

Each random cohort is of people with two shots. A tenth of the students hand in the photo of another
one, half as the same file and half saved anew; of another tenth the ID card is another's, their
admission photo their own. Told: owners that are flagged or not accepted, others that are not
flagged, wrong cards found and owned, and what is said of everybody else.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

from random_cohorts import night, shots, students

from pipeline.core.policy import load_policy
from pipeline.core.types import Decision

SHARE = 0.1


def main() -> None:
    """Print the counts of all cohorts together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--cohorts", type=int, default=20)
    parser.add_argument("--size", type=int, default=150)
    arguments = parser.parse_args()
    found, policy = shots(arguments.shared, 2), load_policy(None, {"cohort": {"one_to_many": True}})
    told: Counter[str] = Counter()
    for seed in range(arguments.cohorts):
        rng = random.Random(seed)  # noqa: S311 - a simulation
        names = rng.sample(sorted(found), arguments.size)
        seen = students(found, names, rng, ("admission", "idcard"))
        count = round(SHARE * len(names))
        owners, takers, wrong = (
            names[:count],
            names[count : 2 * count],
            names[2 * count : 3 * count],
        )
        for place, (owner, taker) in enumerate(zip(owners, takers, strict=True)):
            seen[taker].photo, same = seen[owner].photo, place % 2 == 0
            seen[owner].sha256, seen[taker].sha256 = owner, owner if same else taker
        for one, other in zip(wrong, names[3 * count :], strict=False):
            seen[one].references = {
                **seen[one].references,
                "idcard": seen[other].references["idcard"],
            }
        judged, _ = night(seen, policy)
        for name, one in judged.items():
            codes = {finding.code for finding in one.findings}
            part = "owner" if name in owners else "taker" if name in takers else "sound"
            part = "wrong card" if name in wrong else part
            told[part] += 1
            told[f"{part}: {one.decision}"] += 1
            for code in codes:
                told[f"{part}: {code}"] += 1
            if name in wrong and one.decision is not Decision.ACCEPT:
                told["wrong card seen"] += 1
    for name, count in sorted(told.items()):
        print(f"{name}: {count}")


if __name__ == "__main__":
    main()
