"""How often a picture is looked at, with detectors that count."""

from __future__ import annotations

import numpy as np

from pipeline.core.geometry import TURNS
from pipeline.core.types import Face, Pixels
from pipeline.student.detect import Spotter
from pipeline.student.quarter_turns import Turns

_SIDE = 160


class Counting:
    """A detector that sees one upright face wherever the corner of a square is white.

    Attributes:
        calls: How many squares were given each time.
    """

    side = _SIDE

    def __init__(self, height: float = 80.0) -> None:
        self.calls: list[int] = []
        self._height = height

    def __call__(self, squares: list[Pixels], threshold: float) -> list[list[Face]]:
        self.calls.append(len(squares))
        return [[self._face()] if square[0, 0].any() else [] for square in squares]

    def _face(self) -> Face:
        size = np.array((self._height * 0.75, self._height), np.float32)
        middle = np.full(2, _SIDE / 2, np.float32)
        return Face(np.concatenate((middle - size / 2, size)), np.tile(middle, (5, 1)), 0.9)


def marked(rows: slice, columns: slice) -> Pixels:
    """A black square with one white corner."""
    bgr = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    bgr[rows, columns] = 255
    return bgr


UPRIGHT = marked(slice(0, 8), slice(0, 8))
ON_ITS_LEFT = marked(slice(-8, None), slice(0, 8))  # a quarter turn clockwise sets it upright


def test_a_turn_is_looked_at_once() -> None:
    detector = Counting()
    seen = Turns(detector, UPRIGHT, (0,))
    assert detector.calls == [1]
    seen.detect()
    seen.detect()
    assert detector.calls == [1, 3]
    assert len(seen.above(0.5)) == 1


def test_faces_are_told_of_the_turns_asked_for() -> None:
    seen = Turns(Counting(), ON_ITS_LEFT)
    assert [seen.best((turn_cw,)) for turn_cw in TURNS] == [0.0, 0.9, 0.0, 0.0]
    assert [len(seen.above(0.5, (turn_cw,))) for turn_cw in TURNS] == [0, 1, 0, 0]


def glances(bgr: Pixels, height: float) -> tuple[list[int], list[int]]:
    """The turns at which there is a glance, and how many squares YuNet was given each time."""
    yunet = Counting(height)
    spotter = Spotter(yunet, Counting(height), [])
    return [glance.turn_cw for glance in spotter.glances(bgr)], yunet.calls


def test_a_glance_at_a_picture_that_lies_right_looks_at_no_other_turn() -> None:
    yunet = Counting()
    assert next(Spotter(yunet, Counting(), []).glances(UPRIGHT)).turn_cw == 0
    assert yunet.calls == [1, 1]  # the whole, then the crop


def test_a_picture_on_its_side_is_looked_at_once_a_turn() -> None:
    turns, calls = glances(ON_ITS_LEFT, 80)
    assert turns == [90]
    assert calls == [1, 3, 1]


def test_a_small_face_is_compared_with_the_turns_already_seen() -> None:
    turns, calls = glances(UPRIGHT, 30)
    assert turns == [0]
    assert calls == [1, 3, 1]
