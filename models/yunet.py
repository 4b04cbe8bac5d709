"""YuNet face detector (OpenCV Zoo, MIT) on OpenVINO.

Input contract: (N, 3, S, S) float32 **BGR** 0-255, S a multiple of 32; finds faces of about
10-300 px. Decoding after OpenCV's `face_detect.cpp`: per stride 8, 16, 32 the score is
sqrt(cls · obj), boxes and points are offsets from the grid cell in strides.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import openvino as ov
from openvino import opset13

from models.compiled import Reader
from models.pixels import Takes
from models.runtime import Batches
from pipeline.core.types import Face, Floats, Pixels

_TAKES = Takes("NCHW", rgb=False)
_STRIDES = (8, 16, 32)
# What the graph says of each cell: two scores, the box, five points.
_PARTS = ("cls", "obj", "bbox", "kps")
_IOU = 0.3  # OpenCV's default for FaceDetectorYN


class YuNet:
    """Detector for square pictures of `side` px; each batch size is compiled when first met."""

    def __init__(self, path: Path, side: int = 160) -> None:
        self.side = side
        self._network = Batches(path, (side, side, 3), _TAKES, reader=_joined(side))
        grids = [_grid(side // stride) for stride in _STRIDES]
        self._cells: Floats = np.concatenate(grids)
        counts = [len(grid) for grid in grids]
        self._strides: Floats = np.repeat(np.array(_STRIDES, np.float32), counts)

    def prepare(self) -> None:
        """Compile what will be called later and is not kept yet: batches of up to four."""
        self._network.prepare(4)

    def __call__(self, squares: list[Pixels], threshold: float) -> list[list[Face]]:
        """Faces of each (S, S, 3) BGR picture with at least this score, best first."""
        (rows,) = self._network(np.stack(squares)).values()
        surely = np.clip(rows[..., :2], 0, 1)
        scores = np.sqrt(surely[..., 0] * surely[..., 1])
        return [self._decode(*one, threshold) for one in zip(rows, scores, strict=True)]

    def _decode(self, rows: Floats, scores: Floats, threshold: float) -> list[Face]:
        """Faces of one picture: (M, 16) what the graph says of its cells, and (M,) their scores."""
        keep = np.flatnonzero(scores >= threshold)
        if keep.size == 0:
            return []
        cell, stride = self._cells[keep], self._strides[keep, None]
        raw = rows[keep]
        size = np.exp(raw[:, 4:6]) * stride
        centre = (cell + raw[:, 2:4]) * stride
        boxes: Floats = np.concatenate((centre - size / 2, size), axis=1)
        points: Floats = (cell[:, None] + raw[:, 6:].reshape(-1, 5, 2)) * stride[:, None]
        return suppress(boxes, points, scores[keep])


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


def _joined(side: int) -> Reader:
    """Reads the graph with one output, (N, M, 16): a row a cell, stride by stride, of all parts.

    Its own outputs are twelve, with the pictures of a batch one after the other in each.
    """

    def read(core: ov.Core, path: Path) -> ov.Model:
        model = core.read_model(path)
        # A result is no value: what it is given is.
        parts = {out.any_name: out.get_node().input_value(0) for out in model.outputs}
        strides = []
        for stride in _STRIDES:
            rows = opset13.concat([parts[f"{name}_{stride}"] for name in _PARTS], 2)
            shape = [-1, (side // stride) ** 2, rows.shape[2]]
            strides.append(opset13.reshape(rows, shape, special_zero=False))
        cells = opset13.concat(strides, 1)
        cells.output(0).set_names({"cells"})
        return ov.Model([cells], model.get_parameters())

    return read
