"""A file that was set aside and looks more like the reference is proposed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.cohort.gallery import NO_FACES, Faces
from pipeline.cohort.set_aside import better_files

MARGIN = 0.1


def faces(**vectors: tuple[float, float]) -> Faces:
    table: NDArray[np.float32] = np.array(list(vectors.values()), dtype=np.float32)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    return Faces.of(tuple(vectors), {}, table)


def told(photos: Faces, asides: dict[int, Faces], *references: Faces) -> dict[str, object]:
    names = {"a": ("a1.jpg", "a2.jpg"), "b": ("b1.jpg",)}
    found = better_files(photos, asides, references, names, MARGIN)
    return {key: measurement.value for key, measurement in found}


def test_the_best_of_several_is_named_with_both_scores() -> None:
    photos = faces(a=(0, 1), b=(1, 0))
    asides = {0: faces(a=(1, 1), b=(1, 0)), 1: faces(a=(1, 0))}
    references = faces(a=(1, 0), b=(1, 0))
    assert told(photos, asides, references) == {"a": "a2.jpg (1.00 > 0.00)"}


def test_within_the_margin_nothing_is_proposed() -> None:
    photos, reference = faces(a=(1.0, 0.3)), faces(a=(1, 0))
    assert told(photos, {0: faces(a=(1, 0))}, reference) == {}


def test_the_best_reference_of_each_counts() -> None:
    photos, kinds = faces(a=(0, 1)), (faces(a=(1, 0)), faces(a=(0, 1)))
    assert told(photos, {0: faces(a=(1, 0))}, *kinds) == {}


def test_a_photo_without_a_face_is_beaten_by_any() -> None:
    assert told(NO_FACES, {1: faces(a=(1, 0))}, faces(a=(1, 0))) == {"a": "a2.jpg (1.00)"}


def test_without_a_reference_nothing_is_proposed() -> None:
    assert told(faces(a=(0, 1)), {0: faces(a=(1, 0))}) == {}
