"""Smile and other strong expression, 0-1, from the face mesh's blendshapes.

Not the neutral expression of ISO/IEC 29794-5: OFIQ takes that from networks that are not here, and
its mapping does not apply.
"""

from __future__ import annotations

from pipeline.student.view.base import Measure, NotMeasuredError, View


def take(view: View) -> float:
    """Mean of MediaPipe's mouthSmileLeft and mouthSmileRight."""
    shapes = view.mesh.blendshapes if view.mesh else {}
    if "mouthSmileLeft" not in shapes or "mouthSmileRight" not in shapes:
        raise NotMeasuredError("no face mesh")
    return (shapes["mouthSmileLeft"] + shapes["mouthSmileRight"]) / 2


MEASURE = Measure("smile", "", take, below="EXPRESSION", above="EXPRESSION")
