"""What is asked across students: by all pairs in most cohorts, by neighbours in the largest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from pipeline.cohort.duplicates import copies, same_face
from pipeline.cohort.gallery import Faces, Galleries, Gallery, norms
from pipeline.cohort.large import ByNeighbours
from pipeline.cohort.neighbours import EXACT_UP_TO
from pipeline.cohort.owners import (
    Candidate,
    best_others,
    find_owners,
    most_alike,
    reference_owners,
)
from pipeline.core.policy import Policy
from pipeline.core.types import Comparison, Measurement
from pipeline.store.cohort_tables import CohortTables

Found = Iterator[tuple[str, Measurement]]


class Across(Protocol):
    """The questions that look at all pairs of students."""

    def copies(self, tables: CohortTables) -> Found:
        """Copies of one picture under two names."""
        ...

    def reference_owners(self, odd: Iterable[tuple[str, Comparison]], policy: Policy) -> Found:
        """Whose reference it is that contradicts a student's others."""
        ...

    def owners(self, suspects: Mapping[str, float], policy: Policy) -> Found:
        """Whose photo each suspect one is, which has this score with its student's reference."""
        ...

    def most_alike(self, strays: Iterable[str], most: int) -> Found:
        """Whom photos that nobody claims resemble most."""
        ...

    def same_face(self, explained: Collection[str], policy: Policy) -> Found:
        """Photos that show another student's face, but for those that are explained."""
        ...


def across(photos: Faces, galleries: Galleries, policy: Policy) -> Across:
    """How this cohort is asked, by its size."""
    if is_large(photos, galleries):
        return ByNeighbours(photos, galleries, policy)
    return ByPairs(photos, galleries)


def is_large(photos: Faces, galleries: Galleries) -> bool:
    """Whether there are too many to compare everybody with everybody."""
    sizes = (len(photos.keys), *(len(g.reference_keys) for g, _ in galleries.values()))
    return max(sizes) > EXACT_UP_TO


class ByPairs:
    """Compares everybody with everybody.

    Args:
        photos: All photos.
        galleries: Photos against references, by slot.
    """

    def __init__(self, photos: Faces, galleries: Galleries) -> None:
        self._photos, self._galleries = photos, galleries

    def copies(self, tables: CohortTables) -> Found:
        """As `Across.copies`."""
        return copies(tables.photo_hashes(), self._photos)

    def reference_owners(self, odd: Iterable[tuple[str, Comparison]], policy: Policy) -> Found:
        """As `Across.reference_owners`."""
        return reference_owners(odd, self._galleries, policy)

    def owners(self, suspects: Mapping[str, float], policy: Policy) -> Found:
        """As `Across.owners`."""
        best: dict[str, Candidate] = {}
        for slot, (gallery, normal) in self._galleries.items():
            kind = slot.split("#")[0]
            for student_key, candidate in best_others(suspects, gallery, normal, kind):
                if student_key not in best or candidate.score > best[student_key].score:
                    best[student_key] = candidate
        return find_owners(suspects, best, policy)

    def most_alike(self, strays: Iterable[str], most: int) -> Found:
        """As `Across.most_alike`."""
        return most_alike(strays, self._galleries, most)

    def same_face(self, explained: Collection[str], policy: Policy) -> Found:
        """As `Across.same_face`."""
        among = Gallery(self._photos, self._photos)
        needed = policy.cohort.calibration.same_face_from
        return same_face(among, norms(among), needed, explained)
