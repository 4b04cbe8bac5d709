"""All photos of a cohort against all references of one kind, and what is normal for each face.

Some faces score high with many strangers, and some groups of students resemble each other more than
others do. So a score is adjusted by what the same photo, and the same reference, score with the
other students' pictures: symmetric score normalisation (S-norm; Auckenthaler et al. 2000, Kenny
2010), rescaled so that for a typical student the adjusted score equals the cosine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Floats

Mask = NDArray[np.bool_]
Reals = NDArray[np.float64]
Rows = NDArray[np.intp]

# Fewer other students than this say too little about what is normal for a face.
MIN_OTHERS = 20
BLOCK = 2_000_000  # scores at a time: 8 MB, whatever the cohort's size
_ROWS = 2048  # vectors in float64 at a time: 2 MB
_SEX = {"male": 1, "female": 2}
OPPOSITE = 3  # what two known and different sexes add up to


@dataclass(frozen=True, slots=True)
class Faces:
    """Templates of one slot, one a student.

    Attributes:
        keys: Whose.
        sex: (N,) 1 male, 2 female, 0 not known.
        vectors: (N, D) of unit length.
    """

    keys: Sequence[str]
    sex: NDArray[np.int8]
    vectors: Floats

    @classmethod
    def of(cls, keys: Sequence[str], sexes: Mapping[str, str], vectors: Floats) -> Faces:
        """Templates with the roster's sex by student_key: "male", "female" or ""."""
        sex = np.array([_SEX.get(sexes.get(key, ""), 0) for key in keys], dtype=np.int8)
        return cls(keys, sex, vectors)


NO_FACES = Faces.of((), {}, np.zeros((0, 1), dtype=np.float32))


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

    def __init__(self, photos: Faces, references: Faces) -> None:
        # Numbers instead of words: 20,000 x 20,000 comparisons of strings would take minutes.
        number = {student_key: i for i, student_key in enumerate((*photos.keys, *references.keys))}
        self.photo_keys, self.reference_keys = photos.keys, references.keys
        self.photos, self.references = photos.vectors, references.vectors
        self._photos, self._references = _side(photos, number), _side(references, number)

    def part(self, photos: Rows, references: Rows) -> Gallery:
        """These rows of both."""
        here, there = self.sides()
        return Gallery(
            _some(self.photo_keys, here, photos), _some(self.reference_keys, there, references)
        )

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
            strangers &= (here.sex[rows, None] + there.sex[None, :]) != OPPOSITE
            yield rows, self.photos[rows] @ self.references.T, strangers


@dataclass(frozen=True)
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
        (p_slope, p_shift), (r_slope, r_shift) = self._lines
        slope = p_slope[rows][..., None] + r_slope[columns]
        shift = p_shift[rows][..., None] + r_shift[columns]
        slope *= scores
        shift -= np.float32(self.typical[0])
        slope -= shift
        return np.asarray(slope, np.float32)

    def adjust_pairs(
        self, scores: Floats, rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> Floats:
        """Adjusted scores of single pairs; all three have one shape, or are spread to it."""
        (p_slope, p_shift), (r_slope, r_shift) = self._lines
        slope, shift = p_slope[rows] + r_slope[columns], p_shift[rows] + r_shift[columns]
        return np.asarray(slope * scores - (shift - np.float32(self.typical[0])), np.float32)

    @cached_property
    def _lines(self) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Of photos and of references: what a score is multiplied by, what is taken from it."""
        half = np.float32(self.typical[1]) / 2
        photo, reference = (
            ((half / sd).astype(np.float32), (half * mean / sd).astype(np.float32))
            for mean, sd in (self.photo.T, self.reference.T)
        )
        return photo, reference


# By slot of the references.
Galleries = Mapping[str, tuple[Gallery, Norms | None]]


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
    for sex in range(OPPOSITE):
        mine = np.flatnonzero(side.sex == sex)
        theirs = np.flatnonzero(side.sex.dtype.type(sex) + others.sex != OPPOSITE)
        total, second = _sums(others.vectors, theirs)
        for rows, vectors in _exact(side.vectors, mine):
            moments[rows, 0] = len(theirs)
            moments[rows, 1] = vectors @ total
            moments[rows, 2] = ((vectors @ second) * vectors).sum(axis=1)
    # A student's own picture on the other side is no stranger's.
    _, here, there = np.intersect1d(side.student, others.student, return_indices=True)
    for (rows, mine_too), (_, own) in zip(
        _exact(side.vectors, here), _exact(others.vectors, there), strict=True
    ):
        score = (mine_too * own).sum(axis=1)
        moments[rows] -= np.stack((np.ones_like(score), score, score * score), axis=1)
    return moments


def _sums(vectors: Floats, rows: Rows) -> tuple[Reals, Reals]:
    """(D,) sum and (D, D) sum of outer products of some vectors."""
    size = vectors.shape[1]
    total, second = np.zeros(size), np.zeros((size, size))
    for _, some in _exact(vectors, rows):
        total += some.sum(axis=0)
        second += some.T @ some
    return total, second


def _exact(vectors: Floats, rows: Rows) -> Iterator[tuple[Rows, Reals]]:
    """Rows and their vectors in float64, so few at a time that a large cohort needs no more."""
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        yield some, vectors[some].astype(np.float64)


def _spread(sums: Reals) -> Reals:
    """Count, sum and sum of squares as mean and standard deviation."""
    mean = sums[:, 1] / sums[:, 0]
    variance = np.maximum(sums[:, 2] / sums[:, 0] - mean**2, 1e-6)
    return np.stack((mean, np.sqrt(variance)), axis=1)


def _some(keys: Sequence[str], side: Side, rows: Rows) -> Faces:
    return Faces([keys[row] for row in rows.tolist()], side.sex[rows], side.vectors[rows])


def _side(faces: Faces, number: Mapping[str, int]) -> Side:
    student = np.array([number[student_key] for student_key in faces.keys], dtype=np.int32)
    return Side(faces.vectors, student, faces.sex)
