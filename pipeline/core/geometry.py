"""The only place that turns, crops, scales or warps pixels and moves points along with them.

Conventions: points are (..., 2) float32 pixels, x right, y down, (0, 0) the *centre* of the top
left pixel. `turn_cw` is the clockwise quarter turn to apply. NumPy's `rot90` and Pillow's `rotate`
turn counter-clockwise for positive values; nothing here uses them.
"""

from __future__ import annotations

import math
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.core.opencv import cv2
from pipeline.core.types import Face, Floats, Pixels, TurnCw

TURNS: tuple[TurnCw, ...] = (0, 90, 180, 270)

# EXIF orientation: whether to mirror left to right first, then the clockwise turn.
# Source: Exif 2.32, tag 0x0112 (where row 0 and column 0 of the stored picture belong).
_EXIF: dict[int, tuple[bool, TurnCw]] = {
    1: (False, 0),
    2: (True, 0),
    3: (False, 180),
    4: (True, 180),
    5: (True, 270),
    6: (False, 90),
    7: (True, 90),
    8: (False, 270),
}

# Five points of the canonical 112 x 112 ArcFace crop: right eye, left eye, nose tip, right and
# left mouth corner (subject's right). Source: insightface `face_align.arcface_dst`, the same as
# OpenCV's FaceRecognizerSF::alignCrop.
ARCFACE_112: Floats = np.array(
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ],
    dtype=np.float32,
)


