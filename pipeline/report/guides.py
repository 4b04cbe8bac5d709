"""What is drawn over a photo: lines of the standard and of the face, and where each fault lies.

Everything comes from stored measurements, so that a report drawn later needs no pixel. Places are
shares of the upright picture's width and height, x right and y down. Only where, never how: the
report's `guides.js` and `pipeline.single.check` draw it in their own ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.core import measurements as names
from pipeline.core.standard import Limit, Profile
from pipeline.core.types import Finding, Measurement

Axis = Literal["row", "column"]


@dataclass(frozen=True, slots=True)
class Band:
    """Where the standard wants something: between two rows, or between two columns."""

    axis: Axis
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something is: a row or a column, and whether a finding objects to it."""

    axis: Axis
    at: float
    bad: bool


@dataclass(frozen=True, slots=True)
class Area:
    """The part of the picture that a finding is about."""

    code: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Guides:
    """All there is to draw over one photo."""

    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    areas: tuple[Area, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Short lists for `guides.js`: [axis, start, stop], [axis, at, bad], [code, x, y, w, h]."""
        return {
            "bands": [[b.axis, round(b.start, 3), round(b.stop, 3)] for b in self.bands],
            "marks": [[m.axis, round(m.at, 3), m.bad] for m in self.marks],
            "areas": [
                [
                    a.code,
                    *(round(v, 3) for v in (a.left, a.top, a.right - a.left, a.bottom - a.top)),
                ]
                for a in self.areas
            ],
        }


# Measures that are a row or a column of the picture, and the codes that object to it.
_LINES: dict[str, tuple[Axis, frozenset[str]]] = {
    names.HAIRLINE: ("row", frozenset({"HAIRLINE", "HEAD_HEIGHT"})),
    names.EYE_LINE: ("row", frozenset({"EYE_LINE"})),
    names.CHIN_LINE: ("row", frozenset({"HEAD_HEIGHT"})),
    names.EYE_COLUMN: ("column", frozenset({"EYE_COLUMN"})),
    names.FACE_LEFT: ("column", frozenset({"FACE_TOO_SMALL", "FACE_TOO_LARGE"})),
    names.FACE_RIGHT: ("column", frozenset({"FACE_TOO_SMALL", "FACE_TOO_LARGE"})),
}
_CENTRED = frozenset({"OFF_CENTRE"})

_PLACES: dict[str, frozenset[str]] = {
    "eyes": frozenset(
        {"EYES_CLOSED", "RED_EYE", "GLASSES", "GLASSES_GLARE", "GLASSES_TINTED"}
        | {"EYE_DISTANCE", "ROLL"}
    ),
    "mouth": frozenset({"MOUTH_OPEN", "EXPRESSION"}),
    "face": frozenset(
        {"BLUR", "TOO_DARK", "TOO_BRIGHT", "LIGHT_UNEVEN", "LIGHT_FLAT", "LIGHT_HARSH"}
        | {"COLOUR_CAST", "GREYSCALE", "POSSIBLE_RECAPTURE", "YAW", "PITCH", "FACE_POSITION"}
        | {"FACE_TOO_SMALL", "FACE_TOO_LARGE", "HEAD_SIZE"}
    ),
    "hair": frozenset({"HAIRLINE", "HEAD_COVERED"}),
    "brows": frozenset({"HAIR_OVER_BROWS"}),
    "below": frozenset({"SHOULDERS", "CLOTHES"}),
    "sides": frozenset({"EARS_HIDDEN"}),
    "behind": frozenset({"BACKGROUND_COLOUR", "BACKGROUND_UNEVEN"}),
    "all": frozenset({"BORDER"}),
}
_BROW = 0.45  # of the way from eyes to chin that the face's box reaches above the eyes
_EDGE = 0.02  # share of the picture by which the outline of all of it stays inside

Box = tuple[float, float, float, float]


def guides_of(
    measured: Mapping[str, Measurement], findings: Iterable[Finding], profile: Profile | None
) -> Guides:
    """What to draw over one photo.

    Args:
        measured: Measurements by name.
        findings: Of the photo; they say which marks are bad and which areas there are.
        profile: The standard, for its bands; None draws none.
    """
    codes = dict.fromkeys(finding.code for finding in findings)
    return Guides(
        tuple(_bands(profile)) if profile else (),
        tuple(_marks(measured, codes)),
        tuple(Area(code, *box) for code in codes for box in _boxes(code, measured)),
    )


def _bands(profile: Profile) -> Iterator[Band]:
    """The limits of lines, and the strip in which the middle of the face may lie."""
    for name, (axis, _) in _LINES.items():
        if limit := profile.limits.get(name):
            scale = _scale(profile, axis)
            yield Band(axis, (limit.min or 0) / scale, _most(limit, scale) / scale)
    if (limit := profile.limits.get(names.OFF_CENTRE)) and limit.max is not None:
        reach = limit.max / _scale(profile, "column")
        yield Band("column", 0.5 - reach, 0.5 + reach)


def _marks(measured: Mapping[str, Measurement], codes: Iterable[str]) -> Iterator[Mark]:
    """Lines of the face; its columns only where they are wrong, else they would be clutter."""
    found = frozenset(codes)
    for name, (axis, objections) in _LINES.items():
        at, bad = _number(measured, name), bool(found & objections)
        if at is not None and (bad or axis == "row"):
            yield Mark(axis, at, bad)
    left, right = _number(measured, names.FACE_LEFT), _number(measured, names.FACE_RIGHT)
    if left is not None and right is not None:
        yield Mark("column", (left + right) / 2, bool(found & _CENTRED))


def _boxes(code: str, measured: Mapping[str, Measurement]) -> list[Box]:
    """Where a code's fault lies; nothing where that is nowhere or what it needs is not known."""
    place = next((place for place, codes in _PLACES.items() if code in codes), "")
    if place == "all":
        return [(_EDGE, _EDGE, 1 - _EDGE, 1 - _EDGE)]
    needed = (names.FACE_LEFT, names.FACE_RIGHT, names.EYE_LINE, names.CHIN_LINE)
    known = [value for name in needed if (value := _number(measured, name)) is not None]
    if not place or len(known) < len(needed):
        return []
    left, right, eyes, chin = known
    wide, high = right - left, chin - eyes
    brow = eyes - _BROW * high
    hair = _number(measured, names.HAIRLINE)
    crown = max(0.0, eyes - 1.2 * high) if hair is None else hair
    mouth = _number(measured, names.MOUTH_LINE) or eyes + 0.6 * high
    beside = max(0.0, left - wide / 6), min(1.0, right + wide / 6)
    boxes: dict[str, list[Box]] = {
        "eyes": [(left, eyes - 0.2 * high, right, eyes + 0.2 * high)],
        "mouth": [(left + wide / 4, mouth - 0.18 * high, right - wide / 4, mouth + 0.18 * high)],
        "face": [(left, brow, right, chin)],
        "hair": [(left, crown, right, brow)],
        "brows": [(left, brow, right, eyes - 0.1 * high)],
        "below": [(0, chin, 1, 1)],
        "sides": [
            (beside[0], brow, left, eyes + high / 2),
            (right, brow, beside[1], eyes + high / 2),
        ],
        "behind": [(0, 0, beside[0], eyes), (beside[1], 0, 1, eyes)],
    }
    return boxes[place]


def _number(measured: Mapping[str, Measurement], name: str) -> float | None:
    measurement = measured.get(name)
    value = measurement.value if measurement else None
    return value if isinstance(value, float) else None


def _scale(profile: Profile, axis: Axis) -> float:
    """What a limit's number is divided by: pixels of the frame, or per cent without one."""
    if profile.frame is None:
        return 100.0
    return float(profile.frame.height_px if axis == "row" else profile.frame.width_px)


def _most(limit: Limit, scale: float) -> float:
    """The limit's upper end, the picture's own where it has none."""
    return scale if limit.max is None else limit.max
