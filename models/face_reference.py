"""MediaPipe's own FaceLandmarker: what `models/facemesh.py` is compared with, on this machine too.

It gives the same answers on the same square picture in more time: points typically lie within
hundredths of a pixel of each other, where a face is cut off or tiny up to a few pixels.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipeline.core.types import Mesh, Pixels


@contextmanager
def _quiet() -> Iterator[None]:
    """Send the native layer's start-up chatter nowhere; no environment variable stops it.

    Its failures come as Python exceptions and are not hidden.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path of ours
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class FaceReference:
    """One face landmarker of MediaPipe Tasks; finds at most one face a picture.

    It holds native threads: `close()` it, its own `__del__` at interpreter exit prints a traceback.

    Args:
        task: MediaPipe's `face_landmarker.task`.
    """

    def __init__(self, task: Path) -> None:
        # Half a second, which no process spends that only looks at pictures.
        import mediapipe
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=task.read_bytes()),
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        self._image, self._srgb = mediapipe.Image, mediapipe.ImageFormat.SRGB
        with _quiet():
            self._task = vision.FaceLandmarker.create_from_options(options)
            self(np.zeros((64, 64, 3), dtype=np.uint8))  # the graph starts with its first picture

    def __call__(self, bgr: Pixels) -> Mesh | None:
        """The mesh in pixels of this (H, W, 3) picture, or None if no face is found."""
        rgb = np.ascontiguousarray(bgr[:, :, ::-1])
        result = self._task.detect(self._image(image_format=self._srgb, data=rgb))
        if not result.face_landmarks:
            return None
        height, width = bgr.shape[:2]
        points = np.array([(p.x * width, p.y * height) for p in result.face_landmarks[0]])
        return Mesh(
            points=points.astype(np.float32),
            blendshapes={c.category_name: float(c.score) for c in result.face_blendshapes[0]},
            pose=np.asarray(result.facial_transformation_matrixes[0], dtype=np.float32),
        )

    def close(self) -> None:
        """Release the native task."""
        self._task.close()
