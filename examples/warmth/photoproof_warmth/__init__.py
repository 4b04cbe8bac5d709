"""How warm the light on a face is: an example of a measure from another package."""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from pipeline.core.extensions import Extension
from pipeline.student.measures import Measure, NotMeasuredError, View


def warmth(view: View) -> float:
    """Mean red minus mean blue of the face's box, 0-255; positive is warm.

    Raises:
        NotMeasuredError: Without a face, or when its box lies outside the picture.
    """
    x, y, width, height = (round(float(v)) for v in view.face.face.box)
    face = view.face.bgr[max(0, y) : y + height, max(0, x) : x + width]
    if face.size == 0:
        raise NotMeasuredError("the face lies outside the picture")
    blue, _, red = np.mean(face, axis=(0, 1))
    return float(red - blue)


EXTENSION = Extension(
    measures=(Measure("warmth", "", warmth, below="LIGHT_COLD", above="LIGHT_WARM"),),
    reasons={"LIGHT_COLD": "advice", "LIGHT_WARM": "review"},
    words=files(__name__).joinpath("words"),
    version=1,
)
