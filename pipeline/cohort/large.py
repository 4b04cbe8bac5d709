"""What is asked across the students of a cohort too large to compare everybody with everybody.

The nearest neighbours are asked for, and more is wanted of a score than in a small cohort: the more
strangers a face is compared with, the higher the best of them scores by chance. The tail of
strangers falls off exponentially (`tail`), so the score that chance reaches is known.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from pipeline.cohort.duplicates import COPY_FROM, NEAR_BITS
from pipeline.cohort.gallery import OPPOSITE, Faces, Galleries, Gallery, Norms, norms
from pipeline.cohort.neighbours import Neighbours, Pairs, Rows, near_words, neighbours
from pipeline.cohort.owners import Candidate, alike, find_owners
from pipeline.core.measurements import COPY_OF, REFERENCE_OF, SAME_FACE
from pipeline.core.policy import Policy
from pipeline.core.types import Comparison, Floats, Measurement
from pipeline.store.cohort_tables import CohortTables

Found = Iterator[tuple[str, Measurement]]

# Of how many students chance may name another one: as owner where that one's photo is not this
# student's in turn, and as the same face. The second is what 0.60 comes to among 50,000.
OWNERS_BY_CHANCE = 0.1
FACES_BY_CHANCE = 0.01
_ASKED = 64  # neighbours whose scores are adjusted


class ByNeighbours:
    """Asks for nearest neighbours (`neighbours`).

    Args:
        photos: All photos.
        galleries: Photos against references, by slot.
        policy: Whether faces may be searched for, and from which score on.
    """

    def __init__(self, photos: Faces, galleries: Galleries, policy: Policy) -> None:
        self._photos, self._galleries, self._policy = photos, galleries, policy
        self._row_of = {student_key: row for row, student_key in enumerate(photos.keys)}
        self._indices: dict[str, Neighbours] = {}

    def copies(self, tables: CohortTables) -> Found:
        """As `Across.copies`: by the face first where faces may be searched for, else by hash."""
        keys = self._photos.keys
        if self._policy.cohort.one_to_many:
            pairs, near = self._pairs, self._pairs.scores >= COPY_FROM
            both = list(zip(pairs.rows[near].tolist(), pairs.columns[near].tolist(), strict=True))
            hashes = tables.photo_hashes({keys[row] for row, _ in both})
        else:
            hashes = tables.photo_hashes()
            both = self._near_hashes(hashes)
        words = {key: (int(plain, 16), int(other, 16)) for key, (plain, other) in hashes.items()}
        for one, other in both:
            a, b = keys[one], keys[other]
            if a in words and b in words and _near(words[a][0], words[b]):
                yield a, Measurement(COPY_OF, b)

    def reference_owners(self, odd: Iterable[tuple[str, Comparison]], policy: Policy) -> Found:
        """As `Across.reference_owners`."""
        by_slot: dict[str, list[tuple[str, Comparison]]] = {}
        for student_key, comparison in odd:
            by_slot.setdefault(comparison.slot, []).append((student_key, comparison))
        keys = self._photos.keys
        for slot, asked in by_slot.items():
            gallery, normal = self._galleries[slot]
            place = {key: column for column, key in enumerate(gallery.reference_keys)}
            columns = np.array([place[key] for key, _ in asked])
            mine = np.array([self._row_of.get(key, -1) for key, _ in asked])
            for some, rows, raw in self._of_photos.nearest(gallery.references[columns], _ASKED):
                scores = _adjusted(normal, raw, rows, columns[some, None])
                best = _best(rows, scores, mine[some])
                for (key, comparison), (row, score) in zip(asked[some], best, strict=True):
                    own = (comparison.judged or 0.0) + policy.cohort.owner_margin
                    if score >= max(
                        own, self._by_chance(comparison.kind, OWNERS_BY_CHANCE, policy)
                    ):
                        yield key, Measurement(REFERENCE_OF, keys[row])

    def owners(self, suspects: Mapping[str, float], policy: Policy) -> Found:
        """As `Across.owners`."""
        asked = [student_key for student_key in suspects if student_key in self._row_of]
        best: dict[str, Candidate] = {}
        for slot, (gallery, normal) in self._galleries.items():
            own = {student_key: place for place, student_key in enumerate(gallery.reference_keys)}
            mine = np.array([own.get(student_key, -1) for student_key in asked])
            for some, columns, scores in self._alike(slot, gallery, normal, asked):
                found = _best(columns, scores, mine[some])
                for student_key, (column, score) in zip(asked[some], found, strict=True):
                    if student_key not in best or score > best[student_key].score:
                        key = gallery.reference_keys[column]
                        best[student_key] = Candidate(key, slot.split("#")[0], score)
        kinds = {slot.split("#")[0] for slot in self._galleries}
        alone = {kind: self._by_chance(kind, OWNERS_BY_CHANCE, policy) for kind in kinds}
        return find_owners(suspects, best, policy, alone)

    def most_alike(self, strays: Iterable[str], most: int) -> Found:
        """As `Across.most_alike`."""
        asked = [stray for stray in strays if stray in self._row_of]
        told: list[list[Candidate]] = [[] for _ in asked]
        for slot, (gallery, normal) in self._galleries.items():
            for some, columns, scores in self._alike(slot, gallery, normal, asked):
                for seen, row, cosines in zip(told[some], columns, scores, strict=True):
                    for place in np.argsort(-cosines)[:most]:
                        key, score = gallery.reference_keys[row[place]], float(cosines[place])
                        seen.append(Candidate(key, slot.split("#")[0], score))
        for stray, seen in zip(asked, told, strict=True):
            yield from alike(stray, seen, most)

    def same_face(self, explained: Collection[str], policy: Policy) -> Found:
        """As `Across.same_face`; of a hundred students one at most is named by chance."""
        keys, pairs, sex = self._photos.keys, self._pairs, self._photos.sex
        chance = [
            self._by_chance(slot.split("#")[0], FACES_BY_CHANCE, policy) for slot in self._galleries
        ]
        needed = max(policy.cohort.calibration.same_face_from, *chance, -1.0)
        aside = np.array([student_key in explained for student_key in keys], dtype=bool)
        kept = (pairs.scores >= needed) & ~aside[pairs.rows] & ~aside[pairs.columns]
        kept &= (sex[pairs.rows] + sex[pairs.columns]) != OPPOSITE
        rows, columns, raw = pairs.rows[kept], pairs.columns[kept], pairs.scores[kept]
        among = norms(Gallery(self._photos, self._photos))
        scores = np.minimum(raw, _adjusted(among, raw, rows, columns))
        best: dict[int, tuple[float, int]] = {}
        for row, column, score in zip(
            rows.tolist(), columns.tolist(), scores.tolist(), strict=True
        ):
            if score >= needed:
                best[row] = max(best.get(row, (score, column)), (score, column))
        for row, (_, other) in sorted(best.items()):
            yield keys[row], Measurement(SAME_FACE, keys[other])

    @cached_property
    def _of_photos(self) -> Neighbours:
        return neighbours(self._photos.vectors, paired=True)

    @cached_property
    def _pairs(self) -> Pairs:
        """Photos that look alike, whatever the reason."""
        return self._of_photos.pairs(min(COPY_FROM, self._policy.cohort.calibration.same_face_from))

    def _near_hashes(self, hashes: Mapping[str, tuple[str, str]]) -> list[tuple[int, int]]:
        """Rows of photos whose hashes are near and whose faces are alike, in both orders."""
        rows = np.array([self._row_of[key] for key in hashes if key in self._row_of], np.int64)
        plain, mirrored = (
            np.array([int(hashes[self._photos.keys[row]][side], 16) for row in rows], np.uint64)
            for side in (0, 1)
        )
        both = set()
        vectors = self._photos.vectors
        for one, other in near_words(plain, mirrored, NEAR_BITS):
            cosines = (vectors[rows[one]] * vectors[rows[other]]).sum(axis=1)
            alike_too = cosines >= COPY_FROM
            a, b = rows[one[alike_too]].tolist(), rows[other[alike_too]].tolist()
            both |= set(zip(a, b, strict=True)) | set(zip(b, a, strict=True))
        return sorted(both)

    def _alike(
        self, slot: str, gallery: Gallery, normal: Norms | None, asked: Sequence[str]
    ) -> Iterator[tuple[slice, Rows, Floats]]:
        """Of students' photos: which of them, the references most alike, and adjusted scores."""
        if not asked or not len(gallery.reference_keys):
            return
        if slot not in self._indices:
            self._indices[slot] = neighbours(gallery.references, paired=False)
        rows = np.array([self._row_of[student_key] for student_key in asked])
        for some, columns, raw in self._indices[slot].nearest(gallery.photos[rows], _ASKED):
            yield some, columns, _adjusted(normal, raw, rows[some, None], columns)

    def _by_chance(self, kind: str, share: float, policy: Policy) -> float:
        """The score that strangers reach with so small a share of all students.

        The tail from the score on that they reach at `accept_fmr`.
        """
        among, calibration = len(self._photos.keys), policy.cohort.calibration
        tails = math.log(max(1.0, calibration.accept_fmr * among / share))
        return policy.comparison.of(kind).accept_from + calibration.tail_scale * tails


def _adjusted(normal: Norms | None, raw: Floats, rows: Rows, columns: Rows) -> Floats:
    """Scores as they are judged; -2 stays where there is no neighbour."""
    if normal is None:
        return raw
    return np.where(raw > -2.0, normal.adjust_pairs(raw, rows, columns), raw)


def _best(columns: Rows, scores: Floats, own: Rows) -> Iterator[tuple[int, float]]:
    """Of each row the face of another student that scores highest, and its score."""
    others = np.where(columns == own[:, None], np.float32(-2.0), scores)
    best = others.argmax(axis=1)
    rows = np.arange(len(best))
    return zip(columns[rows, best].tolist(), others[rows, best].tolist(), strict=True)


def _near(plain: int, other: tuple[int, int]) -> bool:
    """Whether hashes are a copy's, or a mirrored copy's."""
    return min((plain ^ word).bit_count() for word in other) <= NEAR_BITS
