"""YuNet face detector (OpenCV Zoo, MIT) on OpenVINO.

Input contract: (N, 3, S, S) float32 **BGR** 0-255, S a multiple of 32; finds faces of about
10-300 px. Decoding after OpenCV's `face_detect.cpp`: per stride 8, 16, 32 the score is
sqrt(cls · obj), boxes and points are offsets from the grid cell in strides.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.pixels import Takes
from models.runtime import Batches
from pipeline.core.types import Face, Floats, Pixels

_TAKES = Takes("NCHW", rgb=False)
_STRIDES = (8, 16, 32)
_IOU = 0.3  # OpenCV's default for FaceDetectorYN


class YuNet:
    """Detector for square pictures of `side` px; each batch size is compiled when first met."""

    def __init__(self, path: Path, side: int = 160) -> None:
        self.side = side
        self._network = Batches(path, (side, side, 3), _TAKES)
        self._grids = {stride: _grid(side // stride) for stride in _STRIDES}

    def __call__(self, squares: list[Pixels], threshold: float) -> list[list[Face]]:
        """Faces of each (S, S, 3) BGR picture with at least this score, best first."""
        out = self._network(np.stack(squares))
        # The graph's own reshapes fold the batch into the rows, picture by picture.
        split = {n: rows.reshape(len(squares), -1, rows.shape[-1]) for n, rows in out.items()}
        return [self._decode(split, i, threshold) for i in range(len(squares))]

    def _decode(self, out: dict[str, Floats], index: int, threshold: float) -> list[Face]:
        boxes, points, scores = [], [], []
        for stride, grid in self._grids.items():
            cls = np.clip(out[f"cls_{stride}"][index, :, 0], 0, 1)
            obj = np.clip(out[f"obj_{stride}"][index, :, 0], 0, 1)
            score = np.sqrt(cls * obj)
            keep = np.flatnonzero(score >= threshold)
            if keep.size == 0:
                continue
            raw, cell = out[f"bbox_{stride}"][index, keep], grid[keep]
            size = np.exp(raw[:, 2:]) * stride
            centre = (cell + raw[:, :2]) * stride
            boxes.append(np.concatenate((centre - size / 2, size), axis=1))
            offsets = out[f"kps_{stride}"][index, keep].reshape(-1, 5, 2)
            points.append((cell[:, None, :] + offsets) * stride)
            scores.append(score[keep])
        if not scores:
            return []
        return suppress(np.concatenate(boxes), np.concatenate(points), np.concatenate(scores))


def suppress(boxes: Floats, points: Floats, scores: Floats, iou: float = _IOU) -> list[Face]:
    """Non-maximum suppression; faces best first. boxes (N, 4), points (N, 5, 2), scores (N,)."""
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, iou)
    return [
        Face(boxes[i].astype(np.float32), points[i].astype(np.float32), float(scores[i]))
        for i in np.asarray(kept).reshape(-1)
    ]


def _grid(cells: int) -> Floats:
    """(cells², 2) column and row of each grid cell, row by row."""
    rows, columns = np.divmod(np.arange(cells * cells), cells)
    return np.stack((columns, rows), axis=1).astype(np.float32)
