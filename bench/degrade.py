"""Faults that a photographer or a program can make, by strength: what bench/quality.py tries.

Pictures are (640, 480, 3) uint8 BGR, eyes at `EYES`; every function gives a new picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.core.types import Pixels

WIDTH, HEIGHT, EYE_ROW, EYES_APART = 480, 640, 250, 108
EYES = np.array([(240 - EYES_APART / 2, EYE_ROW), (240 + EYES_APART / 2, EYE_ROW)], np.float32)
WHITE = (255, 255, 255)
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
    moves: bool = False  # the face must be looked for again
    also: tuple[str, ...] = ()  # further measures that should follow


def gain(bgr: Pixels, factor: float | np.ndarray) -> Pixels:
    """Multiply light, per channel or per pixel."""
    return np.clip(bgr.astype(np.float32) * factor, 0, 255).astype(np.uint8)


def stops(bgr: Pixels, blue: float, green: float, red: float) -> Pixels:
    """Change light by stops a channel, as an exposure or a white balance does: linear in light."""
    x = np.arange(256) / 255
    light = np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)
    gained = np.clip(light * 2.0 ** np.array((blue, green, red))[:, None], 0, 1)
    back = np.where(gained > 0.0031308, 1.055 * gained ** (1 / 2.4) - 0.055, gained * 12.92)
    tables = np.rint(back * 255).astype(np.uint8)
    return np.dstack([cv2.LUT(bgr[:, :, i], tables[i]) for i in range(3)])


def flatten(bgr: Pixels, strength: float) -> Pixels:
    """Take contrast out; 1 leaves mid-grey."""
    return cv2.addWeighted(bgr, 1 - strength, np.full_like(bgr, 128), strength, 0)


def blur(bgr: Pixels, sigma: float) -> Pixels:
    """Out of focus by a Gaussian of `sigma` px."""
    return cv2.GaussianBlur(bgr, (0, 0), sigma) if sigma else bgr


def side_light(bgr: Pixels, strength: float) -> Pixels:
    """Darken the left of the face, by up to `strength` towards the edge."""
    ramp = np.linspace(1, 1 - strength, WIDTH // 3, dtype=np.float32)
    rest = np.full(WIDTH - 2 * (WIDTH // 3), ramp[-1])
    across = np.concatenate((np.ones(WIDTH // 3), ramp, rest))
    return gain(bgr, across[None, :, None])


def cast(blue: float, green: float, red: float) -> Degrade:
    """A white balance that is off by these stops times the strength."""
    return lambda bgr, strength: stops(bgr, blue * strength, green * strength, red * strength)


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


LENS = (40, 30)  # half axes of a lens, px


def on_lenses(draw: Callable[[Pixels, tuple[int, int]], object]) -> Degrade:
    """Draw something at the middle of each lens."""

    def degrade(bgr: Pixels, _strength: float) -> Pixels:
        out = bgr.copy()
        for eye in EYES:
            draw(out, (int(eye[0]), int(eye[1]) + 4))
        return out

    return degrade


def frames(bgr: Pixels, strength: float) -> Pixels:
    """Oval frames with a bridge, 2 px thick, as dark as the strength says."""
    ink = (45, 40, 40)
    out = on_lenses(lambda b, at: cv2.ellipse(b, at, LENS, 0, 0, 360, ink, 2, cv2.LINE_AA))(bgr, 0)
    inner = int(EYES[0][0]) + LENS[0], int(EYES[1][0]) - LENS[0]
    cv2.line(out, *((x, EYE_ROW) for x in inner), ink, 2, cv2.LINE_AA)
    return cv2.addWeighted(bgr, 1 - strength, out, strength, 0)


def lamp(bgr: Pixels, radius: float) -> Pixels:
    """Frames with a lamp's image in each lens, `radius` px wide and soft at its edge."""
    out = frames(bgr, 1)
    if not radius:
        return out
    spot = on_lenses(lambda b, at: cv2.circle(b, (at[0] + 14, at[1] - 10), int(radius), 255, -1))(
        np.zeros(bgr.shape[:2], np.uint8), 0
    )
    share = cv2.GaussianBlur(spot, (0, 0), 1.5)[..., None].astype(np.float32) / 255
    return (out * (1 - share) + 255 * share).astype(np.uint8)


def tinted(bgr: Pixels, strength: float) -> Pixels:
    """Frames with lenses that swallow this share of the light."""
    out = frames(bgr, 1)
    lens = on_lenses(lambda b, at: cv2.ellipse(b, at, LENS, 0, 0, 360, 255, -1))(
        np.zeros(bgr.shape[:2], np.uint8), 0
    )
    return gain(out, 1 - strength * (lens[..., None].astype(np.float32) / 255))


def grid(pitch: float, angle: float = 7) -> Degrade:
    """The grid of a screen seen by a camera; the strength is its contrast."""

    def degrade(bgr: Pixels, strength: float) -> Pixels:
        rows, columns = np.mgrid[:HEIGHT, :WIDTH]
        turn = np.exp(1j * np.radians(angle)) * (columns + 1j * rows) * 2 * np.pi / pitch
        return gain(bgr, 1 + strength * (np.cos(turn.real) + np.cos(turn.imag))[..., None] / 2)

    return degrade


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


