"""Draws a specimen in the layout of a second-generation resident ID card, front side.

It is plainly no card: 样本 SPECIMEN stands across text and portrait, and the number begins with an
area code that no place has. Proportions follow the 85.6 x 54 mm format; sizes are px of a card
1000 px wide.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1000, 631
PORTRAIT_BOX = 640, 84, 944, 489  # left, top, right, bottom: 3:4, as the portrait
NO_SUCH_AREA = "990000"

_PAPER_LEFT, _PAPER_RIGHT = (222, 236, 240), (236, 230, 214)
_LINE, _LABEL, _INK, _STAMP = (206, 222, 228), (66, 112, 160), (28, 28, 30), (200, 30, 40)
_LABEL_SIZE, _INK_SIZE, _NUMBER_SIZE = 30, 36, 42
_ADDRESS_CHARACTERS = 11


@dataclass(frozen=True, slots=True)
class Holder:
    """What stands on a card; all made up."""

    name: str
    sex: str
    nation: str
    birth: datetime.date
    address: str
    number: str


def draw_card(
    holder: Holder, portrait: Image.Image, font: Path, number_font: Path | None = None
) -> Image.Image:
    """A specimen card, (1000, 631) RGB.

    Args:
        holder: The text.
        portrait: RGB, 3:4; scaled into its box.
        font: TrueType or OpenType font with Chinese characters.
        number_font: Of the number's digits; `font` by default.

    Raises:
        OSError: If the font cannot be read.
    """
    card = _paper()
    left, top, right, bottom = PORTRAIT_BOX
    card.paste(portrait.resize((right - left, bottom - top), Image.Resampling.BICUBIC), (left, top))
    _write(ImageDraw.Draw(card), holder, font, number_font or font)
    return _stamp(card, font)


def _paper() -> Image.Image:
    """A pale ground that changes from left to right, with fine wavy lines as cards have them."""
    blend = Image.linear_gradient("L").resize((HEIGHT, WIDTH)).transpose(Image.Transpose.TRANSPOSE)
    paper = Image.composite(
        Image.new("RGB", (WIDTH, HEIGHT), _PAPER_RIGHT),
        Image.new("RGB", (WIDTH, HEIGHT), _PAPER_LEFT),
        blend,
    )
    pen = ImageDraw.Draw(paper)
    for y in range(-40, HEIGHT, 14):
        for x in range(0, WIDTH, 100):
            pen.arc((x, y, x + 50, y + 30), 180, 360, fill=_LINE)
            pen.arc((x + 50, y, x + 100, y + 30), 0, 180, fill=_LINE)
    return paper


def _write(pen: ImageDraw.ImageDraw, holder: Holder, font: Path, number_font: Path) -> None:
    label, ink = (ImageFont.truetype(font, size) for size in (_LABEL_SIZE, _INK_SIZE))
    number = ImageFont.truetype(number_font, _NUMBER_SIZE)
    birth = holder.birth

    def line(y: int, *parts: tuple[int, str, bool]) -> None:
        for x, text, is_label in parts:
            fill, face = (_LABEL, label) if is_label else (_INK, ink)
            pen.text((x, y), text, fill, face, anchor="ls")

    line(118, (60, "姓 名", True), (160, holder.name, False))
    line(190, (60, "性 别", True), (160, holder.sex, False))
    line(190, (280, "民 族", True), (380, holder.nation, False))
    line(262, (60, "出 生", True), (160, f"{birth.year}", False), (262, "年", True))
    line(262, (312, f"{birth.month}", False), (366, "月", True))
    line(262, (414, f"{birth.day}", False), (468, "日", True))
    line(334, (60, "住 址", True))
    for row, start in enumerate(range(0, len(holder.address), _ADDRESS_CHARACTERS)):
        line(334 + 50 * row, (160, holder.address[start : start + _ADDRESS_CHARACTERS], False))
    line(558, (60, "公民身份号码", True))
    for place, digit in enumerate(holder.number):
        pen.text((330 + 33 * place, 558), digit, _INK, number, anchor="ms")


def _stamp(card: Image.Image, font: Path) -> Image.Image:
    """样本 SPECIMEN across the text, and again across the chest of the portrait."""
    layer = Image.new("RGBA", card.size, (*_STAMP, 0))
    pen = ImageDraw.Draw(layer)
    left, _, right, bottom = PORTRAIT_BOX
    large, small = ImageFont.truetype(font, 100), ImageFont.truetype(font, 42)
    middle = (40 + left) // 2
    for y, text in ((210, "样本"), (340, "SPECIMEN")):
        pen.text((middle, y), text, (*_STAMP, 110), large, anchor="mm")
    across = (left + right) // 2, bottom - 40
    rim = (255, 255, 255, 150)  # tells the stamp from dark clothes
    pen.text(
        across, "样本 SPECIMEN", (*_STAMP, 220), small, anchor="mm", stroke_width=2, stroke_fill=rim
    )
    return Image.alpha_composite(card.convert("RGBA"), layer).convert("RGB")
