"""Where head and eyes lie in the picture, and which way the head looks."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from drawn_photo import HEIGHT, POINTS, WIDTH, drawn, face, number, person, seen, take
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.types import Mesh, Pixels
from pipeline.student.measures import NotMeasuredError, View


@pytest.mark.parametrize("top", [0, 60, 80, 140])
def test_hairline_is_where_the_head_begins(top: int) -> None:
    # The segmenter's rows are 2.5 px high; what lies between two is read from how sure it is.
    head = person((top, HEIGHT, 150, 330))
    assert number("hairline", seen(persons=head)) * HEIGHT == pytest.approx(top, abs=1.3)


def test_hairline_is_not_a_hand_above_the_head_nor_a_stray_hair() -> None:
    both = person((80, HEIGHT, 150, 330), (10, HEIGHT, 20, 80), (30, 80, 236, 242))
    assert number("hairline", seen(persons=both)) * HEIGHT == pytest.approx(80, abs=1.3)


def test_hairline_is_not_told_where_nobody_stands_out() -> None:
    with pytest.raises(NotMeasuredError, match="stand out"):
        take("hairline", seen(persons=person((400, HEIGHT, 0, WIDTH))))


def test_hairline_is_not_told_without_a_segmenter() -> None:
    with pytest.raises(NotMeasuredError, match="no segmenter"):
        take("hairline", dataclasses.replace(seen(), segment=None))


def test_head_height_is_hair_to_chin() -> None:
    assert number("head_height", seen()) * HEIGHT == pytest.approx(400 - 80, abs=1.3)


def test_eye_column_is_the_middle_of_the_irises() -> None:
    assert number("eye_column", seen()) == pytest.approx(240 / WIDTH)
    moved = {468: (100.0, 250.0), 473: (200.0, 250.0)}
    assert number("eye_column", seen(moved=moved)) == pytest.approx(150 / WIDTH)


def test_eye_distance_is_between_the_irises() -> None:
    moved = {468: (200.0, 250.0), 473: (290.0, 250.0)}
    assert number("eye_distance", seen(moved=moved)) == pytest.approx(90 / WIDTH)


def turned(yaw: float = 0, pitch: float = 0) -> View:
    """A view whose head looks `yaw` degrees to its left and `pitch` degrees down."""
    y, p = math.radians(yaw), math.radians(pitch)
    pose = np.eye(4, dtype=np.float32)
    pose[:3, 2] = (math.sin(y) * math.cos(p), -math.sin(p), math.cos(y) * math.cos(p))
    view = seen()
    assert view.mesh is not None
    return dataclasses.replace(view, mesh=Mesh(view.mesh.points, view.mesh.blendshapes, pose))


@given(st.floats(-80, 80), st.floats(-80, 80))
def test_yaw_and_pitch_come_back(yaw: float, pitch: float) -> None:
    assert number("yaw", turned(yaw, pitch)) == pytest.approx(yaw, abs=0.01)
    assert number("pitch", turned(yaw, pitch)) == pytest.approx(pitch, abs=0.01)


def test_pitch_is_positive_with_the_chin_down() -> None:
    assert number("pitch", turned(pitch=20)) == pytest.approx(20, abs=0.01)


def test_inter_eye_distance_is_set_straight_and_in_pixels_of_the_file() -> None:
    # Eye centres at x 210 and 270.
    assert number("inter_eye_distance", seen()) == pytest.approx(60)
    assert number("inter_eye_distance", turned(yaw=60)) == pytest.approx(120, rel=1e-3)
    view = seen()
    large = np.zeros((2 * HEIGHT, 2 * WIDTH, 3), dtype=np.uint8)
    twice = dataclasses.replace(view, photo=dataclasses.replace(view.photo, bgr=large))
    assert number("inter_eye_distance", twice) == pytest.approx(120)


def test_inter_eye_distance_has_no_meaning_in_profile() -> None:
    with pytest.raises(NotMeasuredError, match="profile"):
        take("inter_eye_distance", turned(yaw=89))


def test_head_size_is_eye_to_chin_over_the_height() -> None:
    assert number("head_size", seen()) == pytest.approx(150 / HEIGHT)


def test_crop_left_and_its_three_sisters() -> None:
    assert number("crop_left", seen()) == pytest.approx(210 / 60)
    assert number("crop_right", seen()) == pytest.approx((WIDTH - 270) / 60)
    assert number("margin_above", seen()) == pytest.approx(250 / 150)
    assert number("margin_below", seen()) == pytest.approx((HEIGHT - 250) / 150)


@given(st.floats(-100, 100))
def test_crop_right_loses_what_crop_left_gains(shift: float) -> None:
    moved = {index: (POINTS[index][0] + shift, 250.0) for index in (33, 133, 263, 362)}
    view = seen(moved=moved)
    total = number("crop_left", view) + number("crop_right", view)
    assert total == pytest.approx((WIDTH - 60) / 60, abs=1e-3)


@pytest.mark.parametrize("name", ["margin_above", "margin_below"])
def test_margin_above_and_margin_below_need_a_mesh_that_has_not_collapsed(name: str) -> None:
    with pytest.raises(NotMeasuredError, match="collapsed"):
        take(name, seen(moved=dict.fromkeys(POINTS, (240.0, 250.0))))


def test_margin_below_grows_with_the_picture() -> None:
    taller: Pixels = np.concatenate((drawn(), drawn()[-150:]))
    assert number("margin_below", seen(taller)) == pytest.approx((HEIGHT + 150 - 250) / 150)


def test_single_face_is_the_second_area_over_the_first() -> None:
    assert number("single_face", seen()) == 0
    assert number("single_face", seen(others=(face(100), face(20)))) == pytest.approx(0.5)
    assert number("single_face", seen(others=(face(900),))) == 1


def test_smile_is_the_mean_of_both_corners() -> None:
    assert number("smile", seen()) == pytest.approx(0.3)
    view = seen()
    assert view.mesh is not None
    without = dataclasses.replace(view, mesh=Mesh(view.mesh.points, {}, view.mesh.pose))
    with pytest.raises(NotMeasuredError):
        take("smile", without)
