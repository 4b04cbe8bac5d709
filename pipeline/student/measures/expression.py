"""Expression: the strongest mouth movement that no neutral face shows, 0-1."""

from __future__ import annotations

from pipeline.student.view.base import Measure, NotMeasuredError, View

_SIDED = ("mouthLowerDown", "mouthUpperUp", "mouthFrown", "mouthStretch")


def take(view: View) -> float:
    """Largest of MediaPipe's jawOpen and the mean of both sides of four mouth movements.

    Not the expression neutrality of ISO/IEC 29794-5, whose network cannot be had. Brows and eyes
    are left out: the network gives them high values on neutral faces too. A smile with closed lips
    is `smile`.

    Raises:
        NotMeasuredError: Without a mesh.
    """
    if view.mesh is None:
        raise NotMeasuredError("no face mesh")
    shapes = view.mesh.blendshapes
    sided = ((shapes[f"{name}Left"] + shapes[f"{name}Right"]) / 2 for name in _SIDED)
    return float(max(shapes["jawOpen"], *sided))


MEASURE = Measure("expression", "", take, below="EXPRESSION", above="EXPRESSION")
