"""SFace recogniser (OpenCV Zoo, Apache-2.0) on OpenVINO, from the folded fp32 file.

Input contract: (N, 3, 112, 112) float32 **RGB** 0-255, aligned to the ArcFace template
(`core.geometry.align`); the normalisation is inside the graph. Output (N, 128); templates are
compared by cosine.

Rounded when it is loaded, it computes in whole numbers: the same to the last bit on every
processor, in 0.36 to 0.6 of float32's time (`models.whole_numbers`, docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov

from models.layers import chain
from models.runtime import Batches
from models.whole_graph import graph
from models.whole_numbers import stages
from pipeline.core.types import Floats, Pixels

SIDE = 112


class SFace:
    """Embeds aligned face crops, two at a time: a photo and its reference."""

    name = "sface"
    # Mirrored crops move a score by 0.01 on average and 0.08 at most, and of 889,683 public
    # non-mated pairs the highest score without them is 0.51 (docs/accuracy.md).
    sure = 0.6

    def __init__(self, path: Path) -> None:
        self._network = Batches(path, (3, SIDE, SIDE), kernels="brgconv_avx2", reader=read)

    def prepare(self) -> None:
        """Compile what will be called later and is not kept yet: batches of up to two."""
        self._network.prepare(2)

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        """(N, 128) float32 vectors, of any length, of N (112, 112, 3) BGR crops."""
        rgb = np.stack(crops)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        return self._network.in_pairs(rgb)


def read(core: ov.Core, path: Path) -> ov.Model:
    """The network of a file, in whole numbers."""
    return graph("data", SIDE, stages(chain(core.read_model(path))))


RECOGNISER, WEIGHT = SFace, "sface_folded"
