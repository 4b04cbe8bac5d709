"""Single face present of ISO/IEC 29794-5: how large the second face is beside the first."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View
from pipeline.student.view.scalars import bounded


def take(view: View) -> float:
    """Area of the largest other face's box / area of the subject's; 0 with no other, 1 at most."""
    subject = float(view.face.face.box[2] * view.face.face.box[3])
    others = [float(other.box[2] * other.box[3]) for other in view.face.others]
    return min(1.0, max(others, default=0.0) / max(subject, 1e-6))


def component(raw: float) -> float:
    """100 · (1 - raw), OFIQ SingleFacePresent."""
    return bounded(100 * (1 - raw))


MEASURE = Measure(
    "single_face", "", take, below="SECOND_FACE", above="SECOND_FACE", scalar=component
)
