"""Detect stage: where faces are, whichever way the picture is turned.

Both detectors look at the whole picture in its four quarter turns, then, as long as asked, closer
at the subject. Nothing is decided here: `pipeline.orient` judges what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from pipeline.types import Face, Floats, Orientation, Pixels, Portrait, Sighting, TurnCw

# Weak boxes are evidence too: the joined score decides, not this floor.
_FLOOR = 0.05
# A subject this sure at 160 px needs no second look at finer scales.
_LOCATED = 0.6
# Sides of the crops around the subject, in face heights. Two framings beat one: over 8,120
# degraded trials 16 wrong turns before thresholds, against 30 without crops (docs/accuracy.md).
_FRAMINGS = (2.4, 1.7)
# Framing of the crop that the subject's landmarks are taken from (docs/accuracy.md, Comparison).
_PORTRAIT = 1.7
# Whole-picture evidence counts only for faces both detectors can resolve at their input size.
_RESOLVED = 0.15
# Only faces nearly as sure as the surest compete for being the subject, so that a large vague box
# never wins over a smaller clear face.
_RIVAL = 0.75
# A second face is counted from this score on; false alarms in clothing and background stay below.
_OTHER = 0.8


# No stage after decoding needs more pixels on a picture's longer side.
LONGEST = 1280


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

    def looks(self, bgr: Pixels) -> Iterator[list[Sighting]]:
        """Both detectors' sightings of the subject; each time those of one look more.

        The first look is at the whole picture. It is empty when the face is too small in it to be
        judged, and the only one when no detector saw anything at any turn.
        """
        subject, sightings = self._whole(bgr)
        yield sightings
        if subject is None:
            return
        x, y, width, height = (float(v) for v in subject.box)
        for framing in _FRAMINGS:
            side = max(8, round(max(width, height) * framing))
            crop, left, top = crop_square(bgr, (x + width / 2, y + height / 2), side)
            sightings = sightings + [
                Sighting(name, _FourTurns(detector, crop, left, top).near(subject))
                for name, detector in (("yunet", self._yunet), ("blazeface", self._blazeface))
            ]
            yield sightings

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
        side = max(8, round(max(width, height) * _PORTRAIT))
        crop, left, top = crop_square(upright, (x + width / 2, y + height / 2), side)
        faces = [move_face(face, 1.0, left, top) for face in _one_turn(self._yunet, crop, _FLOOR)]
        near = [face for face in faces if _distance(face, rough) < height / 2]
        return near[0] if near else rough

    def _whole(self, bgr: Pixels) -> tuple[Face | None, list[Sighting]]:
        """The subject as first located, and the sightings of the whole picture.

        The subject is None when no detector saw anything at any turn. Sightings are empty when
        the face is too small in the picture to be judged without looking closer.
        """
        yunet = _FourTurns(self._yunet, bgr)
        views = [yunet]
        subject = _subject(views, bgr)
        for detector in self._finer:
            if subject is not None and subject.score >= _LOCATED:
                break
            views.append(_FourTurns(detector, bgr))
            subject = _subject(views, bgr)
        if subject is not None and not _resolved(subject, bgr):
            return subject, []
        blaze = _FourTurns(self._blazeface, bgr)
        subject = subject or _subject([blaze], bgr)
        if subject is None or not _resolved(subject, bgr):
            return subject, []
        return subject, [
            Sighting("yunet", yunet.near(subject)),
            Sighting("blazeface", blaze.near(subject)),
        ]


class _FourTurns:
    """What one detector saw of a picture at each of the four turns.

    Faces are moved to the pixels of the picture only when asked for: of the many weak ones most
    never are.

    Args:
        detector: The detector.
        bgr: A picture, or a crop of one.
        left: Where the crop's left edge lies in the picture, px.
        top: Where its top edge lies.
    """

    def __init__(self, detector: Detector, bgr: Pixels, left: int = 0, top: int = 0) -> None:
        square, self._scale, dx, dy = fit(bgr, detector.side)
        self._side = detector.side
        self._shift = left - dx / self._scale, top - dy / self._scale
        self._found = detector([turn(square, turn_cw) for turn_cw in TURNS], _FLOOR)

    @property
    def best(self) -> float:
        """The surest face's score, 0 where there is no face."""
        return max((faces[0].score for faces in self._found if faces), default=0.0)

    def above(self, floor: float) -> list[Face]:
        """The faces of all turns with at least this score."""
        return [
            self._placed(face, turn_cw)
            for turn_cw, faces in zip(TURNS, self._found, strict=True)
            for face in faces
            if face.score >= floor
        ]

    def near(self, subject: Face) -> tuple[Face | None, Face | None, Face | None, Face | None]:
        """At each turn the surest face that lies where the subject is."""
        reach = 0.5 * float(max(subject.box[2:]))
        best = tuple(
            next(
                (
                    face
                    for face in (self._placed(raw, turn_cw) for raw in faces)
                    if _distance(face, subject) < reach
                ),
                None,
            )
            for turn_cw, faces in zip(TURNS, self._found, strict=True)
        )
        return cast("tuple[Face | None, Face | None, Face | None, Face | None]", best)

    def _placed(self, face: Face, turn_cw: TurnCw) -> Face:
        """A face of the turned square, in pixels of the picture as it lies."""
        upright = turn_face(face, unturn(turn_cw), self._side, self._side)
        return move_face(upright, 1 / self._scale, *self._shift)


def _one_turn(detector: Detector, bgr: Pixels, floor: float) -> list[Face]:
    """Faces of the picture as it lies."""
    square, scale, left, top = fit(bgr, detector.side)
    found = detector([square], floor)[0]
    return [move_face(face, 1 / scale, -left / scale, -top / scale) for face in found]


def _subject(views: Sequence[_FourTurns], bgr: Pixels) -> Face | None:
    """The most prominent face of all turns: sure, large and near the middle."""
    height, width = bgr.shape[:2]
    middle = np.array((width / 2, height / 2))
    reach = float(np.hypot(*middle))

    def prominence(face: Face) -> float:
        off = float(np.linalg.norm(_centre(face) - middle)) / reach
        return face.score**2 * float(face.box[3]) * (1 - 0.5 * min(off, 1.0))

    surest = max(view.best for view in views)
    rivals = [face for view in views for face in view.above(_RIVAL * surest)]
    return max(rivals, key=prominence, default=None)


def _resolved(face: Face, bgr: Pixels) -> bool:
    return bool(face.box[3] >= _RESOLVED * max(bgr.shape[:2]))


def _centre(face: Face) -> Floats:
    return face.box[:2] + face.box[2:] * np.float32(0.5)


def _distance(a: Face, b: Face) -> float:
    return float(np.linalg.norm(_centre(a) - _centre(b)))


def limit_size(bgr: Pixels) -> Pixels:
    """The picture no larger than the stages after this need."""
    return shrink(bgr, LONGEST)
