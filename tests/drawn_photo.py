"""A drawn photo with a face whose measures are known, as the measures see it."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.core.geometry import ARCFACE_112
from pipeline.core.types import (
    Face,
    Floats,
    Mesh,
    Orientation,
    Photo,
    Pixels,
    Portrait,
    TurnCw,
    Value,
)
from pipeline.student.measures import View, all_measures
from pipeline.student.view.face_area import OUTLINE

WIDTH, HEIGHT = 480, 640
RIM = ((1, 0), (0, -1), (-1, 0), (0, 1))  # four points around an iris

# Where the points of MediaPipe's canonical mesh lie that the measures use. The subject's right is
# on the left. Eyes at y 250, chin at y 400, so T is 150 px.
POINTS: dict[int, tuple[float, float]] = {
    33: (190, 250),  # right eye, outer corner
    263: (290, 250),  # left eye, outer corner
    152: (240, 400),  # chin
    159: (210, 244),  # right upper lid
    145: (210, 256),  # right lower lid
    386: (270, 245),  # left upper lid
    374: (270, 254),  # left lower lid
    13: (240, 340),  # upper lip, inner
    14: (240, 343),  # lower lip, inner
    234: (119.5, 300),  # right cheek
    454: (359.5, 300),  # left cheek
    133: (230, 250),  # right eye, inner corner
    362: (250, 250),  # left eye, inner corner
    468: (210, 249),  # right iris
    473: (270, 251),  # left iris
    **{469 + i: (210 + 10 * x, 249 + 10 * y) for i, (x, y) in enumerate(RIM)},
    **{474 + i: (270 + 10 * x, 251 + 10 * y) for i, (x, y) in enumerate(RIM)},
}


# The outline of the face area: the jaw on a half circle around the nose, the brows straight.
for index, angle in zip(OUTLINE[:23], np.linspace(np.pi, 0, 23), strict=True):
    POINTS.setdefault(index, (240 + 120 * np.cos(angle), 280 + 120 * np.sin(angle)))
for index, x in zip(OUTLINE[23:], np.linspace(320, 160, 10), strict=True):
    POINTS.setdefault(index, (float(x), 225.0))


def face(height: float = 200, landmarks: Floats = ARCFACE_112) -> Face:
    return Face(np.array([0, 0, 150, height], dtype=np.float32), landmarks, 0.9)


def photo(bgr: Pixels, **fields: object) -> Photo:
    table = tuple(range(1, 65))
    said: dict[str, object] = {"format": "JPEG", "file_bytes": 30 * 1024, "luma_table": table}
    return Photo(bgr, "0" * 64, 1, **{"mode": "RGB", **said, **fields})  # type: ignore[arg-type]


def drawn() -> Pixels:
    """480 x 640, light grey; the head a brown block from 80 px below the top, 180 px wide."""
    picture = np.full((HEIGHT, WIDTH, 3), 220, dtype=np.uint8)
    picture[80:, 150:330] = (80, 110, 150)
    return picture


def person(*blocks: tuple[int, int, int, int]) -> Floats:
    """What a segmenter says of blocks: rows from, to, columns from, to; or of `drawn()`."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    for top, bottom, left, right in blocks or ((80, HEIGHT, 150, 330),):
        mask[top:bottom, left:right] = 1
    return np.asarray(cv2.resize(mask, (256, 256), interpolation=cv2.INTER_AREA), np.float32)


def seen(
    bgr: Pixels | None = None,
    *,
    persons: Floats | None = None,
    turn_cw: TurnCw = 0,
    others: tuple[Face, ...] = (),
    moved: dict[int, tuple[float, float]] | None = None,
    **said: object,
) -> View:
    """A view of `drawn()` with a face, its mesh and person; `moved` shifts mesh points."""
    picture = drawn() if bgr is None else bgr
    points = np.zeros((478, 2), dtype=np.float32)
    for index, point in {**POINTS, **(moved or {})}.items():
        points[index] = point
    return View(
        photo(picture, **said),
        Orientation(turn_cw, 0.0, 1.0),
        Portrait(picture, face(), others),
        Mesh(points, {"mouthSmileLeft": 0.2, "mouthSmileRight": 0.4}, np.eye(4, dtype=np.float32)),
        lambda _bgr: person() if persons is None else persons,
    )


def take(name: str, view: View) -> Value:
    return all_measures()[name].function(view)


def number(name: str, view: View) -> float:
    value = take(name, view)
    assert isinstance(value, float)
    return value


def painted(bgr: int | tuple[int, int, int]) -> Pixels:
    """One colour all over."""
    return np.full((HEIGHT, WIDTH, 3), bgr, dtype=np.uint8)
