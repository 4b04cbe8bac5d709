"""Hair over the brows: share of a strip above a brow that is not skin, the worse of both brows."""

from __future__ import annotations

import numpy as np

from pipeline.core.types import Floats
from pipeline.student.view.base import Measure, NotMeasuredError, View, eye_to_chin, skin_colour

# Upper edges of the brows from the temple inward (MediaPipe's FACEMESH_*_EYEBROW).
_BROWS = ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336))
_FROM, _TO = 0.06, 0.2  # the strip above a brow, in T: clear of the brow's own hair
_UNLIKE = 20.0  # ΔE*ab to the cheeks' skin that is hair, unless it is lighter


def take(view: View) -> float:
    """Hair that covers a brow from above covers the strip above it too; there skin would show.

    A pixel counts as hair when it is darker than the skin between eyes and mouth and 20 ΔE*ab from
    it. T is eye to chin (ISO/IEC 29794-5). Hair of the skin's own colour is missed.

    Raises:
        NotMeasuredError: Without a mesh or a segmenter, or if the forehead is outside the picture.
    """
    backdrop, points = view.backdrop, view.points
    skin = skin_colour(view)
    up = np.array((0, -eye_to_chin(points)), np.float32)
    shares = []
    for brow in _BROWS:
        edge = points[list(brow)]
        strip = np.concatenate((edge + up * _FROM, (edge + up * _TO)[::-1]))
        colours = backdrop.colours_in(strip)
        if not len(colours):
            raise NotMeasuredError("the forehead lies outside the picture")
        shares.append(_covered(colours, skin))
    return max(shares)


def _covered(lab: Floats, skin: Floats) -> float:
    apart = np.linalg.norm(lab - skin, axis=1)
    return float(((apart > _UNLIKE) & (lab[:, 0] < skin[0])).mean())


MEASURE = Measure("hair_over_brows", "", take, below="HAIR_OVER_BROWS", above="HAIR_OVER_BROWS")
