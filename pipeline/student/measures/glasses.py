"""Glasses: how dark the bridge of a frame stands out between the eyes, as a share of the skin."""

from __future__ import annotations

import numpy as np

from pipeline.core.opencv import cv2
from pipeline.student.view.base import Measure, View
from pipeline.student.view.eye_area import Span

_BRIDGE: tuple[Span, Span] = (-0.1, 0.1), (-0.25, 0.3)
_THICKEST = 0.14  # of a bridge, in eye distances


def take(view: View) -> float:
    """Depth of the darkest narrow line that crosses the root of the nose, over the skin's luma.

    After Jiang, Binkert, Achermann and Bunke, "Towards detection of glasses in facial images",
    Pattern Analysis and Applications 3 (2000): the bridge between the eyes is what no bare face
    has. Here: the medians of the rows of a strip there, their morphological closing (9 px at 64 px
    between the eyes) minus themselves. Rimless and gold frames are no darker than skin and missed;
    deep frowns look like a bridge.

    Raises:
        NotMeasuredError: Without a mesh, or when the eyes are too small or outside.
    """
    eyes = view.eyes
    rows = np.median(eyes.luma[eyes.window(*_BRIDGE)], axis=1).astype(np.float32)[:, None]
    kernel = np.ones((max(3, round(_THICKEST * eyes.apart)), 1), np.uint8)
    depth = cv2.morphologyEx(rows, cv2.MORPH_BLACKHAT, kernel)
    return float(np.max(depth)) / eyes.skin


MEASURE = Measure("glasses", "", take, below="GLASSES", above="GLASSES")
