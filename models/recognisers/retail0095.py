"""face-reidentification-retail-0095 (Intel Open Model Zoo, Apache-2.0) on OpenVINO, from its IR.

Input contract: (N, 3, 128, 128) float32 **BGR** 0-255, aligned to the ArcFace template
(`core.geometry.align`) and cut to its middle (`tight`); scaling and exchange of channels are inside
the graph. Output (N, 256, 1, 1); templates are compared by cosine. An optional second
recogniser, see `docs/accuracy.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.runtime import Batches
from pipeline.core.geometry import tight
from pipeline.core.types import Floats, Pixels

SIDE = 128


class Retail0095:
    """Embeds aligned face crops, two at a time: a photo and its reference."""

    name = "retail0095"
    # Mirrored crops move a score by 0.015 on average and 0.12 at most, and of 48,740 public
    # non-mated pairs the highest score without them is 0.64 (docs/accuracy.md).
    sure = 0.78

    def __init__(self, path: Path) -> None:
        self._network = Batches(path, (3, SIDE, SIDE))

    def prepare(self) -> None:
        """Compile what will be called later and is not kept yet: batches of up to two."""
        self._network.prepare(2)

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        """(N, 256) float32 vectors, of any length, of N (112, 112, 3) BGR crops."""
        framed = np.stack([tight(crop, SIDE) for crop in crops])
        return self._network.in_pairs(framed.transpose(0, 3, 1, 2).astype(np.float32))


RECOGNISER, WEIGHT = Retail0095, "retail0095"
