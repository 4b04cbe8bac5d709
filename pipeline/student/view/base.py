"""What a measure sees and what it declares. See CONTRIBUTING.md for the recipe of a new one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.core.geometry import align
from pipeline.core.opencv import cv2
from pipeline.core.types import Floats, Mesh, Orientation, Photo, Pixels, Portrait, Value
from pipeline.student.view.backdrop import Backdrop
from pipeline.student.view.colour_space import lab
from pipeline.student.view.eye_area import EyeArea
from pipeline.student.view.face_area import FaceArea


class NotMeasuredError(Exception):
    """A measure cannot be taken from this picture; the text says why."""


@dataclass(frozen=True)
class View:
    """One photo as the measures see it; what several measures need is worked out once.

    Attributes:
        photo: As decoded, EXIF applied, full size.
        orientation: How it is turned; None when there is no face.
        portrait: Upright picture with the face, perhaps smaller than `photo`; None without a face.
        mesh: Dense landmarks in pixels of `portrait.bgr`; None when the mesh net found nothing.
        segment: Gives how surely each part of an upright (H, W, 3) BGR picture is the person, as a
            square 0-1 stretched over it; asked only when a measure needs it. None knows none.
    """

    photo: Photo
    orientation: Orientation | None = None
    portrait: Portrait | None = None
    mesh: Mesh | None = None
    segment: Callable[[Pixels], Floats] | None = None

    @property
    def face(self) -> Portrait:
        """The portrait. Raises NotMeasuredError when there is none."""
        if self.portrait is None:
            raise NotMeasuredError("no upright face")
        return self.portrait

    @property
    def points(self) -> Floats:
        """(478, 2) mesh points, px of `face.bgr`. Raises NotMeasuredError when there are none."""
        if self.mesh is None:
            raise NotMeasuredError("no face mesh")
        return self.mesh.points

    @property
    def frame(self) -> tuple[int, int]:
        """Width and height of `face.bgr`, the pixels that `points` are in."""
        height, width = self.face.bgr.shape[:2]
        return width, height

    @cached_property
    def aligned_luma(self) -> Pixels:
        """(112, 112) BT.601 luma of the face on the ArcFace template."""
        crop = align(self.face.bgr, self.face.face.landmarks)
        return np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.uint8)

    @cached_property
    def area(self) -> FaceArea:
        """The skin between brows and chin. Raises NotMeasuredError without a mesh."""
        return FaceArea.of(self.face.bgr, self.points, eye_centres(self.points))

    @cached_property
    def eyes(self) -> EyeArea:
        """What is around both eyes.

        Raises:
            NotMeasuredError: Without a mesh, or when the eyes are too small or outside the picture.
        """
        right, left = eye_centres(self.points)
        if gap_of((right, left)) < SMALLEST_EYES_APART:
            raise NotMeasuredError("the eyes are too small")
        both, size = np.stack((right, left)), np.array(self.frame)
        if (both < 0).any() or (both >= size).any():
            raise NotMeasuredError("the eyes lie outside the picture")
        return EyeArea.of(self.face.bgr, (right, left))

    @cached_property
    def backdrop(self) -> Backdrop:
        """Person and background. Raises NotMeasuredError without a mesh or a segmenter."""
        eyes = eye_centres(self.points)
        if self.segment is None:
            raise NotMeasuredError("no segmenter")
        return Backdrop.of(self.face.bgr, eyes, self.segment(self.face.bgr))


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: how to take it, and the reason codes for values outside the profile's limits.

    Attributes:
        name: Measurement name and the key in a profile's `[limits]`.
        unit: Unit shown to people.
        function: Takes a View, returns a number or a word; raises NotMeasuredError.
        below: Code of a value under the limit's `min`.
        above: Code of a value over the limit's `max`, or not among its `allowed`.
        per: The value is a fraction of the picture's width or height, and the limit is in pixels
            of the profile's frame; "" when value and limit share a unit.
        scalar: ISO/IEC 29794-5 quality component, 0 (worst) to 100, of a value, by the mapping
            that OFIQ publishes; None when the measure is none of the standard's.
    """

    name: str
    unit: str
    function: Callable[[View], Value]
    below: str
    above: str
    per: Literal["", "width", "height"] = ""
    scalar: Callable[[float], float] | None = None


