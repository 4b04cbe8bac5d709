"""What a card says against the roster: places, numbers, names."""

from __future__ import annotations

import numpy as np
import pytest

from models.line_reader import Text
from models.text_lines import Line
from pipeline.core.measurements import EQUAL, OTHER, UNREAD
from pipeline.core.types import Face
from pipeline.student.card import compared_name, number_in, plain_name
from pipeline.student.card_fields import digits, name_row, number_row, sheet_of

NUMBER = "11010519491231002X"
KNOWN = "姓名性别张三丰李陈公民身份号码0123456789Xx·"


def text(read: str, sure: float = 0.99, second: str = "", likely: float = 0.0) -> Text:
    """A line as read, every character so sure; `second` at each place where it isn't read."""
    places = np.zeros((len(read), len(KNOWN)), dtype=np.float32)
    for place in range(len(read)):
        for character in second:
            places[place, KNOWN.index(character)] = likely
    return Text(tuple((character, sure) for character in read), places)


def said(line: Text, listed: str) -> str:
    return compared_name(line, listed, [KNOWN.index(c) for c in listed])


@pytest.mark.parametrize(
    "line", [NUMBER, f"公民身份号码{NUMBER}", f"号码 {NUMBER[:6]} {NUMBER[6:]}", NUMBER.lower()]
)
def test_a_faultless_number_is_found_in_its_line(line: str) -> None:
    assert number_in(text(line)) == NUMBER


@pytest.mark.parametrize(
    "line",
    [
        "",
        NUMBER[:-1],
        NUMBER[:-1] + "1",  # its check digit does not fit
        f"1{NUMBER}",
        "110105199913310021",  # month 13
        f"{NUMBER} 110105194912310070",
    ],
)
def test_anything_else_is_not_read(line: str) -> None:
    assert number_in(text(line)) == ""


def test_letters_in_place_of_digits_are_taken_for_these() -> None:
    assert number_in(text("llOlO5l949l23lOO2X")) == NUMBER


@pytest.mark.parametrize("read", ["张三丰", "姓名张三丰", "姓 名 张三丰", "名张三丰"])
def test_the_rosters_name_is_told_with_its_label_or_without(read: str) -> None:
    assert said(text(read), "张三丰") == EQUAL


def test_a_surname_that_is_part_of_the_label_stays() -> None:
    assert said(text("姓名名三"), "名三") == EQUAL
    assert said(text("名三"), "名三") == EQUAL


@pytest.mark.parametrize("read", ["李三丰", "姓名李三", "姓名张陈丰"])
def test_another_name_is_told_where_it_is_sure(read: str) -> None:
    assert said(text(read), "张三丰") == OTHER
    assert said(text(read, sure=0.85), "张三丰") == UNREAD


def test_a_name_is_not_told_apart_from_one_that_is_likely_too() -> None:
    assert said(text("李三丰", second="张", likely=0.02), "张三丰") == UNREAD
    assert said(text("李三丰", second="张", likely=0.005), "张三丰") == OTHER


@pytest.mark.parametrize("read", ["", "姓名", "张", "姓名张三", "性别李民", "2三丰", "出生李三丰"])
def test_what_is_no_whole_name_is_not_told(read: str) -> None:
    assert said(text(read), "张三丰") == UNREAD


def test_points_between_the_parts_of_a_name_do_not_matter() -> None:
    assert plain_name("阿布都·吾守尔") == plain_name("阿布都•吾守尔 ") == "阿布都吾守尔"
    assert said(text("张三·丰李"), plain_name("张三．丰李")) == EQUAL


# --- places

UNIT = 79.0  # px between the eyes on a card 1,000 px wide


def face(x: float, y: float, unit: float = UNIT, slant: float = 0.0) -> Face:
    """A face by the mean of its eyes, their distance, and degrees clockwise."""
    points = np.array([(-0.5, 0), (0.5, 0), (0, 0.57), (-0.41, 1.16), (0.41, 1.16)]) * unit
    turn = np.radians(slant)
    spin = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    box = np.array((x - unit, y - unit, 2 * unit, 2.4 * unit), dtype=np.float32)
    return Face(box, (points @ spin.T + (x, y)).astype(np.float32), 0.9)


def line(x: float, y: float, length: float, angle: float = 0.0, height: float = 20.0) -> Line:
    return Line(np.array((x, y), dtype=np.float32), length, height, angle)


@pytest.mark.parametrize(
    ("x", "y", "width", "height", "whole"),
    [
        (792, 290, 1000, 631, True),
        (179, 215, 358, 441, False),  # a chip's portrait
        (500, 290, 1000, 631, False),  # nothing to the left
        (792, 450, 1000, 631, False),  # nothing below
    ],
)
def test_a_card_has_room_for_its_text(
    x: float, y: float, width: int, height: int, whole: bool
) -> None:
    assert (sheet_of(face(x, y), width, height) is not None) is whole


def test_the_view_follows_the_slant_of_the_face() -> None:
    sheet = sheet_of(face(1200, 700, slant=8), 2000, 1400)
    assert sheet is not None
    where = sheet.frame[:, :2] @ (sheet.eyes / (544, 352)) + sheet.frame[:, 2]
    assert where == pytest.approx([1200, 700], abs=0.5)
    beside = sheet.frame[:, :2] @ ((sheet.eyes - (sheet.unit, 0)) / (544, 352)) + sheet.frame[:, 2]
    turn = np.radians(8)
    assert beside == pytest.approx([1200 - UNIT * np.cos(turn), 700 - UNIT * np.sin(turn)], abs=0.5)


def test_number_and_name_are_found_among_the_lines_of_a_card() -> None:
    sheet = sheet_of(face(792, 290), 1000, 631)
    assert sheet is not None
    scale = sheet.unit / UNIT
    lines = [
        line(px * scale, py * scale, length * scale)
        for px, py, length in [
            (90, 105, 60),  # 姓名
            (210, 105, 110),  # the name
            (170, 177, 220),  # 性别
            (350, 320, 400),  # an address
            (792, 450, 250),  # SPECIMEN on the portrait
            (150, 545, 180),  # 公民身份号码
            (470, 545, 290),
            (770, 547, 280),
        ]
    ]
    row = number_row(lines, sheet)
    assert row is not None
    assert (row.length, row.centre[0]) == pytest.approx((850 * scale, 485 * scale), abs=1)
    number = digits(row, sheet)
    assert number.centre[0] + number.length / 2 == pytest.approx(910 * scale, abs=1)
    assert number.length == pytest.approx(600 * scale, rel=0.05)
    name = name_row(lines, number)
    assert name is not None
    assert (name.centre[1], name.length) == pytest.approx((105 * scale, 205 * scale), abs=1)
    assert number_row(lines[:5], sheet) is None
