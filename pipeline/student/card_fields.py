"""Where the name and the number stand on a resident ID card, told by the face on it.

The card's front side (85.6 x 54 mm, GA 450): the portrait at the right, the name at the top left,
the number along the bottom. The face gives place, scale and slant of the card; the lines of text
found around it give the rest, because a portrait may be framed wider and a card be tilted.

Card units: the mean of the eyes is (0, 0), the line of the eyes is the x axis, the distance between
them is 1, on a head that looks ahead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.text_lines import HEIGHT, WIDTH, Line
from pipeline.core.geometry import roll_deg
from pipeline.core.types import Face, Floats

# How far a card reaches around the eyes: 6.0 to 6.9 mm apart, as GA 461 frames a portrait 26 mm
# wide, and half way down it or, in a wider frame, at two fifths.
_LEFT, _RIGHT, _TOP, _BOTTOM = -12.8, 3.6, -4.6, 6.2
# From the eyes to the mouth, in distances of the eyes: that of `geometry.ARCFACE_112`.
_EYES_TO_MOUTH = 1.155
# A picture that ends nearer than this to the eyes, at the left or below, shows no whole card.
_ROOM_LEFT, _ROOM_BELOW = 6.5, 3.0
# The number: a long line below the eyes.
_NUMBER_LENGTH, _NUMBER_BELOW, _SLANT = 4.5, 1.8, 12.0
# With its label the row is 1.43 times as long as its 18 characters alone, which are 7.5 to 8.7.
_WITH_LABEL, _OF_IT = 9.6, 0.725
# The name, in lengths of the number from its left end: above it, and how far across.
_NAME_ABOVE, _NAME_ACROSS = (0.55, 1.0), (-0.6, 0.3)


class Box(NamedTuple):
    """A line of text in the picture: (2, 3) frame for `geometry.window`, and its sides in px."""

    frame: NDArray[np.float64]
    length: float
    height: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """The part of a picture that a card may fill.

    Attributes:
        frame: (2, 3) matrix from shares of the part to pixels of the picture.
        unit: Distance of the eyes, in pixels of the (352, 544) view of this part.
        eyes: (2,) their mean, in the same pixels.
    """

    frame: NDArray[np.float64]
    unit: float
    eyes: Floats

    def box(self, line: Line, wider: float = 0.0, higher: float = 0.0) -> Box:
        """A line of the view, in the picture.

        Args:
            line: In the view's pixels.
            wider: Added at both ends, in heights of the line.
            higher: Added above and below, in heights of the line.
        """
        along, down = _axes(line)
        length, height = line.length + 2 * wider * line.height, line.height * (1 + 2 * higher)
        corner = line.centre - along * length / 2 - down * height / 2
        scale = self.frame[:, :2] / (WIDTH, HEIGHT)
        frame = np.column_stack(
            (scale @ (along * length), scale @ (down * height), scale @ corner + self.frame[:, 2])
        )
        across, high = (float(np.hypot(*frame[:, i])) for i in (0, 1))
        return Box(frame, across, high)


def sheet_of(face: Face, width: int, height: int) -> Sheet | None:
    """Where the card lies of which this is the face; None where the picture is too small for one.

    Args:
        face: Upright within 45 degrees, px.
        width: Of the picture.
        height: Of the picture.
    """
    middle, unit = _eyes(face)
    if unit < 1 or middle[0] < _ROOM_LEFT * unit or height - middle[1] < _ROOM_BELOW * unit:
        return None
    turn = math.radians(roll_deg(face.landmarks))
    axes = np.array(((math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn)))) * unit
    corners = np.array([(x, y) for x in (0, width) for y in (0, height)]) - middle
    inside = corners @ np.linalg.inv(axes).T
    (left, top), (right, bottom) = (
        np.maximum(inside.min(axis=0), (_LEFT, _TOP)),
        np.minimum(inside.max(axis=0), (_RIGHT, _BOTTOM)),
    )
    scale = min(WIDTH / (right - left), HEIGHT / (bottom - top))  # px of the view a unit
    sides = axes * (WIDTH / scale, HEIGHT / scale)
    frame = np.column_stack((sides, middle + axes @ (left, top)))
    return Sheet(frame, scale, np.array((-left * scale, -top * scale), dtype=np.float32))


def _eyes(face: Face) -> tuple[NDArray[np.float64], float]:
    """The mean of the eyes, and how far apart they were if the head were not turned aside."""
    right, left, _, *mouth = face.landmarks.astype(np.float64)
    middle = (right + left) / 2
    down = float(np.linalg.norm(np.mean(mouth, axis=0) - middle))
    return middle, max(float(np.linalg.norm(left - right)), down / _EYES_TO_MOUTH)


def number_row(lines: Sequence[Line], sheet: Sheet) -> Line | None:
    """The row with the number, pieces joined: the lowest that is long enough."""
    below = [
        line
        for line in lines
        if line.centre[1] - sheet.eyes[1] > _NUMBER_BELOW * sheet.unit and abs(line.angle) < _SLANT
    ]
    for line in sorted(below, key=lambda line: -line.length):
        row = _joined(line, [other for other in below if _level(line, other)])
        if row.length >= _NUMBER_LENGTH * sheet.unit:
            return row
    return None


def digits(row: Line, sheet: Sheet) -> Line:
    """The part of the number's row that holds its 18 characters, without the label before them."""
    if row.length < _WITH_LABEL * sheet.unit:
        return row
    along, _ = _axes(row)
    length = row.length * _OF_IT
    centre = row.centre + along * (row.length - length) / 2
    return Line(centre.astype(np.float32), length, row.height, row.angle)


def name_row(lines: Sequence[Line], number: Line) -> Line | None:
    """The line with the name, pieces joined: the topmost of those that lie where it may be."""
    along, down = _axes(number)
    start = number.centre - along * number.length / 2
    found = []
    for line in lines:
        x, y = (float(axis @ (line.centre - start)) / number.length for axis in (along, -down))
        if _NAME_ABOVE[0] < y < _NAME_ABOVE[1] and _NAME_ACROSS[0] < x < _NAME_ACROSS[1]:
            found.append((y, line))
    if not found:
        return None
    _, top = max(found, key=lambda one: one[0])
    return _joined(top, [line for _, line in found if _level(top, line)])


def _axes(line: Line) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors along a line, and down across it."""
    turn = math.radians(line.angle)
    along = np.array((math.cos(turn), math.sin(turn)))
    return along, np.array((-along[1], along[0]))


def _level(line: Line, other: Line) -> bool:
    """Whether both stand in one row."""
    _, down = _axes(line)
    return abs(float(down @ (other.centre - line.centre))) < 0.5 * max(line.height, other.height)


def _joined(line: Line, pieces: Sequence[Line]) -> Line:
    """A line prolonged over the pieces in its row."""
    along, _ = _axes(line)
    places = [(float(along @ (piece.centre - line.centre)), piece.length / 2) for piece in pieces]
    left, right = min(x - half for x, half in places), max(x + half for x, half in places)
    centre = line.centre + along * (left + right) / 2
    return Line(centre.astype(np.float32), right - left, line.height, line.angle)