# MediaPipe canonical mesh indices (face_mesh_connections.py); "right" is the subject's right.
RIGHT_IRIS, LEFT_IRIS = 468, 473
RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263
RIGHT_LID_UPPER, RIGHT_LID_LOWER = 159, 145
LEFT_LID_UPPER, LEFT_LID_LOWER = 386, 374
LIP_UPPER, LIP_LOWER = 13, 14
RIGHT_EYE_INNER, LEFT_EYE_INNER = 133, 362
CHIN = 152
SMALLEST_EYES_APART = 24.0  # px; below it nothing about glasses can be seen
RIGHT_CHEEK, LEFT_CHEEK = 234, 454


def eye_centres(points: Floats) -> tuple[Floats, Floats]:
    """The right and the left eye's centre, each the middle of its corners, px.

    Raises:
        NotMeasuredError: If the mesh has collapsed.
    """
    right = (points[RIGHT_EYE_OUTER] + points[RIGHT_EYE_INNER]) / 2
    left = (points[LEFT_EYE_OUTER] + points[LEFT_EYE_INNER]) / 2
    if float(np.linalg.norm(right - left)) < 1:
        raise NotMeasuredError("the face mesh has collapsed")
    return right, left


def eye_to_chin(points: Floats) -> float:
    """T of ISO/IEC 29794-5: distance from the midpoint of the eyes to the chin, px.

    Raises:
        NotMeasuredError: If the mesh has collapsed.
    """
    eyes = (points[RIGHT_EYE_OUTER] + points[LEFT_EYE_OUTER]) / 2
    length = float(np.linalg.norm(eyes - points[CHIN]))
    if length < 1:
        raise NotMeasuredError("the face mesh has collapsed")
    return length


def gap(points: Floats, a: int, b: int) -> float:
    """Distance between two mesh points, px."""
    return float(np.linalg.norm(points[a] - points[b]))


def gap_of(pair: tuple[Floats, Floats]) -> float:
    """Distance between two points, px."""
    return float(np.linalg.norm(pair[1] - pair[0]))


def upright_size(view: View) -> tuple[int, int]:
    """Width and height of the photo as delivered, once the proposed quarter turn is applied."""
    height, width = view.photo.bgr.shape[:2]
    sideways = view.orientation is not None and view.orientation.turn_cw in (90, 270)
    return (height, width) if sideways else (width, height)


def pose_angles(view: View) -> tuple[float, float]:
    """Yaw and pitch in degrees from the mesh's pose matrix.

    The matrix turns MediaPipe's canonical face (x to its left, y up, z out of the face) into the
    camera's axes. Its third column is where the face looks.

    Raises:
        NotMeasuredError: If there is no mesh.
    """
    if view.mesh is None:
        raise NotMeasuredError("no face mesh")
    x, y, z = (float(v) for v in view.mesh.pose[:3, 2])
    return math.degrees(math.atan2(x, z)), math.degrees(math.atan2(-y, math.hypot(x, z)))


def crown(view: View) -> float:
    """Height where hair begins below the top edge, share of the picture's height.

    Raises:
        NotMeasuredError: If nobody stands out above the eyes.
    """
    found = view.backdrop.crown
    if found is None:
        raise NotMeasuredError("hair does not stand out from the background")
    return found


def background_key(view: View) -> Floats:
    """(3,) CIELAB colour of the background.

    Raises:
        NotMeasuredError: If no background is seen along the edge.
    """
    key = view.backdrop.key
    if key is None:
        raise NotMeasuredError("too little background along the edge")
    return key


def skin_colour(view: View) -> Floats:
    """(3,) CIELAB of both cheeks. Raises NotMeasuredError without a mesh."""
    mean = np.rint(view.area.cheek_colour).astype(np.uint8)
    return np.asarray(lab(mean), np.float32)