def turn(bgr: Pixels, turn_cw: TurnCw) -> Pixels:
    """The picture turned clockwise; (H, W, 3) becomes (W, H, 3) for 90 and 270."""
    if turn_cw == 0:
        return bgr
    codes = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
    return cast(Pixels, cv2.rotate(bgr, codes[turn_cw // 90 - 1]))


def mirror(bgr: Pixels) -> Pixels:
    """The picture with left and right exchanged."""
    return cast(Pixels, cv2.flip(bgr, 1))


def apply_exif(bgr: Pixels, orientation: int) -> Pixels:
    """The stored picture as its EXIF orientation 1-8 wants it shown."""
    mirrored, turn_cw = _EXIF[orientation]
    return turn(mirror(bgr) if mirrored else bgr, turn_cw)


def turn_points(points: Floats, turn_cw: TurnCw, width: int, height: int) -> Floats:
    """Where points of a `width` x `height` picture lie after `turn(picture, turn_cw)`."""
    x, y = points[..., 0], points[..., 1]
    if turn_cw == 90:
        x, y = height - 1 - y, x
    elif turn_cw == 180:
        x, y = width - 1 - x, height - 1 - y
    elif turn_cw == 270:
        x, y = y, width - 1 - x
    return np.stack((x, y), axis=-1).astype(np.float32)


def unturn(turn_cw: int) -> TurnCw:
    """The clockwise turn that undoes `turn_cw`."""
    return cast(TurnCw, -turn_cw % 360)


def turn_face(face: Face, turn_cw: TurnCw, width: int, height: int) -> Face:
    """A face of a `width` x `height` picture after that picture is turned."""
    if turn_cw == 0:
        return face
    x, y, w, h = face.box
    corners = np.array([(x, y), (x + w, y + h)], dtype=np.float32)
    a, b = turn_points(corners, turn_cw, width, height)
    low, high = np.minimum(a, b), np.maximum(a, b)
    box = np.concatenate((low, high - low)).astype(np.float32)
    return Face(box, turn_points(face.landmarks, turn_cw, width, height), face.score)


def move_face(face: Face, scale: float, dx: float, dy: float) -> Face:
    """A face after scaling its picture by `scale` and then shifting it by (dx, dy) pixels."""
    shift = np.array((dx, dy), dtype=np.float32)
    box = face.box * scale
    box[:2] += shift
    return Face(box.astype(np.float32), face.landmarks * np.float32(scale) + shift, face.score)


def fit(bgr: Pixels, side: int) -> tuple[Pixels, float, int, int]:
    """The picture scaled into the middle of a black `side` x `side` square.

    Shrinks by halves, then bilinearly by what is left (a factor below 2): about three times as
    fast as averaging whole blocks. Up to the joint factor of the halves less one pixel is cut off
    at the right and the bottom edge so that the scale stays exact.

    Returns:
        The square, the scale, and where the picture's left and top edges lie in it (px).
    """
    bgr, times = _in_halves(bgr, side)
    height, width = bgr.shape[:2]
    scale = side / max(height, width)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (side - w) // 2, (side - h) // 2
    square = np.zeros((side, side, 3), dtype=np.uint8)
    square[top : top + h, left : left + w] = cv2.resize(bgr, (w, h))
    return square, scale / times, left, top


def _in_halves(bgr: Pixels, longest: int) -> tuple[Pixels, int]:
    """Two by two pixels averaged to one as often as leaves the longer side at least `longest`.

    OpenCV has vector code for this factor alone. A last odd column or row is left out.

    Returns:
        The smaller picture, and how many times smaller it is: a power of two.
    """
    times = 1
    while max(bgr.shape[:2]) >= 2 * longest:
        height, width = (max(1, size // 2) for size in bgr.shape[:2])
        even = bgr[: 2 * height, : 2 * width]
        bgr = cast(Pixels, cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))
        times *= 2
    return bgr, times


def crop_square(bgr: Pixels, centre: tuple[float, float], side: int) -> tuple[Pixels, int, int]:
    """A `side` x `side` cut around `centre`, black outside, and where its left, top edges lie."""
    left, top = round(centre[0] - side / 2), round(centre[1] - side / 2)
    height, width = bgr.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    square = np.zeros((side, side, 3), dtype=np.uint8)
    if x1 > x0 and y1 > y0:
        square[y0 - top : y1 - top, x0 - left : x1 - left] = bgr[y0:y1, x0:x1]
    return square, left, top


def shrink(bgr: Pixels, longest: int) -> Pixels:
    """The picture with its longer side at most `longest`; unchanged if it already is.

    Averages whole blocks of pixels, then shrinks bilinearly by what is left: slower than `fit`,
    but less is left, and every measure's figures were taken with it.
    """
    block = max(bgr.shape[:2]) // longest
    if block >= 2:
        height, width = (max(1, size // block) for size in bgr.shape[:2])
        whole = bgr[: height * block, : width * block]
        bgr = cast(Pixels, cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))
    scale = longest / max(bgr.shape[:2])
    if scale >= 1:
        return bgr
    height, width = bgr.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cast(Pixels, cv2.resize(bgr, size))


def stretch(bgr: Pixels, side: int) -> Pixels:
    """The picture squeezed or stretched to a `side` x `side` square, bilinearly."""
    return cast(Pixels, cv2.resize(bgr, (side, side)))


def window(
    bgr: Pixels, frame: NDArray[np.floating], width: int, height: int | None = None
) -> Pixels:
    """What a turned frame of the picture shows, as a picture of its own, bilinearly.

    Args:
        bgr: The picture; beyond it, its edge pixels are repeated.
        frame: (2, 3) matrix from shares of the frame to pixels of the picture: its last column is
            the frame's top left corner, the others its top edge and its left edge.
        width: Of the result.
        height: Of the result; its width by default.
    """
    size = (width, height or width)
    matrix = frame * (1 / size[0], 1 / size[1], 1.0)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cast(
        Pixels, cv2.warpAffine(bgr, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )


def similarity(source: Floats, target: Floats) -> NDArray[np.float64]:
    """Least-squares similarity (turn, scale, shift; no mirroring) that maps source to target.

    Args:
        source: (N, 2) points, N >= 2.
        target: (N, 2) points.

    Returns:
        (2, 3) matrix for `cv2.warpAffine`. Formula: Umeyama 1991 for two dimensions, written with
        complex numbers.
    """
    a = source[:, 0] + 1j * source[:, 1].astype(np.float64)
    b = target[:, 0] + 1j * target[:, 1].astype(np.float64)
    a0, b0 = a.mean(), b.mean()
    spread = float(np.sum(np.abs(a - a0) ** 2))
    m = complex(np.sum((b - b0) * np.conj(a - a0))) / max(spread, 1e-9)
    t = complex(b0 - m * a0)
    return np.array([(m.real, -m.imag, t.real), (m.imag, m.real, t.imag)])


_UPRIGHT = (ARCFACE_112 - ARCFACE_112.mean(axis=0)) @ np.array([1, 1j])


def roll_deg(landmarks: Floats) -> float:
    """In-plane angle of a face in degrees, clockwise positive as the viewer sees it, (-180, 180].

    The angle of the similarity from the upright template to the points, so that all points vote.
    """
    turned = complex(np.vdot(_UPRIGHT, landmarks @ np.array([1, 1j])))
    return math.degrees(math.atan2(turned.imag, turned.real))


def align(
    bgr: Pixels, landmarks: Floats, side: Literal[112] = 112, *, averaged: bool = False
) -> Pixels:
    """The face warped to the 112 x 112 ArcFace template; landmarks (5, 2) px of `bgr`.

    Args:
        bgr: The upright picture.
        landmarks: The face's five points in it.
        side: Of the crop.
        averaged: Let every pixel of a face larger than the crop count, by halving the picture,
            then warping it at a whole multiple of the crop's size and averaging down; else four
            neighbours of each point do.
    """
    matrix, times = similarity(landmarks, ARCFACE_112), 1
    if averaged:
        longest = math.ceil(max(bgr.shape[:2]) * _scale(matrix))
        bgr, halved = _in_halves(bgr, max(1, longest))
        landmarks = (landmarks + np.float32(0.5)) / np.float32(halved) - np.float32(0.5)
        matrix = similarity(landmarks, ARCFACE_112)
        times = max(1, round(1 / _scale(matrix)))
    matrix *= times
    # (0, 0) is the centre of the first pixel; what stays in place is that pixel's corner.
    matrix[:, 2] += (times - 1) / 2
    size = side * times, side * times
    crop = cv2.warpAffine(bgr, matrix, size, flags=cv2.INTER_LINEAR)
    return cast(Pixels, cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA))


def _scale(matrix: NDArray[np.float64]) -> float:
    return math.hypot(*matrix[:, 0])


def tight(crop: Pixels, side: int) -> Pixels:
    """The middle 96 of the 112 columns of a crop from `align`, stretched to (side, side, 3).

    The frame of networks trained on crops of 96 x 112: in shares of that frame the template of
    Intel's face-reidentification-retail-0095 is `ARCFACE_112` less 8 across.
    """
    return cast(Pixels, cv2.resize(crop[:, 8:104], (side, side)))


def moved(crop: Pixels, motion: NDArray[np.floating]) -> Pixels:
    """What a crop shows at `motion` of each pixel's place, in its own size; mirrored outside.

    Args:
        crop: (H, W, 3) or (H, W).
        motion: (2, 3) matrix from pixels of the result to pixels of `crop`.
    """
    height, width = crop.shape[:2]
    flags, size = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, (width, height)
    moved = cv2.warpAffine(crop, motion, size, flags=flags, borderMode=cv2.BORDER_REFLECT)
    return cast(Pixels, moved)
