"""Faults around the face: background, room above the head, fringe, shoulders, clothes.

Like bench/degrade.py: pictures are (640, 480, 3) uint8 BGR with the eyes at row 250, 108 px apart.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from degrade import EYE_ROW, HEIGHT, WHITE, WIDTH, Check, Degrade, gain

from models.manifest import path_of
from models.segmenter import Segmenter
from pipeline.core.types import Pixels

LIGHT_BLUE = (255, 197, 100)
DARK_CLOTHES, DARK_HAIR = (60, 50, 45), (35, 40, 50)
CHIN_ROW, COLLAR_ROW, NECK = 390, 440, 120  # of most portraits cut so; half a neck's columns
HAIR_ROW = 80  # the middle of the standard's 50-110 px


@cache
def segmenter() -> Segmenter:
    """The product's own, on pictures that are still sound."""
    return Segmenter(path_of("selfie_segmenter"))


def behind(bgr: Pixels) -> np.ndarray:
    """(H, W, 1) soft mask of the background, 0-1."""
    person = cv2.resize(segmenter()(bgr), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(1 - person, 0, 1)[..., None]


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


def room(dy: int) -> Degrade:
    """Put the top of the hair where it should be, then move by `dy` px times the strength.

    Where the top is, the segmenter says of the picture as cut; how well it does is measured by
    `tests/student/test_landmarks.py` against a person.
    """

    def degrade(bgr: Pixels, strength: float) -> Pixels:
        head = 1 - behind(bgr)[:EYE_ROW, WIDTH // 2 - 65 : WIDTH // 2 + 65, 0]
        top = int(np.argmax((head >= 0.5).mean(axis=1) >= 0.1))
        wall = tuple(float(v) for v in np.median(bgr[:60, :60].reshape(-1, 3), axis=0))
        shift = np.array([(1, 0, 0), (0, 1, HAIR_ROW - top + dy * strength)], np.float32)
        return cv2.warpAffine(bgr, shift, (WIDTH, HEIGHT), borderValue=wall)

    return degrade


def fringe(bgr: Pixels, row: float) -> Pixels:
    """Dark strands from the top of the head to this row, with a ragged end."""
    if not row:
        return bgr
    draws = np.random.default_rng(5)
    strands = np.repeat(draws.normal(0, 12, (1, WIDTH, 1)), HEIGHT, axis=0)
    hair = cv2.GaussianBlur(strands + draws.normal(0, 6, (HEIGHT, WIDTH, 1)), (0, 0), 0.8)
    ends = row + draws.uniform(-8, 8, WIDTH)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    mask = (rows < ends[None, :]) & (abs(columns - WIDTH / 2) < 105)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1)[..., None] * (1 - behind(bgr))
    painted = np.clip(np.array(DARK_HAIR) + hair[..., None], 0, 255)
    return (bgr * (1 - soft) + painted * soft).astype(np.uint8)


def dress(bgr: Pixels, strength: float) -> Pixels:
    """Clothes from dark to the background's own colour, folds kept."""
    below = np.clip((np.arange(HEIGHT) - COLLAR_ROW) / 10, 0, 1)[:, None, None]
    mask = (1 - behind(bgr)) * below
    beside = abs(np.arange(WIDTH) - WIDTH / 2) > NECK
    worn = bgr[(mask[..., 0] > 0.9) & beside]
    if not len(worn):
        return bgr
    key = np.median(bgr[:30].reshape(-1, 3), axis=0)
    target = np.array(DARK_CLOTHES) * (1 - strength) + key * strength
    dyed = np.clip(bgr - np.median(worn, axis=0) + target, 0, 255)
    return (bgr * (1 - mask) + dyed * mask).astype(np.uint8)


def lean(bgr: Pixels, degrees: float) -> Pixels:
    """Slope the body below the chin, clockwise."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    share = np.clip((rows - CHIN_ROW) / (COLLAR_ROW - CHIN_ROW), 0, 1)
    source = rows - np.tan(np.radians(degrees)) * (columns - WIDTH / 2) * share
    moved = source.astype(np.float32)
    return cv2.remap(bgr, columns, moved, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


STEPS = (0, 0.1, 0.2, 0.4, 0.6)
SCENE = [
    Check("room above", "hairline", ("HAIRLINE",), room(1), (0, 20, 40, 60, 80), 80, moves=True),
    Check("hair cut", "hairline", ("HAIRLINE",), room(-1), (0, 20, 40, 60, 80), 80, moves=True),
    *(
        Check(f"{name} backdrop", "background_colour", ("BACKGROUND_COLOUR",), dye, (0, 1), 1)
        for name, dye in (
            ("red", backdrop((60, 60, 200))),
            ("dark", backdrop((110, 90, 80))),
            ("deep blue", backdrop((200, 80, 20))),
        )
    ),
    *(
        Check(f"{name} backdrop", "background_colour", ("BACKGROUND_COLOUR",), dye, (1,), 2)
        for name, dye in (("light blue", backdrop(LIGHT_BLUE)), ("white", backdrop(WHITE)))
    ),
    Check("shadow", "background_evenness", ("BACKGROUND_UNEVEN",), shadow, STEPS, 0.6),
    Check("gradient", "background_evenness", ("BACKGROUND_UNEVEN",), gradient, STEPS, 0.6),
    Check(
        "fringe",
        "hair_over_brows",
        ("HAIR_OVER_BROWS",),
        fringe,
        (0, 150, 180, 200, 225),
        225,
    ),
    Check("clothes", "clothes_contrast", ("CLOTHES",), dress, (0, 0.5, 0.8, 0.9, 1), 1),
    Check("shoulders", "shoulders_level", ("SHOULDERS",), lean, (0, 5, 10, 15, 20), 20),
]
