"""Colours in words: the named one that lies nearest to "#RRGGBB"."""

from __future__ import annotations

import re

from pipeline.core.words import Language, words

_COLOUR = re.compile(r"#([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})\b")
# What photographers and notices call grounds, by keys of `[colour]`; #64C5FF is the registry's
# light blue. Several of one name where the eye gives it to a wide range.
_NAMED: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("white", (255, 255, 255)),
    ("off_white", (236, 234, 230)),
    ("light_grey", (200, 200, 200)),
    ("grey", (150, 150, 150)),
    ("dark_grey", (80, 80, 80)),
    ("black", (25, 25, 25)),
    ("light_blue", (100, 197, 255)),
    ("light_blue", (170, 205, 240)),
    ("blue", (67, 142, 219)),
    ("blue", (75, 100, 170)),
    ("dark_blue", (20, 50, 120)),
    ("cyan", (60, 190, 190)),
    ("red", (215, 30, 40)),
    ("red", (200, 95, 90)),
    ("dark_red", (120, 20, 30)),
    ("pink", (240, 180, 195)),
    ("orange", (240, 150, 60)),
    ("yellow", (240, 220, 90)),
    ("beige", (230, 212, 180)),
    ("beige", (190, 160, 120)),
    ("brown", (130, 90, 60)),
    ("light_green", (175, 220, 170)),
    ("green", (60, 140, 75)),
    ("green", (130, 175, 100)),
    ("purple", (135, 80, 160)),
)


def nearest(red: int, green: int, blue: int) -> str:
    """Key of the named colour with the least weighted distance in sRGB.

    Weights: https://www.compuphase.com/cmetric.htm ("redmean"), which follows the eye closely
    enough to name a colour.
    """

    def distance(one: tuple[str, tuple[int, int, int]]) -> float:
        _, (r, g, b) = one
        mean = (red + r) / 2
        return (
            (2 + mean / 256) * (red - r) ** 2
            + 4 * (green - g) ** 2
            + (2 + (255 - mean) / 256) * (blue - b) ** 2
        )

    return min(_NAMED, key=distance)[0]


def named(text: str, lang: Language) -> str:
    """A text with a name before each colour in it: "#FFFFFF" becomes "white #FFFFFF"."""

    def name(found: re.Match[str]) -> str:
        key = nearest(*(int(part, 16) for part in found.groups()))
        return f"{words('colour', lang)[key]} {found.group()}"

    return _COLOUR.sub(name, text)
