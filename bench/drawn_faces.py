"""Faces of a province that exist only as vectors, with cases planted among them.

Strangers' scores are as far apart as SFace's are on young East Asian adults (docs/accuracy.md): the
spectrum of the vectors falls off, and students belong to groups that resemble each other more than
others do. Two shots of one person score 0.72, with a deviation of 0.065.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Vectors = NDArray[np.float32]

SIZE = 128
_FALL = 0.6  # of the spectrum
_GROUPS, _ALIKE = 200, 0.07  # groups, and how alike their members are
_SHOT, _SPREAD = 0.72, 0.04  # cosine of two shots; deviation of a shot's from the face itself
_TWIN = 0.97  # cosine of the faces of twins
_COPY = 0.97  # cosine of a photo and its copy
_POOR = 0.35  # cosine of a poor photo and the reference
_BLOCK = 50_000
_SHARES = {
    **{"swaps": 0.005, "same_bytes": 0.002, "saved_anew": 0.002, "mirrored": 0.002},
    **{"twins": 0.003},
}  # pairs a student
_SINGLE = {"nobody": 0.005, "poor": 0.02}


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is planted as what; pairs are (N, 2) numbers of students.

    Attributes:
        swaps: Each has the other's photo.
        same_bytes: The second has the first's file.
        saved_anew: The second has a copy of the first's photo.
        mirrored: The same, mirrored.
        twins: Two persons with nearly one face.
        nobody: The photo is of somebody who is no student.
        poor: The photo is hardly like the reference.
        male: (N,) by student.
    """

    students: int
    swaps: Ints
    same_bytes: Ints
    saved_anew: Ints
    mirrored: Ints
    twins: Ints
    nobody: Ints
    poor: Ints
    male: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One student's two templates, hashes of photo and mirrored photo, and file's number."""

    photo: Vectors
    reference: Vectors
    plain: int
    mirrored: int
    file: int


def planned(students: int, seed: int = 0) -> Plan:
    """The cases among so many students, the same for the same seed."""
    rng = np.random.default_rng([seed, students])
    order, at = rng.permutation(students), 0
    parts: dict[str, Ints] = {}
    for name, share in _SHARES.items():
        count = int(share * students)
        parts[name] = order[at : at + 2 * count].reshape(count, 2)
        at += 2 * count
    for name, share in _SINGLE.items():
        parts[name] = order[at : at + int(share * students)]
        at += int(share * students)
    male = rng.random(students) < 0.5
    for first, second in (*parts["twins"], *parts["swaps"]):
        male[second] = male[first]
    return Plan(students, male=male, **parts)


class Province:
    """Draws students; their faces wait in a file, so that any number needs little memory.

    Args:
        plan: Who is planted.
        path: Of the file.
    """

    def __init__(self, plan: Plan, path: Path) -> None:
        self._plan = plan
        shape = (plan.students, SIZE)
        self._faces = np.memmap(path, np.float32, "w+", shape=shape)
        centres = _unit(np.random.default_rng(1).standard_normal((_GROUPS, SIZE), np.float32))
        for start in range(0, plan.students, _BLOCK):
            rng = np.random.default_rng([2, start])
            count = min(_BLOCK, plan.students - start)
            group = rng.zipf(1.5, count) % _GROUPS
            own = np.sqrt(1 - _ALIKE) * _noise(rng, count)
            self._faces[start : start + count] = _unit(own + np.sqrt(_ALIKE) * centres[group])
        rng = np.random.default_rng(3)
        one, other = plan.twins.T
        self._faces[other] = _seen(rng, self._faces[one], np.full(len(one), _TWIN))
        # Whose face each photo shows, and whose photo it is a copy of.
        self._face = np.arange(plan.students)
        one, other = plan.swaps.T
        self._face[one], self._face[other] = other, one
        self._copied = {
            int(taker): (int(owner), how)
            for how in ("same_bytes", "saved_anew", "mirrored")
            for owner, taker in getattr(plan, how)
        }
        self._owners = {owner for owner, _ in self._copied.values()}
        self._poor, self._nobody = set(plan.poor.tolist()), set(plan.nobody.tolist())

    def students(self, rows: Sequence[int]) -> Iterator[tuple[int, Drawn]]:
        """Number and what is drawn of these students."""
        numbers = np.asarray(rows)
        rng = np.random.default_rng([4, int(numbers[0])])
        references = _shots(rng, self._faces[numbers])
        photos = _shots(rng, self._faces[self._face[numbers]])
        strangers = _noise(rng, len(numbers))
        for place, number in enumerate(numbers.tolist()):
            photo, reference = photos[place], references[place]
            if number in self._nobody:
                photo = strangers[place]
            elif number in self._poor:
                photo = _seen(rng, reference[None], np.array([_POOR]))[0]
            words, file = _hashes(number), number
            if number in self._copied:
                owner, how = self._copied[number]
                photo, words, file = self._copy(rng, owner, how, words)
            elif number in self._owners:
                photo = self._owned(number)
            yield number, Drawn(photo, reference, *words, file)

    def _owned(self, owner: int) -> Vectors:
        """The photo that is copied, the same whenever it is asked for."""
        rng = np.random.default_rng([5, owner])
        return _shots(rng, self._faces[owner : owner + 1])[0]

    def _copy(
        self, rng: np.random.Generator, owner: int, how: str, own: tuple[int, int]
    ) -> tuple[Vectors, tuple[int, int], int]:
        """Template, hashes and file of a copy."""
        photo, (plain, mirrored) = self._owned(owner), _hashes(owner)
        if how == "same_bytes":
            return photo, (plain, mirrored), owner
        photo = _seen(rng, photo[None], np.array([_COPY]))[0]
        for bit in rng.choice(64, 5, replace=False).tolist():
            plain, mirrored = plain ^ (1 << bit), mirrored ^ (1 << bit)
        words = (mirrored, plain) if how == "mirrored" else (plain, mirrored)
        return photo, words, own[0]


def _hashes(number: int) -> tuple[int, int]:
    """A photo's hash and its mirror image's."""
    one, other = np.random.default_rng([6, number]).integers(1 << 62, size=2)
    return int(one), int(other)


def _shots(rng: np.random.Generator, faces: Vectors) -> Vectors:
    """A picture of each face."""
    return _seen(rng, faces, rng.normal(np.sqrt(_SHOT), _SPREAD, len(faces)).clip(0.6, 0.98))


def _seen(rng: np.random.Generator, faces: Vectors, cosines: NDArray[np.float64]) -> Vectors:
    """Vectors that have such cosines with these."""
    aside = _noise(rng, len(faces))
    aside = _unit(aside - (aside * faces).sum(axis=1, keepdims=True) * faces)
    along = cosines.astype(np.float32)[:, None]
    return _unit(along * faces + np.sqrt(1 - along * along) * aside)


def _noise(rng: np.random.Generator, count: int) -> Vectors:
    """Directions that fall off as faces' do."""
    spectrum = np.sqrt(np.arange(1, SIZE + 1) ** -_FALL).astype(np.float32)
    return _unit(rng.standard_normal((count, SIZE), np.float32) * spectrum)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
