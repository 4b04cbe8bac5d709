"""Sharpness of the face: variance of the Laplacian of its luma, at a fixed face size."""

from __future__ import annotations

from pipeline.core.opencv import cv2
from pipeline.student.view.base import Measure, View


def take(view: View) -> float:
    """Variance of the 3 x 3 Laplacian over the aligned 112 px face, luma 0-255.

    Aligned first, so that a large soft picture and a small crisp one are judged alike. The
    Laplacian's variance as a focus measure: Pech-Pacheco et al. 2000.
    """
    return float(cv2.Laplacian(view.aligned_luma, cv2.CV_64F).var())


MEASURE = Measure("sharpness", "", take, below="BLUR", above="BLUR")
