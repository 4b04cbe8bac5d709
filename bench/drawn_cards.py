"""Specimen cards of many people, as a school gets them: drawn, turned, tilted, blurred, with glare.

Made up are names, numbers (of areas that no place has) and everything else but the faces. Fonts:
Debian's fonts-wqy-zenhei, fonts-wqy-microhei and fonts-lxgw-wenkai for the text, fonts-ocr-b (the
card's own kind) and the text's for the number.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from stdnum.iso7064 import mod_11_2

from pipeline.core.geometry import TURNS, turn
from pipeline.core.types import Pixels, Portrait
from pipeline.sample.card import Holder, draw_card

_FONTS = Path("/usr/share/fonts")
TEXT_FONTS = (
    *("truetype/wqy/wqy-zenhei.ttc", "truetype/wqy/wqy-microhei.ttc"),
    "truetype/lxgw-wenkai/LXGWWenKai-Medium.ttf",
)
NUMBER_FONTS = ("opentype/ocr-b/OCRB.otf", "opentype/ocr-b/OCRBS.otf")
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜"
    "叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎"
    "贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧阳司马上官诸葛"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲华慧鑫宇浩然子轩梓涵雨欣思远佳"
    "怡嘉豪俊熙博诗琪梦婷雪莹晨曦凯瑞泽楠晓峰志鹏建国立新玉珍春梅海燕红霞小龙天宇一鸣若曦"
    "紫萱可馨昊天承恩弘毅书瑶语嫣芷若逸飞景行修远乐然安琪冠霖奕辰星辰沐阳淑婉清妍"
)
NATIONS = ("汉", "壮", "满", "回", "苗", "维吾尔", "土家", "彝", "蒙古", "藏")
_SOUNDS = "阿卜杜买力热提古丽努尔艾麦西吐逊依明江曼"  # of Uyghur names in Chinese
# First two digits that no province has.
_NOWHERE = ("08", "09", "18", "19", "28", "29", "38", "39", "48", "49", "58", "59", "68", "69")
_NOWHERE += ("78", "79", "88", "89", "96", "97", "98", "99")


@dataclass(frozen=True, slots=True)
class Wear:
    """What happened to a card between the printer and the school; ranges, drawn for each card.

    Attributes:
        width: Of the card, px.
        blur: Radius of the lens, px of a card 1,000 wide.
        tilt: Corners moved by up to this share of the card's height.
        slant: Degrees.
        glare: Cards of a hundred with a bright spot.
        quality: Of the JPEG.
        grey: Cards of a hundred that are copies without colour.
        noise: Standard deviation of each pixel, 0-255.
    """

    width: tuple[int, int]
    blur: tuple[float, float]
    tilt: float
    slant: float
    glare: int
    quality: tuple[int, ...]
    grey: int
    noise: float


MILD = Wear((760, 1200), (0.0, 0.9), 0.02, 2.5, 0, (75, 85, 92), 20, 2.0)
HARD = Wear((480, 1000), (0.6, 2.4), 0.07, 8.0, 50, (40,), 40, 6.0)


def holder(rng: random.Random) -> Holder:
    """Somebody made up, 17 to 27 years old."""
    sex = rng.choice("男女")
    birth = date(1999, 1, 1) + timedelta(days=rng.randrange(3650))
    name = rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2, 2))))
    if rng.random() < 0.04:
        first, second = (rng.choices(_SOUNDS, k=k) for k in (4, 3))
        name = f"{''.join(first)}·{''.join(second)}"
    start = f"{rng.choice(_NOWHERE)}{rng.randrange(10**4):04d}{birth:%Y%m%d}"
    start += f"{rng.randrange(50) * 20 + rng.randrange(10) * 2 + (sex == '男'):03d}"[-3:]
    number = start + mod_11_2.calc_check_digit(start)
    house = f"{rng.randrange(1, 400)}号{rng.randrange(1, 30)}栋{rng.randrange(101, 2505)}室"
    address = f"样本省示例市虚构区测试路{house}"
    return Holder(name, sex, rng.choice(NATIONS), birth, address, number)


def framed(face: Portrait, rng: random.Random) -> Image.Image:
    """The card's portrait, 3:4, as GA 461 frames it: the face 207 +/- 14 of 358 px wide."""
    width, height = 358, 478
    eyes = face.face.landmarks[:2]
    middle, gap = eyes.mean(axis=0), float(np.linalg.norm(eyes[1] - eyes[0]))
    scale = rng.uniform(85, 100) / gap
    shift = np.array((width / 2 + rng.uniform(-6, 6), height * rng.uniform(0.46, 0.54)))
    matrix = np.array([(scale, 0, 0), (0, scale, 0)])
    matrix[:, 2] = shift - middle * scale
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cut = cv2.warpAffine(
        face.bgr, matrix, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE
    )
    return Image.fromarray(np.ascontiguousarray(cut[..., ::-1]))


