"""Whose photo is it: the best other reference for each photo that is not its student's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pipeline.cohort.gallery import Galleries, Gallery, Norms
from pipeline.core.measurements import (
    ALIKE,
    LOOKS_LIKE,
    LOOKS_LIKE_SCORE,
    REFERENCE_OF,
    SWAPPED_WITH,
)
from pipeline.core.policy import Policy
from pipeline.core.types import Comparison, Measurement


@dataclass(frozen=True, slots=True)
class Candidate:
    """The reference of another student that a photo looks most like."""

    student_key: str
    kind: str
    score: float


def best_others(
    suspects: Mapping[str, float], gallery: Gallery, norms: Norms | None, kind: str
) -> Iterator[tuple[str, Candidate]]:
    """For each suspect photo the other student's reference of this kind with the best score.

    Args:
        suspects: Students whose photo does not look like their own reference.
        gallery: Photos and references of one kind.
        norms: To adjust the scores by, if there are any.
        kind: Of the references.
    """
    row_of = {student_key: row for row, student_key in enumerate(gallery.photo_keys)}
    keys = gallery.reference_keys
    own = {student_key: column for column, student_key in enumerate(keys)}
    for suspect in suspects:
        row = row_of.get(suspect)
        if row is None or not keys:
            continue
        raw = gallery.photos[row] @ gallery.references.T
        scores = raw if norms is None else norms.adjust(raw, row)
        if suspect in own:
            scores[own[suspect]] = -np.inf
        best = int(scores.argmax())
        if np.isfinite(scores[best]):
            yield suspect, Candidate(keys[best], kind, float(scores[best]))


def most_alike(
    strays: Iterable[str], galleries: Galleries, most: int
) -> Iterator[tuple[str, Measurement]]:
    """For each photo that nobody claims the students whose references it resembles most.

    Args:
        strays: Keys of such photos.
        galleries: Photos against references, by slot.
        most: How many students at most.
    """
    for stray in strays:
        seen: list[Candidate] = []
        for slot, (gallery, normal) in galleries.items():
            row = next((i for i, key in enumerate(gallery.photo_keys) if key == stray), None)
            if row is None:
                continue
            raw = gallery.photos[row] @ gallery.references.T
            scores = raw if normal is None else normal.adjust(raw, row)
            for column in np.argsort(-scores)[:most]:
                key, score = gallery.reference_keys[column], float(scores[column])
                seen.append(Candidate(key, slot.split("#")[0], score))
        yield from alike(stray, seen, most)


def alike(stray: str, seen: Iterable[Candidate], most: int) -> Iterator[tuple[str, Measurement]]:
    """What is told of one such photo, of all that it resembles; nothing where that is nobody."""
    best: dict[str, tuple[float, str]] = {}
    for candidate in seen:
        found = candidate.score, candidate.kind
        best[candidate.student_key] = max(found, best.get(candidate.student_key, found))
    ordered = sorted(best, key=lambda key: -best[key][0])[:most]
    if ordered:
        told = [[key, best[key][1], round(best[key][0], 4)] for key in ordered]
        yield stray, Measurement(ALIKE, json.dumps(told, ensure_ascii=False))


def reference_owners(
    odd: Iterable[tuple[str, Comparison]], galleries: Galleries, policy: Policy
) -> Iterator[tuple[str, Measurement]]:
    """Whose reference it is that contradicts a student's others, where the evidence is as strict.

    Args:
        odd: That reference, by student.
        galleries: Photos against references, by slot.
        policy: Thresholds and margin.
    """
    for student_key, comparison in odd:
        gallery, normal = galleries[comparison.slot]
        column = list(gallery.reference_keys).index(student_key)
        scores = gallery.photos @ gallery.references[column]
        if normal is not None:
            one = slice(column, column + 1)
            scores = normal.adjust(scores[:, None], slice(None), one)[:, 0]
        others = {
            key: float(score)
            for key, score in zip(gallery.photo_keys, scores, strict=True)
            if key != student_key
        }
        best = max(others, key=others.__getitem__, default="")
        needed = policy.comparison.of(comparison.kind).accept_from
        own = comparison.judged or 0.0
        if best and others[best] >= max(needed, own + policy.cohort.owner_margin):
            yield student_key, Measurement(REFERENCE_OF, best)


def find_owners(
    suspects: Mapping[str, float],
    candidates: Mapping[str, Candidate],
    policy: Policy,
    alone: Mapping[str, float] = MappingProxyType({}),
) -> Iterator[tuple[str, Measurement]]:
    """Name the owner where the evidence is strict enough; mutual swaps are named as such.

    An owner's score must reach `accept_from` and beat the student's own by `cohort.owner_margin`.

    Args:
        suspects: Own best score by student.
        candidates: Best other reference by student, from `best_others`.
        policy: Thresholds and margin.
        alone: By kind the score that an owner must reach who has not this student's photo in turn.
    """
    owner: dict[str, str] = {}
    for student_key, candidate in candidates.items():
        needed = policy.comparison.of(candidate.kind).accept_from
        if candidate.score >= max(needed, suspects[student_key] + policy.cohort.owner_margin):
            owner[student_key] = candidate.student_key
    for student_key in tuple(owner):
        candidate = candidates[student_key]
        mutual = owner.get(candidate.student_key) == student_key
        if mutual or candidate.score >= alone.get(candidate.kind, -1.0):
            yield student_key, Measurement(LOOKS_LIKE, candidate.student_key)
            yield student_key, Measurement(LOOKS_LIKE_SCORE, candidate.score)
    for student_key, other in owner.items():
        if owner.get(other) == student_key:
            yield student_key, Measurement(SWAPPED_WITH, other)
