"""SFace recogniser (OpenCV Zoo, Apache-2.0) on OpenVINO, from the folded fp32 file.

Input contract: (N, 3, 112, 112) float32 **RGB** 0-255, aligned to the ArcFace template
(`pipeline.geometry.align`); the normalisation is inside the graph. Output (N, 128); templates are
compared by cosine.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.runtime import Network
from pipeline.types import Floats, Pixels

SIDE = 112


class SFace:
    """Makes unit-length templates from aligned face crops."""

    name = "sface"

    def __init__(self, path: Path) -> None:
        self._network = Network(path, (2, 3, SIDE, SIDE))

    def __call__(self, crop: Pixels) -> Floats:
        """(128,) float32 template of unit length of one (112, 112, 3) BGR crop.

        The mirrored crop's vector is added: a face and its mirror image are the same person, and
        the sum cancels some of the pose.
        """
        rgb = crop[:, :, ::-1].astype(np.float32).transpose(2, 0, 1)
        pair = np.stack((rgb, rgb[:, :, ::-1]))
        vector = self._network(np.ascontiguousarray(pair))["fc1"].sum(axis=0)
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)
