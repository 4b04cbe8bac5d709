"""Where the eyes are in the pictures that are kept, so that people can lay one face upon another.

Kept as measurements of their own, one a picture: they are no property of the photo, and decide,
reports and comparisons of runs pass them over.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.measurements import EYES
from pipeline.core.types import Floats, Measurement


def eyes_in(slot: str, landmarks: Floats, width: int, height: int) -> Measurement:
    """The eyes of one kept picture as a word: "x1 y1 x2 y2", shares of its width and height.

    Args:
        slot: Of the picture.
        landmarks: (N, 2) px of the picture before it is made small; the first two are the
            subject's right eye and left eye. Shares stay the same in a thumbnail.
        width: Of that picture, px.
        height: Of that picture, px.
    """
    places = [f"{(x + 0.5) / width:.4f} {(y + 0.5) / height:.4f}" for x, y in landmarks[:2]]
    return Measurement(EYES + slot, " ".join(places))


def eyes_of(measurements: Mapping[str, Measurement]) -> dict[str, str]:
    """The words of `eyes_in` by slot, for the pictures that have one."""
    return {
        name.removeprefix(EYES): str(m.value)
        for name, m in measurements.items()
        if name.startswith(EYES)
    }
