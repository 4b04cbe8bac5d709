"""Compare stage: one-to-one scores between unit-length face templates."""

from __future__ import annotations

from pipeline.types import Floats


def score(probe: Floats, reference: Floats) -> float:
    """Comparison score of two unit-length templates: their cosine, -1 to 1, higher = more alike."""
    return float(probe @ reference)
