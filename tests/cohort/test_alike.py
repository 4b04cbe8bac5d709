"""Whom a photo of nobody's resembles most: proposed to people, in order, and only when searched."""

from __future__ import annotations

import json

import numpy as np

from pipeline.cohort.gallery import Faces, Galleries, Gallery
from pipeline.cohort.owners import most_alike
from pipeline.core.measurements import ALIKE
from pipeline.core.types import Floats

STRAY = "extra:1:a.jpg"


def vectors(*angles: float) -> Floats:
    """Unit vectors in a plane: the cosine of two is that of the angle between them."""
    return np.array([(np.cos(a), np.sin(a)) for a in np.radians(angles)], dtype=np.float32)


def galleries() -> Galleries:
    photos = Faces.of(("s1", STRAY), {}, vectors(50, 0))
    cards = Faces.of(("s1", "s2", "s3"), {}, vectors(60, 20, 40))
    admissions = Faces.of(("s2", "s3"), {}, vectors(80, 10))
    return {
        "idcard": (Gallery(photos, cards), None),
        "admission": (Gallery(photos, admissions), None),
    }


def test_students_come_in_order_each_by_the_reference_that_fits_best() -> None:
    ((key, told),) = most_alike([STRAY], galleries(), 2)
    assert (key, told.name) == (STRAY, ALIKE)
    found = json.loads(str(told.value))
    assert [(student, kind) for student, kind, _ in found] == [
        ("s3", "admission"),
        ("s2", "idcard"),
    ]
    assert [score for *_, score in found] == [
        round(float(np.cos(np.radians(a))), 4) for a in (10, 20)
    ]


def test_a_photo_without_a_face_resembles_nobody() -> None:
    assert list(most_alike(["extra:2:b.jpg"], galleries(), 5)) == []