STEPS = (0, 0.02, 0.05, 0.1, 0.2)  # contrast of a screen's grid

CHECKS = [
    Check("blur", "sharpness", ("BLUR",), blur, (0, 1, 1.5, 2, 3, 4), 3),
    Check(
        "dark",
        "luminance",
        ("TOO_DARK",),
        lambda b, s: gain(b, 1 - s),
        (0, 0.2, 0.4, 0.6, 0.75),
        0.75,
        also=("luminance_mean", "under_exposure"),
    ),
    Check(
        "flat light",
        "dynamic_range",
        ("LIGHT_FLAT",),
        flatten,
        (0, 0.5, 0.75, 0.875),  # each half of the contrast of the one before
        1,
        also=("luminance_variance",),
    ),
    Check(
        "bright", "luminance", ("TOO_BRIGHT",), lambda b, s: gain(b, 1 + s), (0, 0.25, 0.5, 1, 2), 2
    ),
    Check(
        "over-exposed",
        "over_exposure",
        ("TOO_BRIGHT",),
        lambda b, s: stops(b, s, s, s),
        (0, 1, 2, 3),
        3,
        also=("luminance_mean", "luminance"),
    ),
    Check(
        "side light",
        "light_balance",
        ("LIGHT_UNEVEN",),
        side_light,
        (0, 0.2, 0.4, 0.6, 0.8),
        0.6,
        also=("illumination_uniformity",),
    ),
    Check(
        "blue cast",
        "colour_cast",
        ("COLOUR_CAST",),
        cast(1, 0, -1),
        (0, 0.25, 0.5, 0.75, 1),
        1,
        also=("natural_colour",),
    ),
    Check("green cast", "colour_cast", ("COLOUR_CAST",), cast(0, 1, 0), (0, 0.25, 0.5, 0.75, 1), 1),
    Check(
        "yellow cast", "colour_cast", ("COLOUR_CAST",), cast(-1, 0, 1), (0, 0.25, 0.5, 0.75, 1), 1
    ),
    Check("faded", "colour", ("GREYSCALE",), fade, (0, 0.3, 0.6, 0.8, 1), 1),
    Check("low quality", "jpeg_quality", ("COMPRESSION",), same, (10, 25, 35, 50, 70, 90), 50),
    Check(
        "saved twice", "blockiness", ("BLOCKS",), resave, (0, 25, 50, 70, 80, 90), 80, quality=95
    ),
    Check(
        "eyes low",
        "eye_line",
        ("EYE_LINE",),
        move(dy=1),
        (0, 20, 40, 60, 80),
        60,
        moves=True,
        also=("margin_above", "margin_below", "chin_line", "mouth_line"),
    ),
    Check("eyes high", "eye_line", ("EYE_LINE",), move(dy=-1), (0, 20, 40, 60, 80), 60, moves=True),
    Check(
        "off centre",
        "off_centre",
        ("OFF_CENTRE",),
        move(dx=1),
        (0, 10, 20, 40, 60),
        40,
        moves=True,
        also=("crop_left", "crop_right", "eye_column", "face_left", "face_right"),
    ),
    Check(
        "too large",
        "face_width",
        ("FACE_TOO_LARGE",),
        move(zoom=1),
        (0, 0.1, 0.2, 0.3, 0.5),
        0.5,
        moves=True,
        also=("head_size", "inter_eye_distance", "eye_distance"),
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
    Check("white frame", "border", ("BORDER",), frame(WHITE), (0, 2, 4, 8, 16), 4),
    Check("black frame", "border", ("BORDER",), frame((0, 0, 0)), (0, 2, 4, 8, 16), 4),
    Check("red eye", "red_eye", ("RED_EYE",), flash, (0, 2, 4, 6, 8), 6),
    Check("glasses", "glasses", ("GLASSES",), frames, (0, 0.2, 0.4, 0.7, 1), 0.7),
    Check("glare", "glare", ("GLASSES_GLARE",), lamp, (0, 2, 4, 6, 8, 12), 8),
    Check("tinted", "tint", ("GLASSES_TINTED",), tinted, (0, 0.2, 0.4, 0.6, 0.8), 0.6),
    Check("screen, 2.7 px", "moire", ("POSSIBLE_RECAPTURE",), grid(2.7), STEPS, 0.1),
    Check("screen, 4.3 px", "moire", ("POSSIBLE_RECAPTURE",), grid(4.3), STEPS, 0.1),
    Check("screen, 6.5 px", "moire", ("POSSIBLE_RECAPTURE",), grid(6.5), STEPS, 0.1),
    Check(
        "second face",
        "single_face",
        ("MULTIPLE_FACES",),
        second_face,
        (0, 0.2, 0.4, 0.6, 0.8),  # heads count from half the subject's height
        0.6,
        moves=True,
        also=("face_count",),
    ),
]
