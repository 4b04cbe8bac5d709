"""All photos of a cohort against all references of one kind, and what is normal for each face.

Some faces score high with many strangers, and some groups of students resemble each other more than
others do. So a score is adjusted by what the same photo, and the same reference, score with the
other students' pictures: symmetric score normalisation (S-norm; Auckenthaler et al. 2000, Kenny
2010), rescaled so that for a typical student the adjusted score equals the cosine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Floats

Mask = NDArray[np.bool_]
Reals = NDArray[np.float64]

# Fewer other students than this say too little about what is normal for a face.
MIN_OTHERS = 50
BLOCK = 2_000_000  # scores at a time: 8 MB, whatever the cohort's size
_SEX = {"male": 1, "female": 2}
_OPPOSITE = 3  # what two known and different sexes add up to


@dataclass(frozen=True, slots=True)
class Face:
    """One template.

    Attributes:
        key: Whose.
        sex: "male", "female" or "" when the roster does not say.
        vector: Unit length.
    """

    key: str
    sex: str
    vector: Floats


@dataclass(frozen=True, slots=True)
class Side:
    """The photos, or the references, of a gallery.

    Attributes:
        vectors: (N, D) unit-length templates.
        student: (N,) number of the student, the same on both sides; a student comes once a side.
        sex: (N,) 1 male, 2 female, 0 not known.
    """

    vectors: Floats
    student: NDArray[np.int32]
    sex: NDArray[np.int8]


class Gallery:
    """Photos against references: scores in blocks, never all at once."""

    def __init__(self, photos: Sequence[Face], references: Sequence[Face]) -> None:
        # Numbers instead of words: 20,000 x 20,000 comparisons of strings would take minutes.
        number = {face.key: i for i, face in enumerate((*photos, *references))}
        self.photo_keys = [face.key for face in photos]
        self.reference_keys = [face.key for face in references]
        self._photos, self._references = _side(photos, number), _side(references, number)
        self.photos, self.references = self._photos.vectors, self._references.vectors

    def sides(self) -> tuple[Side, Side]:
        """Photos and references."""
        return self._photos, self._references

    def blocks(self) -> Iterator[tuple[slice, Floats, Mask]]:
        """Rows of photos, their scores with every reference, and which pairs are strangers.

        Strangers are pictures of different students whose sexes are not known to differ.
        """
        here, there = self.sides()
        step = max(1, BLOCK // max(1, len(self.reference_keys)))
        for start in range(0, len(self.photo_keys), step):
            rows = slice(start, min(start + step, len(self.photo_keys)))
            strangers = here.student[rows, None] != there.student[None, :]
            strangers &= (here.sex[rows, None] + there.sex[None, :]) != _OPPOSITE
            yield rows, self.photos[rows] @ self.references.T, strangers


@dataclass(frozen=True, slots=True)
class Norms:
    """Mean and spread of each picture's scores with strangers.

    Attributes:
        photo: (N, 2) mean and standard deviation of each photo.
        reference: (M, 2) the same of each reference.
        typical: The medians of both, to which adjusted scores are scaled back.
    """

    photo: Reals
    reference: Reals
    typical: tuple[float, float]

    def adjust(
        self, scores: Floats, rows: slice | int, columns: slice | int = slice(None)
    ) -> Floats:
        """Adjusted scores of a block (or of one pair), in units of a typical student's cosine.

        The mean of both standard scores, written as one product and one sum a score.
        """
        (p_mean, p_sd), (r_mean, r_sd) = self.photo[rows].T, self.reference[columns].T
        mean, deviation = (np.float32(value) for value in self.typical)
        half = deviation / 2
        slope = (half / p_sd[..., None]).astype(np.float32) + (half / r_sd).astype(np.float32)
        shift = (half * p_mean / p_sd)[..., None].astype(np.float32) + (
            half * r_mean / r_sd
        ).astype(np.float32)
        slope *= scores
        slope -= shift - mean
        return np.asarray(slope, np.float32)


def norms(gallery: Gallery) -> Norms | None:
    """What is normal for each picture; None where there are too few strangers to say."""
    if min(len(gallery.photo_keys), len(gallery.reference_keys)) == 0:
        return None
    photos, references = gallery.sides()
    by_photo, by_reference = _moments(photos, references), _moments(references, photos)
    if min(by_photo[:, 0].min(), by_reference[:, 0].min()) < MIN_OTHERS:
        return None
    spreads = _spread(by_photo), _spread(by_reference)
    mean, deviation = np.median(np.concatenate(spreads), axis=0)
    return Norms(*spreads, (float(mean), float(deviation)))


def _moments(side: Side, others: Side) -> Reals:
    """(N, 3) count, sum and sum of squares of each picture's scores with strangers.

    No score is computed: the sum over strangers is the picture's product with their sum, the sum
    of squares its quadratic form with their second moments.
    """
    moments = np.zeros((len(side.vectors), 3))
    for sex in range(_OPPOSITE):
        mine, theirs = side.sex == sex, side.sex.dtype.type(sex) + others.sex != _OPPOSITE
        vectors = side.vectors[mine].astype(np.float64)
        strangers = others.vectors[theirs].astype(np.float64)
        moments[mine, 0] = len(strangers)
        moments[mine, 1] = vectors @ strangers.sum(axis=0)
        moments[mine, 2] = ((vectors @ (strangers.T @ strangers)) * vectors).sum(axis=1)
    # A student's own picture on the other side is no stranger's.
    _, here, there = np.intersect1d(side.student, others.student, return_indices=True)
    own = np.einsum("ij,ij->i", side.vectors[here], others.vectors[there], dtype=np.float64)
    moments[here] -= np.stack((np.ones_like(own), own, own * own), axis=1)
    return moments


def _spread(sums: Reals) -> Reals:
    """Count, sum and sum of squares as mean and standard deviation."""
    mean = sums[:, 1] / sums[:, 0]
    variance = np.maximum(sums[:, 2] / sums[:, 0] - mean**2, 1e-6)
    return np.stack((mean, np.sqrt(variance)), axis=1)


def _side(faces: Sequence[Face], number: Mapping[str, int]) -> Side:
    vectors = [face.vector for face in faces]
    return Side(
        np.stack(vectors) if vectors else np.zeros((0, 1), dtype=np.float32),
        np.array([number[face.key] for face in faces], dtype=np.int32),
        np.array([_SEX.get(face.sex, 0) for face in faces], dtype=np.int8),
    )
