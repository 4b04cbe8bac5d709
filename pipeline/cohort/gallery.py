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
_ROWS = 1024  # photos compared at a time: 20,000 references x 1,024 scores are 80 MB
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


class Gallery:
    """Photos against references: scores in blocks, never all at once."""

    def __init__(self, photos: Sequence[Face], references: Sequence[Face]) -> None:
        # Numbers instead of words: 20,000 x 20,000 comparisons of strings would take minutes.
        number = {face.key: i for i, face in enumerate((*photos, *references))}
        self.photo_keys = [face.key for face in photos]
        self.reference_keys = [face.key for face in references]
        self.photos, self._mine, self._sex = _arrays(photos, number)
        self.references, self._theirs, self._other_sex = _arrays(references, number)

    def blocks(self) -> Iterator[tuple[slice, Floats, Mask]]:
        """Rows of photos, their scores with every reference, and which pairs are strangers.

        Strangers are pictures of different students whose sexes are not known to differ.
        """
        for start in range(0, len(self.photo_keys), _ROWS):
            rows = slice(start, min(start + _ROWS, len(self.photo_keys)))
            strangers = self._mine[rows, None] != self._theirs[None, :]
            strangers &= (self._sex[rows, None] + self._other_sex[None, :]) != _OPPOSITE
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
    ) -> Reals:
        """Adjusted scores of a block (or of one pair), in units of a typical student's cosine."""
        p, r = self.photo[rows], self.reference[columns]
        by_photo = (scores - p[..., 0, None]) / p[..., 1, None]
        by_reference = (scores - r[..., 0]) / r[..., 1]
        mean, deviation = self.typical
        return np.asarray((by_photo + by_reference) / 2 * deviation + mean)


def norms(gallery: Gallery) -> Norms | None:
    """What is normal for each picture; None where there are too few strangers to say."""
    photo = np.zeros((len(gallery.photo_keys), 3))
    reference = np.zeros((len(gallery.reference_keys), 3))
    for rows, scores, strangers in gallery.blocks():
        masked = np.where(strangers, scores, 0.0)
        moments = np.stack((strangers, masked, masked * masked))
        photo[rows] = moments.sum(axis=2).T
        reference += moments.sum(axis=1).T
    if min(len(photo), len(reference)) == 0:
        return None
    if min(photo[:, 0].min(), reference[:, 0].min()) < MIN_OTHERS:
        return None
    by_photo, by_reference = _spread(photo), _spread(reference)
    both = np.concatenate((by_photo, by_reference))
    mean, deviation = np.median(both, axis=0)
    return Norms(by_photo, by_reference, (float(mean), float(deviation)))


def _spread(sums: Reals) -> Reals:
    """Count, sum and sum of squares as mean and standard deviation."""
    mean = sums[:, 1] / sums[:, 0]
    variance = np.maximum(sums[:, 2] / sums[:, 0] - mean**2, 1e-6)
    return np.stack((mean, np.sqrt(variance)), axis=1)


def _arrays(
    faces: Sequence[Face], number: Mapping[str, int]
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    vectors = [face.vector for face in faces]
    return (
        np.stack(vectors) if vectors else np.zeros((0, 1), dtype=np.float32),
        np.array([number[face.key] for face in faces], dtype=np.int64),
        np.array([_SEX.get(face.sex, 0) for face in faces], dtype=np.int64),
    )
