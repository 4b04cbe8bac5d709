"""Light and colour of the face and of the background, on drawn pictures with known answers."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from drawn_photo import HEIGHT, WIDTH, drawn, number, painted, person, seen, take
from hypothesis import given
from hypothesis import strategies as st

from pipeline.student.measures import NotMeasuredError
from pipeline.student.view.colour_space import delta_e, every_fourth, lab, name
from pipeline.student.view.face_area import FaceArea, luminance


def linear(byte: int) -> float:
    """Luminance 0-1 of a grey, IEC 61966-2-1."""
    x = byte / 255
    return ((x + 0.055) / 1.055) ** 2.4 if x > 0.04045 else x / 12.92


def test_every_fourth_pixel_inside() -> None:
    bgr = np.arange(7 * 5 * 3, dtype=np.uint8).reshape(7, 5, 3)
    inside = np.ones((7, 5), dtype=np.bool_)
    inside[2:] = False
    assert every_fourth(bgr, inside).tolist() == bgr[0, ::2].tolist()


@given(st.integers(0, 255))
def test_luminance_mean_of_a_grey(byte: int) -> None:
    view = seen(painted(byte))
    assert number("luminance_mean", view) == pytest.approx(linear(byte), abs=0.5 / 255)
    assert number("luminance_variance", view) == pytest.approx(0, abs=1e-12)


def test_luminance_variance_of_black_and_white_halves() -> None:
    halves = painted(0)
    halves[:, 240:] = 255
    assert number("luminance_variance", seen(halves)) == pytest.approx(0.25, abs=0.01)
    assert number("luminance_mean", seen(halves)) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("bgr", "weight"), [((255, 0, 0), 18), ((0, 255, 0), 182), ((0, 0, 255), 54)]
)
def test_luminance_weighs_linear_light_as_bt709(bgr: tuple[int, int, int], weight: int) -> None:
    assert luminance(painted(bgr))[0, 0] == weight


def test_luminance_is_rounded_to_the_nearest() -> None:
    bgr = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    exact = np.vectorize(linear)(bgr) @ (0.0722, 0.7152, 0.2126) * 255
    assert np.abs(luminance(bgr) - exact).max() <= 0.5 + 1e-4


def test_the_cheeks_are_measured_in_their_squares_alone() -> None:
    """One square reaches out of the cut, the other lies inside it."""
    bgr = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    right, left = (np.array(((x, 20), (x + 19, 20), (x + 19, 39), (x, 39))) for x in (-10, 50))
    area = FaceArea(bgr, np.zeros((3, 2), np.float32), (right, left))
    one, other = bgr[20:40, :10], bgr[20:40, 50:70]
    both = np.concatenate((one, other), axis=1)
    assert area.cheek_colour == pytest.approx(both.mean((0, 1)), rel=1e-5)
    assert area.cheek_light() == pytest.approx((luminance(one).mean(), luminance(other).mean()))
    for shares, cheek in zip(area.cheek_histograms(), (one, other), strict=True):
        assert shares * cheek[..., 0].size == pytest.approx(
            np.bincount(luminance(cheek).flat, None, 256)
        )


def test_cheeks_outside_the_picture_are_black() -> None:
    away = np.array(((100, 100), (110, 100), (110, 110), (100, 110)), np.float32)
    area = FaceArea(painted(200)[:60, :80], away, (away, away))
    assert area.cheek_light() == (0, 0) and not area.cheek_colour.any()


def test_under_exposure_is_the_share_of_dark_pixels() -> None:
    # An sRGB 88 is luminance 25, the darkest that counts; 91 is 27.
    assert number("under_exposure", seen(painted(88))) == 1
    assert number("under_exposure", seen(painted(91))) == 0
    halves = painted(200)
    halves[:, :240] = 0
    assert number("under_exposure", seen(halves)) == pytest.approx(0.5, abs=0.01)


def test_over_exposure_is_the_share_of_bright_pixels() -> None:
    assert number("over_exposure", seen(painted(252))) == 1
    assert number("over_exposure", seen(painted(250))) == 0


def test_dynamic_range_is_the_entropy() -> None:
    assert number("dynamic_range", seen(painted(99))) == 0
    halves = painted(20)
    halves[:, 240:] = 200
    assert number("dynamic_range", seen(halves)) == pytest.approx(1, abs=0.01)


def test_illumination_uniformity_compares_the_cheeks() -> None:
    assert number("illumination_uniformity", seen(painted(120))) == 1
    halves = painted(120)
    halves[:, :240] = 90
    assert number("illumination_uniformity", seen(halves)) == 0
    # The cheeks' squares begin half way from eyes to mouth; elsewhere light does not count.
    above = painted(120)
    above[:290, :240] = 90
    assert number("illumination_uniformity", seen(above)) == 1


@pytest.mark.parametrize(
    ("bgr", "off"),
    [((120, 150, 200), 0.0), ((150, 150, 150), math.hypot(5, 5)), ((200, 120, 100), 100.0)],
)
def test_natural_colour_is_the_distance_to_skin(bgr: tuple[int, int, int], off: float) -> None:
    assert number("natural_colour", seen(painted(bgr))) == pytest.approx(off, abs=0.1)


def test_colour_is_the_chroma() -> None:
    assert number("colour", seen(painted(77))) == pytest.approx(0, abs=0.1)
    _, a, b = lab(np.array((90, 120, 180), dtype=np.uint8))
    assert number("colour", seen(painted((90, 120, 180)))) == pytest.approx(
        math.hypot(a, b), abs=0.1
    )


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_background_colour_is_named_as_it_was_painted(bgr: tuple[int, int, int]) -> None:
    blue, green, red = bgr
    found = take("background_colour", seen(painted(bgr)))
    assert isinstance(found, str)
    assert delta_e(found, f"#{red:02X}{green:02X}{blue:02X}") < 2  # OpenCV's CIELAB is in bytes


def test_background_colour_is_not_the_heads_nor_the_clothes() -> None:
    picture = drawn()
    picture[400:] = (200, 30, 30)
    found = take("background_colour", seen(picture))
    assert isinstance(found, str)
    assert delta_e(found, "#DCDCDC") < 1


def test_colour_names_and_distances() -> None:
    assert name(np.array((100, 0, 0), dtype=np.float32)) == "#FFFFFF"
    assert delta_e("#000000", "#FFFFFF") == pytest.approx(100, abs=0.01)
    assert delta_e("#64C5FF", "#64C5FF") == 0
    # Sharma, Wu, Dalal give CIELAB of sRGB red as (53.24, 80.09, 67.20).
    assert lab(np.array((0, 0, 255), dtype=np.uint8)) == pytest.approx(
        (53.24, 80.09, 67.20), abs=0.02
    )


def test_background_evenness_of_a_flat_and_a_shaded_background() -> None:
    assert number("background_evenness", seen()) == 0
    shaded = drawn()
    shaded[:, 330:] = 180
    assert number("background_evenness", seen(shaded)) == pytest.approx(
        delta_e("#DCDCDC", "#B4B4B4"), abs=1
    )


def test_background_evenness_leaves_out_hair_at_the_edge() -> None:
    hair = drawn()
    hair[:200, 100:380] = 20
    block = person((0, 200, 100, 380), (80, HEIGHT, 150, 330))
    assert number("background_evenness", seen(hair, persons=block)) == 0


@pytest.mark.parametrize("name", ["background_colour", "background_evenness", "clothes_contrast"])
def test_background_is_not_judged_where_none_is_seen(name: str) -> None:
    everywhere = person((0, HEIGHT, 0, WIDTH))
    with pytest.raises(NotMeasuredError, match="too little background"):
        take(name, seen(persons=everywhere))


def test_background_uniformity_is_the_mean_gradient() -> None:
    assert number("background_uniformity", seen()) == 0
    # Luminance rises by the same step in every column: Sobel's kernel sums to 8 steps.
    ramp = painted(0)
    ramp[:] = np.linspace(200, 215, WIDTH).astype(np.uint8)[None, :, None]
    rough = number("background_uniformity", seen(ramp))
    assert 0 < rough < 16
    grain = np.random.default_rng(1).integers(-6, 7, (HEIGHT, WIDTH, 1))
    grainy = np.clip(drawn().astype(int) + grain, 0, 255).astype(np.uint8)
    soft = np.asarray(cv2.GaussianBlur(grainy, (0, 0), 2), np.uint8)
    assert number("background_uniformity", seen(grainy)) > number(
        "background_uniformity", seen(soft)
    )


@pytest.mark.parametrize(("radius", "share"), [(0, 0.0), (4, 0.25), (12, 1.0)])
def test_red_eye_is_the_share_of_the_iris(radius: int, share: float) -> None:
    picture = painted((60, 70, 90))
    if radius:
        cv2.circle(picture, (270, 251), radius, (40, 40, 220), -1)
    # The inner 8 px of 10 count: a disc of 4 px is a quarter of them.
    assert number("red_eye", seen(picture)) == pytest.approx(share, abs=0.06)


def test_red_eye_is_not_a_brown_iris() -> None:
    brown = painted((40, 60, 95))
    assert number("red_eye", seen(brown)) == 0


def test_red_eye_needs_an_iris_of_some_size() -> None:
    small = {468 + i: (210.0, 250.0) for i in range(5)}
    with pytest.raises(NotMeasuredError, match="too small"):
        take("red_eye", seen(moved=small))


def test_red_eye_does_not_apply_to_closed_eyes() -> None:
    closed = {145: (210.0, 245.0), 374: (270.0, 246.0)}
    assert take("red_eye", seen(painted((40, 40, 220)), moved=closed)) is None


def test_red_eye_is_not_a_reddish_cast() -> None:
    assert number("red_eye", seen(painted((60, 60, 160)))) == 0
