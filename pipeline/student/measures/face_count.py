"""Number of faces that count: the subject and every other face of comparable size."""

from __future__ import annotations

from pipeline.student.view.base import Measure, View

# Share of the subject's face height. Smaller faces are posters, bystanders far behind or false
# alarms in clothing; ISO/IEC 29794-5 "single face present" also compares the second face's size.
COMPARABLE = 0.5


def take(view: View) -> float:
    """1 + others at least COMPARABLE as high as the subject's face."""
    portrait = view.face
    height = portrait.face.box[3]
    return 1.0 + sum(bool(other.box[3] >= COMPARABLE * height) for other in portrait.others)


MEASURE = Measure("face_count", "", take, below="NO_FACE", above="MULTIPLE_FACES")
