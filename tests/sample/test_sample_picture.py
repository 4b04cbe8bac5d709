"""One picture of the sample: the crop, the print, the file and the card."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sample_cases import drawn, eyes

from pipeline.sample.card import HEIGHT, WIDTH, Holder, draw_card
from pipeline.sample.picture import Crop, Print, fill, jpeg, portrait, printed
from pipeline.sample.sources import FONT, pictures
from pipeline.sample.tables import birth_date, id_number


def test_portrait_puts_the_eyes_where_the_standard_wants_them() -> None:
    for name in ("obama", "collins", "guido"):
        picture = pictures()[name]
        image = portrait(drawn(picture), picture, Crop(eye_distance=108, shift=3))
        assert image.size == (480, 640)
        (rx, ry), (lx, ly) = eyes(image)
        assert lx - rx == pytest.approx(108, abs=1.5)
        assert (lx + rx) / 2 == pytest.approx(243, abs=1.5)
        assert ry == pytest.approx(ly, abs=1.5)
        assert 200 < ry < 300


def test_printing_makes_small_and_duller() -> None:
    sharp = Image.linear_gradient("L").resize((480, 640)).convert("RGB")
    dull = printed(sharp, Print(width=240))
    assert dull.size == (240, 320)
    assert np.asarray(dull).std() < 0.95 * np.asarray(sharp).std()


def test_jpeg_keeps_below_the_limit_even_for_grain() -> None:
    grain = np.random.default_rng(0).integers(90, 160, (640, 480, 3), dtype=np.uint8)
    content = jpeg(Image.fromarray(grain))
    assert len(content) <= 38_000
    assert Image.open(io.BytesIO(content)).info["dpi"] == (300, 300)


def test_fill_keeps_proportions() -> None:
    wide = Image.new("RGB", (600, 300))
    ImageDraw.Draw(wide).ellipse((275, 125, 325, 175), fill="white")
    box = fill(wide).convert("L").point(lambda v: 255 * (v > 128)).getbbox()
    assert box is not None
    assert box[2] - box[0] == pytest.approx(box[3] - box[1], abs=2)


def test_card_shows_text_portrait_and_stamp(sources: dict[str, Path]) -> None:
    face = Image.new("RGB", (240, 320), (10, 200, 10))
    holder = Holder("AB", "F", "H", birth_date(0), "address " * 3, id_number(0))
    card = draw_card(holder, face, sources[FONT])
    assert card.size == (WIDTH, HEIGHT) == (1000, 631)
    assert card.getpixel((790, 200)) == (10, 200, 10)
    rgb = np.asarray(card).astype(int)
    reddish = (rgb[..., 0] - rgb[..., 1] > 40) & (rgb[..., 0] - rgb[..., 2] > 25)
    assert reddish[150:400, 40:640].sum() > 2000
    assert reddish[420:489, 640:944].sum() > 300
