"""MediaPipe's FaceLandmarker (Apache-2.0) on OpenVINO: 478 points, 52 blendshapes, pose matrix.

The steps are those of MediaPipe's own graph (`face_landmarker_graph.cc`): what the region of the
face shows (`models/face_region.py`), the mesh in it, blendshapes and pose from the mesh. All in
float32: bf16 moves points by 0.3 px of 384, seldom by 1.7, and saves a tenth of the time.

Input contract of the landmark network: (1, 256, 256, 3) float32 **RGB** 0-1. Outputs: 478 points in
its pixels, depth included; the logit that a face is there; the score of a tongue out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face_blendshapes import FaceBlendshapes
from models.face_pose import FacePose
from models.face_task import reader
from models.pixels import Takes
from models.runtime import Network
from pipeline.core.geometry import window
from pipeline.core.types import Mesh, Pixels

_SIDE = 256


class FaceMesh:
    """One face landmarker; finds at most one face a picture.

    Args:
        task: MediaPipe's `face_landmarker.task`.

    Raises:
        ModelError: If it cannot be loaded.
    """

    def __init__(self, task: Path) -> None:
        self._network = Network(
            task,
            (1, _SIDE, _SIDE, 3),
            reader=reader("face_landmarks_detector.tflite"),
            takes=Takes("NHWC", rgb=True, scale=255.0),
            kernels="jit_avx512",
        )
        self._blendshapes, self._pose = FaceBlendshapes(task), FacePose(task)

    def __call__(self, bgr: Pixels, frame: NDArray[np.float64]) -> Mesh | None:
        """The mesh in pixels of a picture, or None if no face is in the frame.

        Args:
            bgr: Upright (S, S, 3) BGR, the face filling a good part of it.
            frame: (2, 3) around the face, from `models.face_region`.
        """
        raw, presence, _ = self._network(window(bgr, frame, _SIDE)[None]).values()
        if presence.item() <= 0:  # the logit of a score of 0.5
            return None
        shares = raw.reshape(-1, 3) / _SIDE
        flat = shares[:, :2] @ frame[:, :2].T + frame[:, 2]
        # Depth has the scale of the frame's width.
        depth = shares[:, 2:] * np.linalg.norm(frame[:, 0])
        points = np.hstack((flat, depth)).astype(np.float32)
        return Mesh(
            points=points[:, :2],
            blendshapes=self._blendshapes(points[:, :2]),
            pose=self._pose(points, len(bgr)),
        )
