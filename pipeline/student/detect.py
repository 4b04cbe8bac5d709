"""Detect stage: where faces are, whichever way the picture is turned.

A glance takes the picture as it lies and on its head. Where that is not enough both detectors look
at it in its four quarter turns, then, as long as asked, closer at the subject. Nothing is decided
here: `pipeline.student.orient` judges what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.geometry import TURNS, shrink, turn, turn_face
from pipeline.core.types import Face, Orientation, Pixels, Portrait, Sighting, TurnCw
from pipeline.student.quarter_turns import Detector, Turns, centre, close_crop, distance

# A glance is for faces that leave no doubt (`orient.at_a_glance`): it need not see weak ones.
_GLANCE_FLOOR = 0.5
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
# Beside a smaller face that lies right a larger one may lie on its side or head, where it scores
# less: of 1,028 such collages 523 were judged by the wrong face. A face of this share of the
# picture's longer side leaves no room for that; a smaller one must be the foremost at all turns.
_LARGE = 0.25
# Where YuNet at 160 px sees nothing this sure beside a large subject, no second face is looked for
# at 320 px: none of 156 public pictures with one was missed, but pasted heads up to 0.38 of the
# subject's height can be (docs/accuracy.md); `face_count` takes no notice of heads below a half.
_COMPANY = 0.2
_AS_IT_LIES: tuple[TurnCw, ...] = (0,)
_AND_ON_HEAD: tuple[TurnCw, ...] = (0, 180)


# No stage after decoding needs more pixels on a picture's longer side.
LONGEST = 1280


@dataclass(frozen=True, slots=True)
class Glance:
    """What one look at a picture showed after a quarter turn.

    Attributes:
        turn_cw: The clockwise turn that was applied.
        sightings: YuNet's of the subject in a close crop; BlazeFace's, also on its head.
        portrait: The picture so turned and the subject, with the landmarks of both.
        alone: There is no sign of a second face.
    """

    turn_cw: TurnCw
    sightings: tuple[Sighting, Sighting]
    portrait: Portrait
    alone: bool


@dataclass(frozen=True, slots=True)
class Located:
    """What the networks made of one picture.

    Attributes:
        bgr: The picture as it lies, no larger than the stages need.
        orientation: None when there is no face; then `portrait` is None too.
        alone: A glance showed no sign of a second face.
    """

    bgr: Pixels
    orientation: Orientation | None = None
    portrait: Portrait | None = None
    alone: bool = False


class Spotter:
    """Finds the subject with two detectors.

    Args:
        yunet: At 160 px.
        blazeface: At 128 px.
        finer: YuNet at larger sides, tried in turn when the subject is not sure at 160 px.
    """

    def __init__(self, yunet: Detector, blazeface: Detector, finer: Sequence[Detector]) -> None:
        self._yunet, self._blazeface, self._finer = yunet, blazeface, finer

    def glances(self, bgr: Pixels) -> Iterator[Glance]:
        """One look at a picture as it lies, then one after each turn at which YuNet sees a face.

        The turns in which it sees no clear subject are left out.
        """
        whole = Turns(self._yunet, bgr, _AS_IT_LIES)
        for turn_cw in TURNS:
            glance = self._glance(bgr, whole, turn_cw)
            if glance is not None:
                yield glance
            whole.detect()  # the other turns together take less time than one by one

    def _glance(self, bgr: Pixels, whole: Turns, turn_cw: TurnCw) -> Glance | None:
        """The look after one turn; None when `whole` shows no clear subject there."""
        found = _subject([whole], bgr, (turn_cw,))
        if found is None or found.score < _LOCATED:
            return None
        height, width = bgr.shape[:2]
        subject = turn_face(found, turn_cw, width, height)
        tall = float(subject.box[3])

        def same(face: Face | None) -> bool:
            return face is not None and distance(face, found) <= tall / 2

        large = tall >= _LARGE * max(height, width)
        if not large:
            whole.detect()
            if not same(_subject([whole], bgr)):
                return None
        laid = turn(bgr, turn_cw)
        crop, left, top = close_crop(laid, subject, _PORTRAIT)
        yunet, blazeface = (
            Turns(detector, crop, turns, _GLANCE_FLOOR, left=left, top=top).near(subject)
            for detector, turns in (
                (self._yunet, _AS_IT_LIES),
                (self._blazeface, _AND_ON_HEAD),
            )
        )
        return Glance(
            turn_cw,
            (Sighting("yunet", yunet), Sighting("blazeface", blazeface)),
            Portrait(laid, _joined(yunet[0] or subject, blazeface[0])),
            alone=large and all(map(same, whole.above(_COMPANY, (turn_cw,)))),
        )

    def looks(self, bgr: Pixels) -> Iterator[list[Sighting]]:
        """Both detectors' sightings of the subject; each time those of one look more.

        The first look is at the whole picture. It is empty when the face is too small in it to be
        judged, and the only one when no detector saw anything at any turn.
        """
        subject, sightings = self._whole(bgr)
        yield sightings
        if subject is None:
            return
        for framing in _FRAMINGS:
            crop, left, top = close_crop(bgr, subject, framing)
            sightings = sightings + [
                Sighting(name, Turns(detector, crop, left=left, top=top).near(subject))
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
        seen = Turns(self._finer[0], portrait.bgr, _AS_IT_LIES, _OTHER).above(_OTHER)
        return replace(portrait, others=_others(seen, portrait.face))

    def _refine(self, upright: Pixels, rough: Face) -> Face:
        """The subject in a close crop, where its points are most exact."""
        crop, left, top = close_crop(upright, rough, _PORTRAIT)
        yunet, blazeface = (
            Turns(detector, crop, _AS_IT_LIES, left=left, top=top).near(rough)[0]
            for detector in (self._yunet, self._blazeface)
        )
        return _joined(yunet or rough, blazeface)

    def _whole(self, bgr: Pixels) -> tuple[Face | None, list[Sighting]]:
        """The subject as first located, and the sightings of the whole picture.

        The subject is None when no detector saw anything at any turn. Sightings are empty when
        the face is too small in the picture to be judged without looking closer.
        """
        yunet = Turns(self._yunet, bgr)
        views = [yunet]
        subject = _subject(views, bgr)
        for detector in self._finer:
            if subject is not None and subject.score >= _LOCATED:
                break
            views.append(Turns(detector, bgr))
            subject = _subject(views, bgr)
        if subject is not None and not _resolved(subject, bgr):
            return subject, []
        blaze = Turns(self._blazeface, bgr)
        subject = subject or _subject([blaze], bgr)
        if subject is None or not _resolved(subject, bgr):
            return subject, []
        return subject, [
            Sighting("yunet", yunet.near(subject)),
            Sighting("blazeface", blaze.near(subject)),
        ]


def _subject(views: Sequence[Turns], bgr: Pixels, turns: Sequence[TurnCw] = TURNS) -> Face | None:
    """The most prominent face of these turns: sure, large and near the middle."""
    height, width = bgr.shape[:2]
    middle = np.array((width / 2, height / 2))
    reach = float(np.hypot(*middle))

    def prominence(face: Face) -> float:
        off = float(np.linalg.norm(centre(face) - middle)) / reach
        return face.score**2 * float(face.box[3]) * (1 - 0.5 * min(off, 1.0))

    surest = max(view.best(turns) for view in views)
    rivals = [face for view in views for face in view.above(_RIVAL * surest, turns)]
    return max(rivals, key=prominence, default=None)


def _resolved(face: Face, bgr: Pixels) -> bool:
    return bool(face.box[3] >= _RESOLVED * max(bgr.shape[:2]))


def _joined(yunet: Face, blazeface: Face | None) -> Face:
    """YuNet's face with the mean of both detectors' points.

    Their errors differ: SFace then misses fewer pairs in every set (docs/accuracy.md). BlazeFace
    knows the mouth's centre only; its corners are taken to lie as far from it as YuNet's.
    """
    if blazeface is None or blazeface.score < _GLANCE_FLOOR:
        return yunet
    half = (yunet.landmarks[4] - yunet.landmarks[3]) / 2
    theirs = blazeface.landmarks + np.stack((0 * half, 0 * half, 0 * half, -half, half))
    return replace(yunet, landmarks=(yunet.landmarks + theirs) / np.float32(2))


def _others(faces: Iterable[Face], face: Face) -> tuple[Face, ...]:
    """Those that are not `face`."""
    return tuple(f for f in faces if distance(f, face) > 0.5 * float(face.box[3]))


def limit_size(bgr: Pixels) -> Pixels:
    """The picture no larger than the stages after this need."""
    return shrink(bgr, LONGEST)
