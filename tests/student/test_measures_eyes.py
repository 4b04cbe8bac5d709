"""Glasses, light, casts, grids and the places that guide lines need, on drawn pictures."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_photo import HEIGHT, WIDTH, number, painted, seen, take
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.types import Pixels
from pipeline.student.measures import NotMeasuredError, View
from pipeline.student.view.colour_space import lab
from pipeline.student.view.eye_area import EyeArea

SKIN = 160  # eyes of the drawn mesh: 60 px apart around (240, 250)


def skin_with(*shapes: tuple[tuple[int, int], tuple[int, int], int]) -> Pixels:
    """Grey skin with filled boxes: left top corner, right bottom corner, grey."""
    picture = painted(SKIN)
    for start, stop, grey in shapes:
        cv2.rectangle(picture, start, stop, (grey, grey, grey), -1)
    return picture


@given(st.integers(0, SKIN))
def test_glasses_is_the_depth_of_the_bridge_over_the_skin(grey: int) -> None:
    bridge = skin_with(((225, 250), (255, 253), grey))
    assert number("glasses", seen(bridge)) == pytest.approx((SKIN - grey) / SKIN, abs=0.01)


def test_glasses_is_nothing_wide_and_nothing_beside_the_nose() -> None:
    shade = skin_with(((225, 230), (255, 300), 60))
    brows = skin_with(((190, 240), (222, 244), 30), ((258, 240), (290, 244), 30))
    assert number("glasses", seen(shade)) == 0
    assert number("glasses", seen(brows)) == 0


def test_glare_is_the_share_of_the_largest_spot() -> None:
    spot = skin_with(((255, 240), (274, 259), 255), ((285, 262), (289, 266), 255))
    lens = round(0.76 * 60) * round(0.68 * 60)
    assert number("glare", seen(spot)) == pytest.approx(400 / lens, rel=0.05)


@pytest.mark.parametrize("colour", [(255, 255, 200), (200, 255, 255), (230, 230, 230)])
def test_glare_is_without_colour_and_burnt_out(colour: tuple[int, int, int]) -> None:
    picture = painted(SKIN)
    picture[240:260, 255:275] = colour
    assert number("glare", seen(picture)) == 0


def test_glare_is_not_told_of_a_face_that_is_too_bright() -> None:
    assert take("glare", seen(painted(250))) is None


def test_tint_is_the_ratio_of_the_lighter_side() -> None:
    right, left = ((198, 258), (222, 270)), ((258, 258), (282, 270))
    assert number("tint", seen(painted(SKIN))) == 1
    assert number("tint", seen(skin_with((*right, 40), (*left, 80)))) == pytest.approx(0.5)
    assert number("tint", seen(skin_with((*right, 40)))) == 1


@pytest.mark.parametrize("name", ["glasses", "glare", "tint"])
def test_glasses_and_their_kind_need_eyes_of_some_size_inside_the_picture(name: str) -> None:
    outside = {33: (-60.0, 250.0), 133: (-20.0, 250.0)}
    close = {33: (230.0, 250.0), 263: (250.0, 250.0), 133: (232.0, 250.0), 362: (248.0, 250.0)}
    with pytest.raises(NotMeasuredError, match="outside"):
        take(name, seen(moved=outside))
    with pytest.raises(NotMeasuredError, match="too small"):
        take(name, seen(moved=close))


@given(st.floats(0, WIDTH - 1), st.floats(0, HEIGHT - 1), st.floats(24, 400), st.floats(-1, 0.9))
def test_every_window_has_pixels(x: float, y: float, apart: float, at: float) -> None:
    right, left = np.array(((x - apart / 2, y), (x + apart / 2, y)), np.float32)
    area = EyeArea.of(painted(SKIN), (right, left))
    assert area.luma[area.window((at, at + 0.1), (at, at + 0.1))].size


@given(st.integers(20, 255), st.integers(20, 255))
def test_light_balance_counts_stops(right: int, left: int) -> None:
    picture = painted(right)
    picture[:, 240:] = left

    def light(byte: int) -> int:
        """Luminance is kept in whole numbers: in the dark a step of one is half a stop."""
        return int(((byte / 255 + 0.055) / 1.055) ** 2.4 * 255 + 0.5)

    stops = abs(math.log2((light(right) + 1) / (light(left) + 1)))
    assert number("light_balance", seen(picture)) == pytest.approx(stops, abs=0.02)


def test_light_balance_rises_where_the_components_overlap_is_used_up() -> None:
    darker = [painted(200) for _ in range(3)]
    for picture, grey in zip(darker, (120, 80, 40), strict=True):
        picture[:, 240:] = grey
    views = [seen(picture) for picture in darker]
    assert [number("illumination_uniformity", view) for view in views] == [0, 0, 0]
    stops = [number("light_balance", view) for view in views]
    assert stops == sorted(stops) and stops[0] > 1


def test_colour_cast_is_the_distance_from_the_middle_of_skin() -> None:
    _, a, b = lab(np.array((141, 162, 204), np.uint8))
    off = math.hypot(float(a) - 15, float(b) - 20)
    assert number("colour_cast", seen(painted((141, 162, 204)))) == pytest.approx(off, abs=0.1)
    casts = [number("colour_cast", seen(painted((blue, 162, 204)))) for blue in (150, 190, 230)]
    assert casts == sorted(casts) and casts[-1] > 20


def test_colour_cast_does_not_apply_to_grey() -> None:
    assert take("colour_cast", seen(painted(SKIN))) is None


def shaped(**shapes: float) -> View:
    """A view whose mesh has these blendshapes, and 0 for the others."""
    sided = ("mouthLowerDown", "mouthUpperUp", "mouthFrown", "mouthStretch")
    none = {"jawOpen": 0.0, **{f"{n}{s}": 0.0 for n in sided for s in ("Left", "Right")}}
    view = seen()
    assert view.mesh is not None
    return replace(view, mesh=replace(view.mesh, blendshapes={**none, **shapes}))


def test_expression_is_the_strongest_movement() -> None:
    assert number("expression", shaped()) == 0
    moved = shaped(jawOpen=0.2, mouthFrownLeft=0.5, mouthFrownRight=0.3)
    assert number("expression", moved) == pytest.approx(0.4)


def test_moire_stands_out_of_grain() -> None:
    grain = np.random.default_rng(1).normal(SKIN, 4, (HEIGHT, WIDTH, 1))
    columns, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    grid = 6 * np.cos(2 * np.pi * (columns + 0.2 * rows) / 4.3)[..., None]

    def picture(values: np.ndarray) -> Pixels:
        return np.repeat(np.clip(values, 0, 255).astype(np.uint8), 3, axis=2)

    assert number("moire", seen(picture(grain))) < 1.2
    assert number("moire", seen(picture(grain + grid))) > 2


def test_moire_is_not_the_lattice_of_jpeg() -> None:
    grain = np.random.default_rng(1).normal(SKIN, 12, (HEIGHT, WIDTH, 3))
    picture = np.clip(grain, 0, 255).astype(np.uint8)
    hard = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1)
    assert hard is not None
    assert number("moire", seen(np.asarray(hard, np.uint8))) < 1.4


def test_moire_needs_a_square_of_128_px() -> None:
    small = replace(seen().face, bgr=painted(SKIN)[:100])
    with pytest.raises(NotMeasuredError, match="too small"):
        take("moire", replace(seen(), portrait=small))


def test_chin_line_and_mouth_line_are_heights_over_the_height() -> None:
    assert number("chin_line", seen()) == 400 / HEIGHT
    assert number("mouth_line", seen()) == 341.5 / HEIGHT


def test_mouth_line_lies_between_eyes_and_chin() -> None:
    assert number("eye_line", seen()) < number("mouth_line", seen()) < number("chin_line", seen())


def test_face_left_and_face_right_are_the_cheeks() -> None:
    assert number("face_left", seen()) == 119.5 / WIDTH
    assert number("face_right", seen()) == 359.5 / WIDTH


def test_face_right_is_right_of_face_left_in_a_mirrored_mesh() -> None:
    mirrored = {234: (359.5, 300.0), 454: (119.5, 300.0)}
    assert number("face_left", seen(moved=mirrored)) == 119.5 / WIDTH
    assert number("face_right", seen(moved=mirrored)) == 359.5 / WIDTH
