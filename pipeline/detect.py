"""Detect stage: where faces are, whichever way the picture is turned.

Both detectors look at the whole picture in its four quarter turns, then, where asked, closer at the
subject. Nothing is decided here: `pipeline.orient` judges what was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, cast

import numpy as np

from pipeline.geometry import (
    TURNS,
    crop_square,
    fit,
    move_face,
    shrink,
    turn,
    turn_face,
    unturn,
)
from pipeline.types import Face, Floats, Orientation, Pixels, Portrait, Sighting

# Weak boxes are evidence too: the joined score decides, not this floor.
_FLOOR = 0.05
# A subject this sure at 160 px needs no second look at finer scales.
_LOCATED = 0.6
# Sides of the crops around the subject, in face heights. Two framings beat one: over 8,120
# degraded trials 16 wrong turns before thresholds, against 30 without crops (docs/accuracy.md).
_FRAMINGS = (1.7, 2.4)
# Whole-picture evidence counts only for faces both detectors can resolve at their input size.
_RESOLVED = 0.15
# Only faces nearly as sure as the surest compete for being the subject, so that a large vague box
# never wins over a smaller clear face.
_RIVAL = 0.75
# A second face is counted from this score on; false alarms in clothing and background stay below.
_OTHER = 0.8


class Detector(Protocol):
    """A face detector for batches of four square BGR pictures."""

    side: int

    def __call__(self, squares: list[Pixels], threshold: float) -> list[list[Face]]:
        """Faces of each picture, best first."""


class Spotter:
    """Finds the subject with two detectors.

    Args:
        yunet: At 160 px.
        blazeface: At 128 px.
        finer: YuNet at larger sides, tried in turn when the subject is not sure at 160 px.
    """

    def __init__(self, yunet: Detector, blazeface: Detector, finer: Sequence[Detector]) -> None:
        self._yunet, self._blazeface, self._finer = yunet, blazeface, finer

    def whole(self, bgr: Pixels) -> tuple[Face | None, list[Sighting]]:
        """The subject as first located, and both detectors' sightings of the whole picture.

        The subject is None when no detector saw anything at any turn. Sightings are empty when
        the face is too small in the picture to be judged without looking closer.
        """
        seen = _four_turns(self._yunet, bgr)
        subject = _subject(seen, bgr)
        for detector in self._finer:
            if subject is not None and subject.score >= _LOCATED:
                break
            subject = _subject([*seen, *_four_turns(detector, bgr)], bgr) or subject
        blaze = _four_turns(self._blazeface, bgr)
        if subject is None:
            subject = _subject(blaze, bgr)
        if subject is None or subject.box[3] < _RESOLVED * max(bgr.shape[:2]):
            return subject, []
        return subject, [
            Sighting("yunet", _near(seen, subject)),
            Sighting("blazeface", _near(blaze, subject)),
        ]

    def closer(self, bgr: Pixels, subject: Face) -> list[Sighting]:
        """Both detectors' sightings of crops around the subject."""
        sightings = []
        x, y, width, height = (float(v) for v in subject.box)
        for framing in _FRAMINGS:
            side = max(8, round(max(width, height) * framing))
            crop, left, top = crop_square(bgr, (x + width / 2, y + height / 2), side)
            for name, detector in (("yunet", self._yunet), ("blazeface", self._blazeface)):
                faces = [
                    [move_face(face, 1.0, left, top) for face in at_turn]
                    for at_turn in _four_turns(detector, crop)
                ]
                sightings.append(Sighting(name, _near(faces, subject)))
        return sightings

    def portrait(
        self, bgr: Pixels, sightings: Sequence[Sighting], orientation: Orientation
    ) -> Portrait:
        """The picture set upright, with the subject's landmarks taken anew.

        Args:
            bgr: The picture as it lies.
            sightings: Those that `orientation` was judged from.
            orientation: The turn to apply.
        """
        height, width = bgr.shape[:2]
        at_turn = [s.faces[TURNS.index(orientation.turn_cw)] for s in sightings]
        surest = max((face for face in at_turn if face is not None), key=lambda face: face.score)
        upright = turn(bgr, orientation.turn_cw)
        face = self._refine(upright, turn_face(surest, orientation.turn_cw, width, height))
        return Portrait(upright, face)

    def with_others(self, portrait: Portrait) -> Portrait:
        """The portrait with the other faces in its picture."""
        face = portrait.face
        others = [
            other
            for other in _one_turn(self._finer[0], portrait.bgr, _OTHER)
            if _distance(other, face) > 0.5 * float(face.box[3])
        ]
        return replace(portrait, others=tuple(others))

    def _refine(self, upright: Pixels, rough: Face) -> Face:
        """The subject seen by YuNet in a close crop, where its points are most exact."""
        x, y, width, height = (float(v) for v in rough.box)
        side = max(8, round(max(width, height) * _FRAMINGS[0]))
        crop, left, top = crop_square(upright, (x + width / 2, y + height / 2), side)
        faces = [move_face(face, 1.0, left, top) for face in _one_turn(self._yunet, crop, _FLOOR)]
        near = [face for face in faces if _distance(face, rough) < height / 2]
        return near[0] if near else rough


def _four_turns(detector: Detector, bgr: Pixels) -> list[list[Face]]:
    """Faces at each of the four turns, in pixels of the picture as it lies."""
    square, scale, left, top = fit(bgr, detector.side)
    found = detector([turn(square, turn_cw) for turn_cw in TURNS], _FLOOR)
    return [
        [
            move_face(
                turn_face(face, unturn(turn_cw), detector.side, detector.side),
                1 / scale,
                -left / scale,
                -top / scale,
            )
            for face in faces
        ]
        for turn_cw, faces in zip(TURNS, found, strict=True)
    ]


def _one_turn(detector: Detector, bgr: Pixels, floor: float) -> list[Face]:
    """Faces of the picture as it lies."""
    square, scale, left, top = fit(bgr, detector.side)
    found = detector([square], floor)[0]
    return [move_face(face, 1 / scale, -left / scale, -top / scale) for face in found]


def _subject(seen: Sequence[Sequence[Face]], bgr: Pixels) -> Face | None:
    """The most prominent face of all turns: sure, large and near the middle."""
    height, width = bgr.shape[:2]
    middle = np.array((width / 2, height / 2))
    reach = float(np.hypot(*middle))

    def prominence(face: Face) -> float:
        off = float(np.linalg.norm(_centre(face) - middle)) / reach
        return face.score**2 * float(face.box[3]) * (1 - 0.5 * min(off, 1.0))

    faces = [face for at_turn in seen for face in at_turn]
    surest = max((face.score for face in faces), default=0.0)
    return max((f for f in faces if f.score >= _RIVAL * surest), key=prominence, default=None)


def _near(
    seen: Sequence[Sequence[Face]], subject: Face
) -> tuple[Face | None, Face | None, Face | None, Face | None]:
    """At each turn the surest face that lies where the subject is."""
    reach = 0.5 * float(max(subject.box[2:]))
    best = tuple(
        next((face for face in faces if _distance(face, subject) < reach), None) for faces in seen
    )
    return cast("tuple[Face | None, Face | None, Face | None, Face | None]", best)


def _centre(face: Face) -> Floats:
    return face.box[:2] + face.box[2:] * np.float32(0.5)


def _distance(a: Face, b: Face) -> float:
    return float(np.linalg.norm(_centre(a) - _centre(b)))


def limit_size(bgr: Pixels) -> Pixels:
    """The picture no larger than the stages after this need (1,280 px on its longer side)."""
    return shrink(bgr, 1280)
