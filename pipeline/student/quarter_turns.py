"""What one detector sees of a picture, or of a close crop, at some of its quarter turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np

from pipeline.core.geometry import TURNS, crop_square, fit, move_face, turn, turn_face, unturn
from pipeline.core.types import Face, Floats, Pixels, TurnCw

# Weak boxes are evidence too: the joined score decides, not this floor.
FLOOR = 0.05


class Detector(Protocol):
    """A face detector for batches of four square BGR pictures."""

    side: int

    def __call__(self, squares: list[Pixels], threshold: float) -> list[list[Face]]:
        """Faces of each picture, best first."""


class Turns:
    """What one detector saw of a picture at some of its quarter turns.

    Faces are moved to the pixels of the picture only when asked for: of the many weak ones most
    never are.

    Args:
        detector: The detector.
        bgr: A picture, or a crop of one.
        turns: Clockwise turns to look at; `detect` adds others.
        floor: Lowest score of a face.
        left: Where the crop's left edge lies in the picture, px.
        top: Where its top edge lies.
    """

    def __init__(
        self,
        detector: Detector,
        bgr: Pixels,
        turns: Sequence[TurnCw] = TURNS,
        floor: float = FLOOR,
        *,
        left: int = 0,
        top: int = 0,
    ) -> None:
        self._square, self._scale, dx, dy = fit(bgr, detector.side)
        self._shift = left - dx / self._scale, top - dy / self._scale
        self._detector, self._floor = detector, floor
        self._found: dict[TurnCw, list[Face]] = {}
        self.detect(turns)

    def detect(self, turns: Sequence[TurnCw] = TURNS) -> None:
        """Look at those of these turns that were not looked at, all at once."""
        missing = [turn_cw for turn_cw in turns if turn_cw not in self._found]
        if missing:
            squares = [turn(self._square, turn_cw) for turn_cw in missing]
            self._found.update(zip(missing, self._detector(squares, self._floor), strict=True))

    def best(self, turns: Sequence[TurnCw] = TURNS) -> float:
        """The surest face's score at these turns, 0 where there is no face."""
        found = (self._found.get(turn_cw, ()) for turn_cw in turns)
        return max((faces[0].score for faces in found if faces), default=0.0)

    def above(self, floor: float, turns: Sequence[TurnCw] = TURNS) -> list[Face]:
        """The faces at these turns with at least this score."""
        return [
            self._placed(face, turn_cw)
            for turn_cw in turns
            for face in self._found.get(turn_cw, ())
            if face.score >= floor
        ]

    def near(self, subject: Face) -> tuple[Face | None, Face | None, Face | None, Face | None]:
        """At each turn the surest face that lies where the subject is; None where none was seen."""
        reach = 0.5 * float(max(subject.box[2:]))
        best = tuple(
            next(
                (
                    face
                    for face in (self._placed(raw, turn_cw) for raw in self._found.get(turn_cw, ()))
                    if distance(face, subject) < reach
                ),
                None,
            )
            for turn_cw in TURNS
        )
        return cast("tuple[Face | None, Face | None, Face | None, Face | None]", best)

    def _placed(self, face: Face, turn_cw: TurnCw) -> Face:
        """A face of the turned square, in pixels of the picture as it lies."""
        side = self._detector.side
        upright = turn_face(face, unturn(turn_cw), side, side)
        return move_face(upright, 1 / self._scale, *self._shift)


def close_crop(bgr: Pixels, face: Face, framing: float) -> tuple[Pixels, int, int]:
    """A square of `framing` face heights around a face, and where its left, top edges lie."""
    x, y, width, height = (float(v) for v in face.box)
    side = max(8, round(max(width, height) * framing))
    return crop_square(bgr, (x + width / 2, y + height / 2), side)


def centre(face: Face) -> Floats:
    """(2,) middle of a face's box, px."""
    return face.box[:2] + face.box[2:] * np.float32(0.5)


def distance(a: Face, b: Face) -> float:
    """Between the middles of two faces, px."""
    return float(np.linalg.norm(centre(a) - centre(b)))
