"""What the file itself says: size, resolution, colour depth, compression, frame."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from drawn_photo import number, photo, seen
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.core.policy import load_policy
from pipeline.core.types import Photo, Pixels, TurnCw, Value
from pipeline.student.decode import decode_picture
from pipeline.student.measures import NotMeasuredError, View, all_measures

LIMITS = load_policy().input


def noise(height: int = 640, width: int = 480, soft: float = 6) -> Pixels:
    """A soft random picture: no two neighbouring blocks alike, no sharp edges."""
    random = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(random, (0, 0), soft), np.uint8)


def encoded(bgr: Pixels, kind: str = "JPEG", mode: str = "RGB", **options: object) -> Photo:
    data = io.BytesIO()
    rgb = Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1])).convert(mode)
    rgb.save(data, kind, **options)
    return decode_picture(data.getvalue(), LIMITS)


def value(name: str, picture: Photo) -> Value:
    return all_measures()[name].function(View(picture))


@pytest.mark.parametrize(("turn_cw", "size"), [(0, (480, 640)), (90, (640, 480))])
def test_width_px_and_height_px_are_those_of_the_upright_picture(
    turn_cw: TurnCw, size: tuple[int, int]
) -> None:
    view = seen(turn_cw=turn_cw)
    assert (number("width_px", view), number("height_px", view)) == size
    assert number("aspect", view) == pytest.approx(size[0] / size[1])


def test_height_px_without_a_face_is_as_stored() -> None:
    assert value("height_px", photo(np.zeros((3, 7, 3), dtype=np.uint8))) == 3


def test_aspect_of_three_to_four() -> None:
    assert number("aspect", seen()) == 0.75


@pytest.mark.parametrize(("stated", "told"), [((300, 300), 300), ((96, 72), 96), (None, 0)])
def test_dpi_is_what_the_file_states(stated: tuple[int, int] | None, told: int) -> None:
    options: dict[str, Any] = {"dpi": stated} if stated else {}
    assert value("dpi", encoded(noise(64, 64), **options)) == told


def test_dpi_of_a_picture_that_counts_in_centimetres() -> None:
    assert value("dpi", encoded(noise(64, 64), "PNG", dpi=(300, 300))) == 300


@given(st.integers(1, 100))
def test_jpeg_quality_of_libjpegs_own_files(quality: int) -> None:
    found = value("jpeg_quality", encoded(noise(16, 16), quality=quality))
    assert isinstance(found, float)
    # From 1 to 10 most steps are cut to 255, and several qualities share a table.
    assert found == quality or (quality <= 10 and abs(found - quality) <= 2)


def test_jpeg_quality_of_a_greyscale_file() -> None:
    assert value("jpeg_quality", encoded(noise(16, 16), mode="L", quality=72)) == 72


def test_jpeg_quality_of_other_formats_does_not_apply() -> None:
    assert value("jpeg_quality", encoded(noise(16, 16), "PNG")) is None


@pytest.mark.parametrize(
    ("kind", "mode", "bits"),
    [
        ("JPEG", "RGB", 24),
        ("JPEG", "L", 8),
        ("JPEG", "CMYK", 32),
        ("PNG", "RGBA", 32),
        ("PNG", "1", 1),
        ("PNG", "P", 8),
    ],
)
def test_colour_depth_by_mode(kind: str, mode: str, bits: int) -> None:
    assert value("colour_depth", encoded(noise(16, 16), kind, mode)) == bits


def blockiness(picture: Photo) -> float:
    found = value("blockiness", picture)
    assert isinstance(found, float)
    return found


def test_blockiness_rises_as_quality_falls() -> None:
    textured = noise(soft=2)
    found = [blockiness(encoded(textured, quality=q)) for q in (95, 60, 30, 10)]
    assert found == sorted(found)
    assert found[0] < 0.1 < 0.5 < found[-1]


def test_blockiness_survives_a_second_saving_at_high_quality() -> None:
    once = encoded(noise(), quality=10)
    twice = encoded(once.bgr, quality=97)
    assert value("jpeg_quality", twice) == 97
    assert value("blockiness", twice) == pytest.approx(value("blockiness", once), rel=0.3)


def test_blockiness_finds_the_grid_of_a_cut_picture() -> None:
    whole = encoded(noise(), quality=10).bgr
    assert blockiness(photo(whole[3:, 5:])) > 1


def test_blockiness_of_blocks_drawn_by_hand() -> None:
    steps = np.arange(64) // 8 * 20 + np.arange(64) % 2
    bgr = np.repeat(np.broadcast_to(steps, (64, 64)).astype(np.uint8)[..., None], 3, axis=2)
    # Across: 19 or 21 at block edges against 1 elsewhere. Down: nothing anywhere, taken as -1.
    assert value("blockiness", photo(bgr)) == pytest.approx((19 / 1 - 1 - 1) / 2, abs=0.2)


def test_blockiness_needs_some_blocks() -> None:
    with pytest.raises(NotMeasuredError, match="too small"):
        value("blockiness", photo(noise(24, 99)))


def framed(thick: int, colour: tuple[int, int, int], sides: str = "tlbr") -> Pixels:
    bgr = noise()
    if thick:
        for side, area in (
            ("t", np.s_[:thick]),
            ("b", np.s_[-thick:]),
            ("l", np.s_[:, :thick]),
            ("r", np.s_[:, -thick:]),
        ):
            if side in sides:
                bgr[area] = colour
    return bgr


@given(st.integers(1, 60), st.sampled_from(["tlbr", "t", "b", "l", "r", "lr"]))
def test_border_is_as_thick_as_it_was_drawn(thick: int, sides: str) -> None:
    assert value("border", photo(framed(thick, (255, 255, 255), sides))) == thick


def test_border_survives_compression() -> None:
    for thick in (4, 8, 16):
        found = value("border", encoded(framed(thick, (0, 0, 0)), quality=85))
        assert found == pytest.approx(thick, abs=2)


def test_border_is_not_seen_in_a_plain_background() -> None:
    assert value("border", seen().photo) == 0
    assert value("border", photo(np.full((640, 480, 3), 255, dtype=np.uint8))) == 0
    assert value("border", photo(noise())) == 0
