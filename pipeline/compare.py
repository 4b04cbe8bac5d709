"""Compare stage: templates of face crops, and one-to-one scores between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pipeline.geometry import mirror
from pipeline.types import Floats, Pixels

# From this score on a pair is the same person whatever its mirrored crops would add: they move a
# score by 0.01 on average and 0.08 at most, and of 41,040 public non-mated pairs the highest score
# without them is 0.52 (docs/accuracy.md).
SURE = 0.6


class Recogniser(Protocol):
    """A network that embeds aligned face crops."""

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        """(N, D) float32 vectors, of any length, of N (112, 112, 3) BGR crops."""


def embed(recogniser: Recogniser, crops: Sequence[Pixels]) -> list[Floats]:
    """Unit-length templates of aligned crops, each with its mirrored crop's vector added.

    A face and its mirror image are the same person, and the sum cancels some of the pose: FNMR on
    LFW East Asian at FMR 0.001 falls from 2.6 % to 1.2 % (docs/accuracy.md).
    """
    return _unit(recogniser(crops) + recogniser([mirror(crop) for crop in crops]))


def embed_together(recogniser: Recogniser, crops: Sequence[Pixels]) -> list[Floats]:
    """Templates of a photo's crop and then those of its references.

    The mirrored crops, half of the time, are spared where the photo and every reference are the
    same person without them.
    """
    plain = recogniser(crops)
    probe, *references = _unit(plain)
    if references and all(score(probe, reference) >= SURE for reference in references):
        return [probe, *references]
    return _unit(plain + recogniser([mirror(crop) for crop in crops]))


def score(probe: Floats, reference: Floats) -> float:
    """Comparison score of two unit-length templates: their cosine, -1 to 1, higher = more alike."""
    return float(probe @ reference)


def _unit(vectors: Floats) -> list[Floats]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return list((vectors / np.maximum(lengths, 1e-9)).astype(np.float32))