def fonts(rng: random.Random) -> tuple[Path, Path]:
    """Of the text, and of the number."""
    text = [_FONTS / name for name in TEXT_FONTS if (_FONTS / name).exists()]
    own = [_FONTS / name for name in NUMBER_FONTS if (_FONTS / name).exists()]
    chosen = rng.choice(text)
    return chosen, rng.choice([*own, chosen])


def drawn(who: Holder, face: Portrait, rng: random.Random) -> Pixels:
    """The card, (631, 1000, 3) BGR."""
    text, digits = fonts(rng)
    card = draw_card(who, framed(face, rng), text, digits)
    return np.ascontiguousarray(np.asarray(card)[..., ::-1])


def worn(card: Pixels, wear: Wear, rng: random.Random) -> bytes:
    """A JPEG of the card on a table or a scanner's glass, lying in any quarter turn."""
    chance = np.random.default_rng(rng.randrange(2**32))
    blur = rng.uniform(*wear.blur)
    soft = cv2.GaussianBlur(card, (0, 0), blur) if blur > 0.2 else card
    if rng.randrange(100) < wear.glare:
        soft = _glared(soft, rng)
    laid = _laid(soft, wear, rng)
    if rng.randrange(100) < wear.grey:
        laid = cv2.cvtColor(cv2.cvtColor(laid, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    noisy = laid.astype(np.float32) + chance.normal(0, wear.noise, laid.shape)
    picture = turn(np.clip(noisy, 0, 255).astype(np.uint8), rng.choice(TURNS))
    quality = [cv2.IMWRITE_JPEG_QUALITY, rng.choice(wear.quality)]
    return bytes(cv2.imencode(".jpg", picture, quality)[1])


def _glared(card: Pixels, rng: random.Random) -> Pixels:
    """A lamp's reflection: a soft bright ellipse anywhere on the card."""
    height, width = card.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cx, cy = rng.uniform(0, width), rng.uniform(0, height)
    rx, ry = rng.uniform(60, 200), rng.uniform(30, 120)
    spot = np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2) * rng.uniform(0.3, 0.95)
    return np.clip(card + (255 - card) * spot[..., None], 0, 255).astype(np.uint8)


def _laid(card: Pixels, wear: Wear, rng: random.Random) -> Pixels:
    """The card on a ground, at its size, tilted and slanted."""
    height, width = card.shape[:2]
    scale = rng.randint(*wear.width) / width
    margin = rng.uniform(0.02, 0.15) * width
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    angle = np.radians(rng.uniform(-wear.slant, wear.slant))
    spin = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    middle = corners.mean(axis=0)
    moved = (corners - middle) @ spin.T
    moved += np.array([[rng.uniform(-1, 1) * wear.tilt * height for _ in (0, 1)] for _ in range(4)])
    moved = ((moved - moved.min(axis=0)) + margin) * scale
    size = tuple(int(v) for v in np.ceil(moved.max(axis=0) + margin * scale))
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    ground = tuple(rng.randrange(40, 250) for _ in range(3))
    return cv2.warpPerspective(card, matrix, size, flags=cv2.INTER_AREA, borderValue=ground)


def drawn_people(faces: Sequence[Portrait], count: int, seed: int) -> list[tuple[Holder, Portrait]]:
    """Somebody made up for each card, with a face; faces come again under other names."""
    rng = random.Random(seed)  # noqa: S311 - a simulation
    return [(holder(rng), faces[i % len(faces)]) for i in range(count)]
