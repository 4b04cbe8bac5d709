"""BlazeFace short range (MediaPipe, Apache-2.0) on OpenVINO.

Input contract: (N, 128, 128, 3) float32 **RGB** -1 to 1. 896 anchors: two a cell of a 16 x 16
grid, six a cell of an 8 x 8 grid; offsets in pixels of the 128 px input (MediaPipe's
`ssd_anchors_calculator` and `face_detection_short_range`). Six points: right eye, left eye, nose
tip, mouth **centre**, right and left ear; the mouth centre stands for both mouth corners here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.pixels import Takes
from models.runtime import Batches
from models.yunet import suppress
from pipeline.core.types import Face, Floats, Pixels

SIDE = 128
_TAKES = Takes("NHWC", rgb=True, mean=127.5, scale=127.5)
_POINTS = (0, 1, 2, 3, 3)
_FINE = 2 * 16 * 16  # anchors of the fine grid


class BlazeFace:
    """Detector for square pictures of 128 px; each batch size is compiled when first met."""

    side = SIDE

    def __init__(self, path: Path) -> None:
        self._network = Batches(path, (SIDE, SIDE, 3), _TAKES)
        self._anchors = anchors()

    def prepare(self) -> None:
        """Compile what will be called later and is not kept yet: batches of up to four."""
        self._network.prepare(4)

    def __call__(self, squares: list[Pixels], threshold: float) -> list[list[Face]]:
        """Faces of each (128, 128, 3) BGR picture with at least this score, best first."""
        out = self._network(np.stack(squares))
        logits, regressors = (
            _by_picture(out[n], len(squares)) for n in ("classificators", "regressors")
        )
        # MediaPipe clips at ±100; float32 already saturates at ±50.
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[..., 0], -50, 50)))
        return [self._decode(*one, threshold) for one in zip(scores, regressors, strict=True)]

    def _decode(self, scores: Floats, regressors: Floats, threshold: float) -> list[Face]:
        keep = np.flatnonzero(scores >= threshold)
        if keep.size == 0:
            return []
        raw, anchor = regressors[keep], self._anchors[keep]
        centre, size = raw[:, :2] + anchor, raw[:, 2:4]
        boxes = np.concatenate((centre - size / 2, size), axis=1)
        points = raw[:, 4:].reshape(-1, 6, 2)[:, _POINTS] + anchor[:, None, :]
        return suppress(boxes.astype(np.float32), points, scores[keep])


def _by_picture(rows: Floats, count: int) -> Floats:
    """(count, 896, C) from the graph's rows: all pictures' fine grids, then all coarse ones."""
    fine, coarse = np.split(rows[0], [count * _FINE])
    return np.concatenate(
        [grid.reshape(count, -1, rows.shape[-1]) for grid in (fine, coarse)], axis=1
    )


def anchors() -> Floats:
    """(896, 2) anchor centres in pixels of the input: the fine grid's, then the coarse one's."""
    return np.concatenate((_centres(16, 2), _centres(8, 6))) * SIDE


def _centres(cells: int, repeat: int) -> Floats:
    """(cells² · repeat, 2) anchor centres as fractions, row by row."""
    rows, columns = np.divmod(np.arange(cells * cells), cells)
    grid = (np.stack((columns, rows), axis=1) + 0.5) / cells
    return np.repeat(grid, repeat, axis=0).astype(np.float32)
