"""Faults that a photographer or a program can make, by strength: what bench/quality.py tries.

Pictures are (640, 480, 3) uint8 BGR, eyes at `EYES`; every function gives a new picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.quality.backdrop import Backdrop
from pipeline.types import Pixels

WIDTH, HEIGHT, EYE_ROW, EYES_APART = 480, 640, 250, 108
EYES = np.array([(240 - EYES_APART / 2, EYE_ROW), (240 + EYES_APART / 2, EYE_ROW)], np.float32)
LIGHT_BLUE, WHITE = (255, 197, 100), (255, 255, 255)
Degrade = Callable[[Pixels, float], Pixels]


@dataclass(frozen=True)
class Check:
    """One fault: strengths in rising order, the first sound, from `planted` on a violation."""

    name: str
    measure: str
    codes: tuple[str, ...]
    degrade: Degrade
    strengths: tuple[float, ...]
    planted: float
    quality: int = 90
    moves: bool = False  # the face is elsewhere afterwards and must be looked for again


def gain(bgr: Pixels, factor: float | np.ndarray) -> Pixels:
    """Multiply light, per channel or per pixel."""
    return np.clip(bgr.astype(np.float32) * factor, 0, 255).astype(np.uint8)


def blur(bgr: Pixels, sigma: float) -> Pixels:
    """Out of focus by a Gaussian of `sigma` px."""
    return cv2.GaussianBlur(bgr, (0, 0), sigma) if sigma else bgr


def side_light(bgr: Pixels, strength: float) -> Pixels:
    """Darken the left of the face, by up to `strength` towards the edge."""
    ramp = np.linspace(1, 1 - strength, WIDTH // 3, dtype=np.float32)
    across = np.concatenate(
        (np.ones(WIDTH // 3), ramp, np.full(WIDTH - 2 * (WIDTH // 3), ramp[-1]))
    )
    return gain(bgr, across[None, :, None])


def blue_cast(bgr: Pixels, strength: float) -> Pixels:
    """More blue, less red."""
    return gain(bgr, np.array((1 + strength / 2, 1, 1 - strength), np.float32))


def fade(bgr: Pixels, strength: float) -> Pixels:
    """Take colour out; 1 leaves grey."""
    grey = cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return cv2.addWeighted(bgr, 1 - strength, grey, strength, 0)


def resave(bgr: Pixels, loss: float) -> Pixels:
    """Save at quality 100 - loss and open again."""
    return cv2.imdecode(cv2.imencode(".jpg", bgr, [1, round(100 - loss)])[1], 1) if loss else bgr


def move(dx: float = 0, dy: float = 0, zoom: float = 0, roll: float = 0) -> Degrade:
    """Shift by pixels, zoom by a share, roll by degrees, each times the strength."""

    def degrade(bgr: Pixels, strength: float) -> Pixels:
        matrix = cv2.getRotationMatrix2D((240, EYE_ROW), -roll * strength, 1 + zoom * strength)
        matrix[:, 2] += (dx * strength, dy * strength)
        return cv2.warpAffine(bgr, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)

    return degrade


def behind(bgr: Pixels) -> np.ndarray:
    """(H, W, 1) soft mask of the background, 0-1."""
    mask = Backdrop.of(bgr, (EYES[0], EYES[1])).mask
    large = cv2.resize(mask, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(large, (0, 0), 1.5)[..., None].astype(np.float32) / 255


def backdrop(colour: tuple[int, int, int]) -> Degrade:
    """Lay a colour over the background, keeping its light and shade."""

    def degrade(bgr: Pixels, strength: float) -> Pixels:
        mask = behind(bgr) * strength
        light = np.median(bgr[:30].reshape(-1, 3), axis=0)
        shaded = np.clip(bgr.astype(np.float32) / np.maximum(light, 1) * colour, 0, 255)
        return (bgr * (1 - mask) + shaded * mask).astype(np.uint8)

    return degrade


def shadow(bgr: Pixels, strength: float) -> Pixels:
    """Darken the background towards one side."""
    ramp = 1 - strength * np.clip(np.linspace(-0.6, 1, WIDTH, dtype=np.float32), 0, 1)
    return gain(bgr, 1 - behind(bgr) * (1 - ramp[None, :, None]))


def gradient(bgr: Pixels, strength: float) -> Pixels:
    """Darken the background towards the top."""
    ramp = 1 - strength * np.clip(np.linspace(1, -0.6, HEIGHT, dtype=np.float32), 0, 1)
    return gain(bgr, 1 - behind(bgr) * (1 - ramp[:, None, None]))


def frame(colour: tuple[int, int, int]) -> Degrade:
    """A frame of a colour; the strength is its thickness in px."""

    def degrade(bgr: Pixels, strength: float) -> Pixels:
        out, thick = bgr.copy(), int(strength)
        if thick:
            cv2.rectangle(out, (0, 0), (WIDTH - 1, HEIGHT - 1), colour, 2 * thick - 1)
        return out

    return degrade


def flash(bgr: Pixels, strength: float) -> Pixels:
    """Red pupils; the strength is their radius in px (an iris here has about 10)."""
    out = bgr.copy()
    for eye in EYES:
        if strength:
            cv2.circle(out, tuple(int(v) for v in eye), int(strength), (40, 30, 200), -1)
    return blur(out, 0.7) if strength else out


def second_face(bgr: Pixels, strength: float) -> Pixels:
    """A mirrored copy of the head in the lower corner, `strength` times as large."""
    if not strength:
        return bgr
    out, head = bgr.copy(), bgr[60:460, 90:390, :][:, ::-1]
    small = cv2.resize(head, None, fx=strength, fy=strength, interpolation=cv2.INTER_AREA)
    out[HEIGHT - small.shape[0] :, : small.shape[1]] = small
    return out


def same(bgr: Pixels, _strength: float) -> Pixels:
    """Leave the pixels; the strength is what the saving takes off quality 100."""
    return bgr


CHECKS = [
    Check("blur", "sharpness", ("BLUR",), blur, (0, 1, 1.5, 2, 3, 4), 3),
    Check(
        "dark",
        "luminance",
        ("TOO_DARK",),
        lambda b, s: gain(b, 1 - s),
        (0, 0.2, 0.4, 0.6, 0.75),
        0.75,
    ),
    Check(
        "bright", "luminance", ("TOO_BRIGHT",), lambda b, s: gain(b, 1 + s), (0, 0.25, 0.5, 1, 2), 2
    ),
    Check(
        "side light",
        "illumination_uniformity",
        ("LIGHT_UNEVEN",),
        side_light,
        (0, 0.2, 0.4, 0.6, 0.8),
        0.6,
    ),
    Check("blue cast", "natural_colour", ("COLOUR_CAST",), blue_cast, (0, 0.1, 0.2, 0.3, 0.4), 0.4),
    Check("faded", "colour", ("GREYSCALE",), fade, (0, 0.3, 0.6, 0.8, 1), 1),
    Check("low quality", "jpeg_quality", ("COMPRESSION",), same, (10, 25, 35, 50, 70, 90), 50),
    Check(
        "saved twice", "blockiness", ("BLOCKS",), resave, (0, 25, 50, 70, 80, 90), 80, quality=95
    ),
    Check("eyes low", "eye_line", ("EYE_LINE",), move(dy=1), (0, 20, 40, 60, 80), 60, moves=True),
    Check("eyes high", "eye_line", ("EYE_LINE",), move(dy=-1), (0, 20, 40, 60, 80), 60, moves=True),
    Check(
        "off centre", "off_centre", ("OFF_CENTRE",), move(dx=1), (0, 10, 20, 40, 60), 40, moves=True
    ),
    Check(
        "too large",
        "face_width",
        ("FACE_TOO_LARGE",),
        move(zoom=1),
        (0, 0.1, 0.2, 0.3, 0.5),
        0.5,
        moves=True,
    ),
    Check(
        "too small",
        "face_width",
        ("FACE_TOO_SMALL",),
        move(zoom=-1),
        (0, 0.1, 0.2, 0.3, 0.4),
        0.4,
        moves=True,
    ),
    Check("tilted", "roll", ("ROLL",), move(roll=1), (0, 4, 8, 12, 16, 20), 16, moves=True),
    Check("room above", "hairline", ("HAIRLINE",), move(dy=1), (0, 20, 40, 60, 80), 80, moves=True),
    Check(
        "red backdrop",
        "background_colour",
        ("BACKGROUND_COLOUR",),
        backdrop((60, 60, 200)),
        (0, 1),
        1,
    ),
    Check(
        "dark backdrop",
        "background_colour",
        ("BACKGROUND_COLOUR",),
        backdrop((110, 90, 80)),
        (0, 1),
        1,
    ),
    Check(
        "deep blue backdrop",
        "background_colour",
        ("BACKGROUND_COLOUR",),
        backdrop((200, 80, 20)),
        (0, 1),
        1,
    ),
    Check(
        "light blue backdrop",
        "background_colour",
        ("BACKGROUND_COLOUR",),
        backdrop(LIGHT_BLUE),
        (1,),
        2,
    ),
    Check("white backdrop", "background_colour", ("BACKGROUND_COLOUR",), backdrop(WHITE), (1,), 2),
    Check(
        "shadow",
        "background_evenness",
        ("BACKGROUND_UNEVEN",),
        shadow,
        (0, 0.1, 0.2, 0.4, 0.6),
        0.6,
    ),
    Check(
        "gradient",
        "background_evenness",
        ("BACKGROUND_UNEVEN",),
        gradient,
        (0, 0.1, 0.2, 0.4, 0.6),
        0.6,
    ),
    Check("white frame", "border", ("BORDER",), frame(WHITE), (0, 2, 4, 8, 16), 4),
    Check("black frame", "border", ("BORDER",), frame((0, 0, 0)), (0, 2, 4, 8, 16), 4),
    Check("red eye", "red_eye", ("RED_EYE",), flash, (0, 2, 4, 6, 8), 6),
    Check(
        "second face",
        "face_count",
        ("MULTIPLE_FACES",),
        second_face,
        (0, 0.2, 0.5, 0.8),
        0.5,
        moves=True,
    ),
]
