"""Hair over the brows, shoulders and clothes, on drawn pictures with known answers."""

from __future__ import annotations

import dataclasses
import math

import pytest
from drawn_photo import HEIGHT, WIDTH, drawn, number, person, seen, take
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.types import Floats, Pixels
from pipeline.student.measures import NotMeasuredError, measure_all
from pipeline.student.view.colour_space import delta_e

BLACK, SKIN = (20, 20, 20), (80, 110, 150)  # BGR; the drawn head's own colour is SKIN


def test_the_segmenter_is_asked_once_for_all_measures_and_only_if_there_is_a_mesh() -> None:
    asked: list[Pixels] = []

    def segment(bgr: Pixels) -> Floats:
        asked.append(bgr)
        return person()

    view = dataclasses.replace(seen(), segment=segment)
    measure_all(dataclasses.replace(view, mesh=None))
    assert not asked
    measure_all(view)
    assert len(asked) == 1 and asked[0] is view.face.bgr


def fringe(left: int, right: int, colour: tuple[int, int, int] = BLACK) -> Pixels:
    """Hair from the top of the drawn head to the brows, which lie at y 225."""
    picture = drawn()
    picture[80:230, left:right] = colour
    return picture


def test_hair_over_brows_is_the_share_of_the_worse_brow() -> None:
    assert number("hair_over_brows", seen()) == 0
    assert number("hair_over_brows", seen(fringe(150, 330))) == pytest.approx(1, abs=0.02)
    # The right brow runs from x 160 to 231, the left one from 249 to 320.
    half = number("hair_over_brows", seen(fringe(150, 196)))
    assert half == pytest.approx(0.5, abs=0.06)
    assert number("hair_over_brows", seen(fringe(240, 330))) == pytest.approx(1, abs=0.02)


def test_hair_over_brows_is_not_a_bright_forehead() -> None:
    assert number("hair_over_brows", seen(fringe(150, 330, (235, 245, 255)))) == 0


def test_hair_over_brows_ends_above_the_brow_itself() -> None:
    thick = drawn()
    thick[217:235, 150:330] = BLACK
    assert number("hair_over_brows", seen(thick)) < 0.1


def test_hair_over_brows_is_not_told_of_a_cut_off_forehead() -> None:
    above = dict.fromkeys((70, 63, 105, 66, 107), (240.0, -300.0))
    with pytest.raises(NotMeasuredError, match="forehead"):
        take("hair_over_brows", seen(moved=above))


def body(left_top: int, right_top: int) -> Floats:
    """The drawn head on two shoulders that begin at these rows, left and right in the picture."""
    left, right = (left_top, HEIGHT, 0, 150), (right_top, HEIGHT, 330, WIDTH)
    return person((80, HEIGHT, 150, 330), left, right)


@given(st.integers(420, 600), st.integers(420, 600))
def test_shoulders_level_is_the_slope_of_their_tops(left: int, right: int) -> None:
    # Sought 0.65-0.85 face widths (240 px) to both sides: 360 px from middle to middle.
    expected = math.degrees(math.atan2(right - left, 360))
    found = number("shoulders_level", seen(persons=body(left, right)))
    assert found == pytest.approx(expected, abs=0.6)  # rows of the segmenter are 2.5 px high


def test_shoulders_level_is_not_told_without_both_shoulders() -> None:
    with pytest.raises(NotMeasuredError, match="shoulders"):
        take("shoulders_level", seen())
    narrow = {234: (0.0, 300.0), 454: (479.0, 300.0)}
    with pytest.raises(NotMeasuredError, match="shoulders"):
        take("shoulders_level", seen(persons=body(460, 460), moved=narrow))


@pytest.mark.parametrize("grey", [220, 200, 60])
def test_clothes_contrast_is_the_distance_to_the_background(grey: int) -> None:
    dressed = drawn()
    dressed[440:] = grey
    found = number("clothes_contrast", seen(dressed, persons=body(440, 440)))
    assert found == pytest.approx(delta_e("#DCDCDC", f"#{grey:02X}{grey:02X}{grey:02X}"), abs=1)


def test_clothes_contrast_is_not_told_of_the_neck() -> None:
    with pytest.raises(NotMeasuredError, match="no clothes"):
        take("clothes_contrast", seen())
