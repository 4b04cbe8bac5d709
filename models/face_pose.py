"""How a face is turned: MediaPipe's fit of its canonical face to the mesh (Apache-2.0).

After MediaPipe's `geometry_pipeline.cc` and `procrustes_solver.cc`. The camera is assumed to see
63 degrees from top to bottom. The network's depth has no true zero, so the face's scale is
estimated twice: from the points as they appear, then from where that scale puts them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face_task import member
from pipeline.core.types import Floats

_METADATA = "geometry_pipeline_metadata_landmarks.binarypb"
_POINTS = 468  # of the mesh without irises
_VERTEX = 5  # numbers a vertex: x, y, z and two of texture
# Height of what the camera sees at 1 cm, where MediaPipe puts its picture plane.
_HEIGHT = 2 * math.tan(math.radians(63.0 / 2))


class FacePose:
    """The canonical face, and the points of it that no expression moves much.

    Args:
        task: MediaPipe's `face_landmarker.task`.

    Raises:
        ModelError: If the file is no such zip.
    """

    def __init__(self, task: Path) -> None:
        # GeometryPipelineMetadata: 1 canonical mesh, 2 weighted points; Mesh3d: 3 vertices.
        fields = list(_fields(member(task, _METADATA)))
        (mesh,) = (value for number, value in fields if number == 1)
        packed = b"".join(value for number, value in _fields(mesh) if number == 3)
        vertices = np.frombuffer(packed, "<f4").reshape(-1, _VERTEX)[:, :3]
        # WeightedLandmarkRef: 1 index, 2 weight.
        basis = [dict(_fields(value)) for number, value in fields if number == 2]
        self._basis = [int.from_bytes(point[1], "little") for point in basis]
        weights = np.frombuffer(b"".join(point[2] for point in basis), "<f4")
        self._weights = weights / weights.sum(dtype=np.float64)
        face = vertices[self._basis].astype(np.float64)
        self._middle = self._weights @ face
        self._spread = self._weights[:, None] * (face - self._middle)
        self._size = float(np.sum(self._spread * face))

    def __call__(self, points: Floats, side: int) -> Floats:
        """(4, 4) canonical face to camera, centimetres.

        Args:
            points: (478, 3) px of a square picture; depth grows away from the camera.
            side: Of the picture, px.
        """
        shares = points[:_POINTS].astype(np.float64) / side
        depth = (shares[:, 2] - shares[:, 2].mean()) * _HEIGHT
        flat = (shares[self._basis, :2] - 0.5) * (_HEIGHT, -_HEIGHT)
        seen = np.column_stack((flat, -depth[self._basis]))
        first, _ = self._fit(seen)
        second, _ = self._fit(_unprojected(seen, first))
        metric = _unprojected(seen, first * second)
        scale, turn = self._fit(metric)
        pose = np.eye(4, dtype=np.float32)
        pose[:3, :3] = scale * turn
        pose[:3, 3] = self._weights @ metric - scale * turn @ self._middle
        return pose

    def _fit(self, seen: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Scale and (3, 3) turn that bring the canonical face nearest to (N, 3) points.

        Formula: Akca 2003, Generalized Procrustes analysis, section 2.4.
        """
        left, strength, right = np.linalg.svd(seen.T @ self._spread)
        # Where the nearest turn would be a mirroring, its weakest direction is reversed.
        if np.linalg.det(left @ right) < 0:
            left[:, 2] *= -1
            strength[2] *= -1
        return float(strength.sum()) / self._size, left @ right


def _unprojected(seen: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Points on the picture plane, 1 cm off, moved to where a face of this scale has them."""
    away = (1 - seen[:, 2]) / scale
    return np.column_stack((seen[:, :2] * away[:, None], -away))


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each field of a protobuf message; a number's bytes, lowest first.

    The three kinds of field that the metadata has; https://protobuf.dev/programming-guides/encoding.
    """
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            value |= (message[at] & 0x7F) << shift
            shift += 7
            at += 1
            if message[at - 1] < 0x80:
                return value

    while at < len(message):
        tag = number()
        kind = tag & 7
        if kind == 0:
            yield tag >> 3, number().to_bytes(8, "little")
            continue
        length = number() if kind == 2 else 4
        at += length
        yield tag >> 3, message[at - length : at]
