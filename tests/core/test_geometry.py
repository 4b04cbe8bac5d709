from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.core import geometry
from pipeline.core.geometry import ARCFACE_112, TURNS
from pipeline.core.types import Face, Floats, Pixels, TurnCw

sizes = st.integers(1, 40)
turns = st.sampled_from(TURNS)
angles = st.floats(-179, 179)


def marked(width: int, height: int, x: int, y: int) -> Pixels:
    """A black picture with one white pixel."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[y, x] = 255
    return picture


def white(picture: Pixels) -> tuple[int, int]:
    """Where the only white pixel is: x, y."""
    ((y, x),) = np.argwhere(picture[:, :, 0])
    return int(x), int(y)


def turned_as_seen(points: Floats, degrees: float, scale: float = 1.0) -> Floats:
    """Points turned clockwise as the viewer sees them: from x (right) towards y (down)."""
    angle = np.deg2rad(degrees)
    across = points[:, 0] * np.cos(angle) - points[:, 1] * np.sin(angle)
    down = points[:, 0] * np.sin(angle) + points[:, 1] * np.cos(angle)
    return (scale * np.stack((across, down), axis=-1)).astype(np.float32)


@given(st.data(), sizes, sizes, turns)
def test_pixels_and_points_turn_alike(
    data: st.DataObject, width: int, height: int, turn_cw: TurnCw
) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    point = np.array([x, y], dtype=np.float32)
    moved = geometry.turn_points(point, turn_cw, width, height)
    assert white(geometry.turn(marked(width, height, x, y), turn_cw)) == tuple(moved)


def test_a_clockwise_turn_brings_the_top_left_to_the_top_right() -> None:
    assert white(geometry.turn(marked(5, 3, 0, 0), 90)) == (2, 0)
    assert white(geometry.turn(marked(5, 3, 0, 0), 180)) == (4, 2)
    assert white(geometry.turn(marked(5, 3, 0, 0), 270)) == (0, 4)


@given(st.data(), sizes, sizes)
def test_four_quarter_turns_change_nothing(data: st.DataObject, width: int, height: int) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    picture, point = marked(width, height, x, y), np.array([x, y], dtype=np.float32)
    for _ in range(4):
        point = geometry.turn_points(point, 90, picture.shape[1], picture.shape[0])
        picture = geometry.turn(picture, 90)
    assert picture.shape == (height, width, 3)
    assert white(picture) == tuple(point) == (x, y)


@given(sizes, sizes, turns)
def test_unturn_undoes_a_turn(width: int, height: int, turn_cw: TurnCw) -> None:
    picture = marked(width, height, 0, 0)
    there = geometry.turn(picture, turn_cw)
    back = geometry.turn(there, geometry.unturn(turn_cw))
    assert np.array_equal(back, picture)


@given(turns, st.floats(0, 60), st.floats(0, 60), st.floats(1, 60), st.floats(1, 60))
def test_a_turned_face_keeps_its_landmarks_in_its_box(
    turn_cw: TurnCw, x: float, y: float, w: float, h: float
) -> None:
    # Landmarks on the box's corners and in its middle, so that they pin the box down.
    landmarks = np.array(
        [(x, y), (x + w, y), (x + w / 2, y + h / 2), (x, y + h), (x + w, y + h)], dtype=np.float32
    )
    face = Face(np.array([x, y, w, h], dtype=np.float32), landmarks, 0.7)
    moved = geometry.turn_face(face, turn_cw, 200, 120)
    low, high = moved.landmarks.min(axis=0), moved.landmarks.max(axis=0)
    assert moved.box == pytest.approx([*low, *(high - low)], abs=1e-3)
    assert moved.landmarks == pytest.approx(
        geometry.turn_points(landmarks, turn_cw, 200, 120), abs=1e-4
    )
    assert moved.score == 0.7
    back = geometry.turn_face(moved, geometry.unturn(turn_cw), *_turned_size(200, 120, turn_cw))
    assert back.box == pytest.approx(face.box, abs=1e-3)


def _turned_size(width: int, height: int, turn_cw: TurnCw) -> tuple[int, int]:
    return (height, width) if turn_cw in (90, 270) else (width, height)


def test_move_face_scales_then_shifts() -> None:
    face = Face(
        np.array([10, 20, 30, 40], dtype=np.float32), np.full((5, 2), 6, dtype=np.float32), 0.5
    )
    moved = geometry.move_face(face, 0.5, 3, -2)
    assert moved.box.tolist() == [8, 8, 15, 20]
    assert moved.landmarks.tolist() == [[6, 1]] * 5
    assert face.box.tolist() == [10, 20, 30, 40], "the face given is not changed"


# How a stored picture has to be shown, written from the standard's words: the tag says at which
# edge of the shown picture the stored row 0 and column 0 belong (Exif 2.32, tag 0x0112).
STORED = {
    1: lambda shown: shown,  # top, left
    2: lambda shown: shown[:, ::-1],  # top, right
    3: lambda shown: shown[::-1, ::-1],  # bottom, right
    4: lambda shown: shown[::-1],  # bottom, left
    5: lambda shown: shown.swapaxes(0, 1),  # left, top
    6: lambda shown: shown[:, ::-1].swapaxes(0, 1),  # right, top
    7: lambda shown: shown[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: lambda shown: shown[::-1].swapaxes(0, 1),  # left, bottom
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_apply_exif_shows_the_picture_as_the_tag_says(orientation: int) -> None:
    shown = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    stored = np.ascontiguousarray(STORED[orientation](shown))
    assert np.array_equal(geometry.apply_exif(stored, orientation), shown)


@given(angles, st.floats(0.2, 5), st.floats(-99, 99), st.floats(-99, 99))
def test_similarity_recovers_a_known_one(
    degrees: float, scale: float, dx: float, dy: float
) -> None:
    target = turned_as_seen(ARCFACE_112, degrees, scale) + np.array((dx, dy), dtype=np.float32)
    matrix = geometry.similarity(ARCFACE_112, target)
    found = ARCFACE_112 @ matrix[:, :2].T + matrix[:, 2]
    assert found == pytest.approx(target, abs=0.01)
    assert np.hypot(matrix[0, 0], matrix[1, 0]) == pytest.approx(scale, rel=1e-3)


points = st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=5, max_size=5)


@given(points, points)
def test_similarity_never_mirrors(
    source: list[tuple[float, float]], target: list[tuple[float, float]]
) -> None:
    a, b = np.array(source, dtype=np.float32), np.array(target, dtype=np.float32)
    matrix = geometry.similarity(a, b)
    assert np.isfinite(matrix).all()
    assert matrix[0, 0] == matrix[1, 1]
    assert matrix[0, 1] == -matrix[1, 0]
    assert np.linalg.det(matrix[:, :2]) >= 0


def test_similarity_to_a_mirrored_face_is_a_turn_and_no_mirroring() -> None:
    mirrored = ARCFACE_112 * np.array((-1, 1), dtype=np.float32)
    matrix = geometry.similarity(ARCFACE_112, mirrored)
    moved = ARCFACE_112 @ matrix[:, :2].T + matrix[:, 2]
    assert np.abs(moved - mirrored).max() > 1, "a mirroring would fit exactly"
    assert np.linalg.det(matrix[:, :2]) > 0


@given(angles)
def test_a_face_turned_clockwise_as_seen_has_positive_roll(degrees: float) -> None:
    rolled = turned_as_seen(ARCFACE_112, degrees)
    assert geometry.roll_deg(rolled) == pytest.approx(degrees, abs=0.01)


def test_roll_agrees_with_turned_pixels() -> None:
    assert geometry.roll_deg(geometry.turn_points(ARCFACE_112, 90, 112, 112)) == pytest.approx(90)
    assert geometry.roll_deg(geometry.turn_points(ARCFACE_112, 270, 112, 112)) == pytest.approx(-90)
    upside_down = geometry.roll_deg(geometry.turn_points(ARCFACE_112, 180, 112, 112))
    assert abs(upside_down) == pytest.approx(180)


@pytest.mark.parametrize("degrees", [-120, -10, 0, 35, 90, 180])
@pytest.mark.parametrize("scale", [0.8, 2.0])
def test_align_maps_the_landmarks_onto_the_template(degrees: float, scale: float) -> None:
    centred = ARCFACE_112 - ARCFACE_112.mean(axis=0)
    landmarks = turned_as_seen(centred, degrees, scale) + np.float32(150)
    picture = np.zeros((300, 300, 3), dtype=np.uint8)
    across, down = np.meshgrid(np.arange(300), np.arange(300))
    for number, (x, y) in enumerate(landmarks):
        picture[np.hypot(across - x, down - y) < 5 * scale] = (50 * number + 50, 0, 255)
    for averaged in (False, True):
        aligned = geometry.align(picture, landmarks, averaged=averaged)
        assert aligned.shape == (112, 112, 3)
        for number, (x, y) in enumerate(ARCFACE_112):
            blue, green, red = aligned[round(float(y)), round(float(x))]
            assert (blue, green, red) == (50 * number + 50, 0, 255)


@pytest.mark.parametrize("scale", [3, 5])
def test_a_large_face_is_averaged_not_sampled(scale: int) -> None:
    """A checkerboard of single pixels is grey from afar, and stays where it is."""
    side = 112 * scale
    across, down = np.meshgrid(np.arange(side), np.arange(side))
    board = ((across + down) % 2 * 200).astype(np.uint8)
    board[:, : side // 2] = 0
    picture = np.dstack([board] * 3)
    landmarks = (ARCFACE_112 + np.float32(0.5)) * scale - np.float32(0.5)
    row = geometry.align(picture, landmarks, averaged=True)[56, :, 0].astype(float)
    assert row[:56].max() <= 100 / scale**2, "black but for what bilinear steps carry over the edge"
    assert row[56:] == pytest.approx(100, abs=100 / scale**2 + 1)
    assert set(geometry.align(picture, landmarks)[56, 56:, 0]) == {0, 200}


def test_the_tight_frame_has_the_publishers_points() -> None:
    """face-reidentification-retail-0095: right eye, and left mouth corner, in shares."""
    crop = np.zeros((112, 112, 3), dtype=np.uint8)
    for x, y in ARCFACE_112[[0, 4]]:
        crop[
            round(float(y)) - 1 : round(float(y)) + 2, round(float(x)) - 1 : round(float(x)) + 2
        ] = 255
    rows, columns = np.nonzero(geometry.tight(crop, 128)[:, :, 0] > 128)
    for x, y, left in ((0.31556875, 0.46157411, True), (0.65343646, 0.82469196, False)):
        here = (columns < 64) == left
        assert columns[here].mean() + 0.5 == pytest.approx(128 * x, abs=1.5)
        assert rows[here].mean() + 0.5 == pytest.approx(128 * y, abs=1.5)


@given(st.floats(0.3, 6), st.integers(0, 10))
def test_averaging_moves_nothing(scale: float, seed: int) -> None:
    """A soft picture has the same crop either way: no shift by half a pixel."""
    size = round(112 * scale) + 2
    noise = np.random.default_rng(seed).uniform(0, 255, (8, 8, 3)).astype(np.uint8)
    picture = np.asarray(cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC), np.uint8)
    landmarks = (ARCFACE_112 + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)
    one, other = (geometry.align(picture, landmarks, averaged=way) for way in (False, True))
    inner = np.s_[4:-4, 4:-4]
    assert np.abs(one[inner].astype(int) - other[inner]).max() <= 6


@given(sizes, sizes, st.integers(8, 64))
def test_fit_centres_and_says_where_the_picture_is(width: int, height: int, side: int) -> None:
    square, scale, left, top = geometry.fit(np.full((height, width, 3), 200, np.uint8), side)
    assert square.shape == (side, side, 3)
    halved = 1
    while halved * 2 * side <= max(width, height):
        halved *= 2
    assert scale == pytest.approx(side / (max(width, height) // halved * halved))
    rows, columns = np.nonzero(square[:, :, 0].any(axis=1)), np.nonzero(square[:, :, 0].any(axis=0))
    assert (columns[0].min(), rows[0].min()) == (left, top)
    w, h = columns[0].size, rows[0].size
    assert max(w, h) == side
    assert abs(left - (side - left - w)) <= 1, "as much black on the left as on the right"
    assert abs(top - (side - top - h)) <= 1
    assert (square[top : top + h, left : left + w] == 200).all()
    assert w == pytest.approx(width * scale, abs=2)
    assert h == pytest.approx(height * scale, abs=2)


@given(st.integers(120, 400), st.integers(120, 400), st.integers(16, 64), st.data())
def test_fit_says_where_a_mark_has_gone(
    width: int, height: int, side: int, data: st.DataObject
) -> None:
    size = max(2, 2 * max(width, height) // side)
    x = data.draw(st.integers(0, max(0, width - 2 * size)))
    y = data.draw(st.integers(0, max(0, height - 2 * size)))
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[y : y + size, x : x + size] = 255
    square, scale, left, top = geometry.fit(picture, side)
    weights = square[:, :, 0].astype(float)
    down, across = np.mgrid[:side, :side]
    found = np.array([(across * weights).sum(), (down * weights).sum()]) / weights.sum()
    middle = np.array([x, y]) + size / 2
    assert found == pytest.approx(middle * scale + (left, top), abs=1)


@given(sizes, sizes, st.integers(-20, 60), st.integers(-20, 60), st.integers(1, 50))
def test_crop_square_pads_black_and_says_where_it_was(
    width: int, height: int, x: int, y: int, side: int
) -> None:
    picture = np.random.default_rng(0).integers(1, 255, (height, width, 3), dtype=np.uint8)
    square, left, top = geometry.crop_square(picture, (x, y), side)
    assert square.shape == (side, side, 3)
    assert abs(left + side / 2 - x) <= 0.5
    assert abs(top + side / 2 - y) <= 0.5
    down, across = np.mgrid[top : top + side, left : left + side]
    inside = (across >= 0) & (across < width) & (down >= 0) & (down < height)
    assert (square[~inside] == 0).all()
    assert np.array_equal(square[inside], picture[down[inside], across[inside]])


@given(sizes, sizes, st.integers(1, 50))
def test_shrink_never_enlarges(width: int, height: int, longest: int) -> None:
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    small = geometry.shrink(picture, longest)
    assert max(small.shape[:2]) == min(max(width, height), longest)
    if max(width, height) <= longest:
        assert small is picture


def test_shrink_keeps_the_ratio_and_the_light() -> None:
    picture = np.zeros((200, 100, 3), dtype=np.uint8)
    picture[::2] = 200
    small = geometry.shrink(picture, 50)
    assert small.shape == (50, 25, 3)
    assert (small == 100).all(), "averaged over areas, not picked"


@given(angles, st.floats(-30, 30))
def test_roll_does_not_depend_on_place_or_size(degrees: float, shift: float) -> None:
    assume(abs(degrees) < 175)
    rolled = turned_as_seen(ARCFACE_112, degrees, 3) + np.float32(shift)
    assert geometry.roll_deg(rolled) == pytest.approx(degrees, abs=0.01)
