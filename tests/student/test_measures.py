from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from drawn_photo import HEIGHT, POINTS, WIDTH, face, number, photo, seen, take
from places import DOCS, TESTS

from pipeline.core.geometry import ARCFACE_112
from pipeline.core.policy import load_profile, profile_names
from pipeline.core.reasons import catalogue
from pipeline.core.types import (
    Evidence,
    Measurement,
    Pixels,
    Portrait,
    TurnCw,
)
from pipeline.store.packing import keep
from pipeline.student import measures
from pipeline.student.measures import Measure, NotMeasuredError, View, all_measures, measure_all

MEASURES = DOCS / "measures.md"
NEED_NOTHING = {
    *("file_format", "file_kb", "size_px", "width_px", "height_px", "aspect", "dpi"),
    *("jpeg_quality", "colour_depth", "blockiness", "border"),
}
NEED_A_FACE = {"face_count", "single_face", "luminance", "sharpness"}
NEED_A_MESH = {"eye_line", "eyes_open", "face_width", "mouth_open", "off_centre", "roll"}


def test_eye_line_is_the_mean_height_of_both_irises() -> None:
    assert number("eye_line", seen()) == pytest.approx(250 / HEIGHT)
    lower = seen(moved={468: (210, 300), 473: (270, 320)})
    assert number("eye_line", lower) == pytest.approx(310 / HEIGHT)


def test_eyes_open_is_the_smaller_gap_over_eye_to_chin() -> None:
    assert number("eyes_open", seen()) == pytest.approx(9 / 150)
    winking = seen(moved={145: (210, 246)})
    assert number("eyes_open", winking) == pytest.approx(2 / 150)


def test_eyes_open_does_not_depend_on_the_size_of_the_face() -> None:
    twice = {index: (2 * x, 2 * y) for index, (x, y) in POINTS.items()}
    assert number("eyes_open", seen(moved=twice)) == pytest.approx(9 / 150)


@pytest.mark.parametrize("name", ["eyes_open", "mouth_open"])
def test_a_collapsed_mesh_is_not_measured(name: str) -> None:
    collapsed = seen(moved=dict.fromkeys(POINTS, (240.0, 250.0)))
    with pytest.raises(NotMeasuredError, match="collapsed"):
        take(name, collapsed)


def test_face_count_leaves_out_faces_much_smaller_than_the_subject() -> None:
    assert number("face_count", seen()) == 1
    assert number("face_count", seen(others=(face(100), face(99.9), face(300)))) == 3


def test_face_width_is_cheek_to_cheek_over_the_width() -> None:
    assert number("face_width", seen()) == pytest.approx(240 / WIDTH)
    tilted = seen(moved={234: (100, 100), 454: (130, 140)})
    assert number("face_width", tilted) == pytest.approx(50 / WIDTH)


def test_file_format_is_what_the_decoder_found() -> None:
    assert take("file_format", seen(format="HEIF")) == "HEIF"


def test_file_kb_counts_1024_bytes() -> None:
    assert number("file_kb", seen(file_bytes=30 * 1024 + 512)) == 30.5


def aligned(crop: Pixels) -> View:
    """A view whose 112 px ArcFace crop is exactly `crop`."""
    picture = np.zeros((200, 200, 3), dtype=np.uint8)
    picture[30:142, 20:132] = crop
    shifted = ARCFACE_112 + np.array((20, 30), dtype=np.float32)
    return View(photo(picture), None, Portrait(picture, face(landmarks=shifted)))


def test_luminance_is_the_mean_of_the_inner_face_alone() -> None:
    crop = np.full((112, 112, 3), 255, dtype=np.uint8)
    crop[40:96, 34:78] = 90
    crop[40:96, 34:56] = 110
    assert number("luminance", aligned(crop)) == pytest.approx(100, abs=0.5)


@pytest.mark.parametrize(
    ("bgr", "luma"), [((255, 0, 0), 29), ((0, 255, 0), 150), ((0, 0, 255), 76)]
)
def test_luminance_weighs_the_colours_as_bt601(bgr: tuple[int, int, int], luma: int) -> None:
    crop = np.full((112, 112, 3), bgr, dtype=np.uint8)
    assert number("luminance", aligned(crop)) == luma


def test_mouth_open_is_the_lip_gap_over_eye_to_chin() -> None:
    assert number("mouth_open", seen()) == pytest.approx(3 / 150)
    assert number("mouth_open", seen(moved={14: (240, 370)})) == pytest.approx(30 / 150)


def test_off_centre_is_the_distance_to_either_side() -> None:
    assert number("off_centre", seen()) == 0
    for shift in (24, -24):
        moved = {index: (POINTS[index][0] + shift, 300.0) for index in (234, 454)}
        assert number("off_centre", seen(moved=moved)) == pytest.approx(24 / WIDTH)


@pytest.mark.parametrize("degrees", [-170, -30, 0, 10, 90])
def test_roll_is_positive_clockwise_as_seen(degrees: float) -> None:
    angle = np.deg2rad(degrees)
    # Clockwise as seen: from x (right) towards y (down).
    left = (190 + 100 * float(np.cos(angle)), 250 + 100 * float(np.sin(angle)))
    assert number("roll", seen(moved={263: left})) == pytest.approx(degrees, abs=1e-4)


def checkered(cell: int) -> Pixels:
    across, down = np.meshgrid(np.arange(112), np.arange(112))
    light = ((across // cell + down // cell) % 2 * 255).astype(np.uint8)
    return np.repeat(light[:, :, None], 3, axis=2)


def test_sharpness_of_known_patterns() -> None:
    assert number("sharpness", aligned(np.full((112, 112, 3), 77, dtype=np.uint8))) == 0
    # In the finest pattern all four neighbours differ by 255, so the Laplacian is ±4 x 255.
    assert number("sharpness", aligned(checkered(1))) == pytest.approx(1020**2)


def test_sharpness_falls_with_blur() -> None:
    crisp = checkered(7)
    soft = np.asarray(cv2.GaussianBlur(crisp, (0, 0), 2), np.uint8)
    assert number("sharpness", aligned(soft)) < number("sharpness", aligned(crisp)) / 20


def test_sharpness_judges_a_large_soft_picture_by_its_face() -> None:
    crisp = np.zeros((200, 200, 3), dtype=np.uint8)
    crisp[:112, :112] = checkered(14)
    large = crisp.repeat(4, axis=0).repeat(4, axis=1)
    shifted = ARCFACE_112 * np.float32(4) + np.float32(1.5)
    small_view = View(photo(crisp), None, Portrait(crisp, face(landmarks=ARCFACE_112)))
    large_view = View(photo(large), None, Portrait(large, face(landmarks=shifted)))
    small = number("sharpness", small_view)
    assert number("sharpness", large_view) == pytest.approx(small, rel=0.5)


@pytest.mark.parametrize("turn_cw", [0, 180])
def test_size_px_of_an_upright_picture(turn_cw: TurnCw) -> None:
    assert take("size_px", seen(turn_cw=turn_cw)) == "480×640"


@pytest.mark.parametrize("turn_cw", [90, 270])
def test_size_px_of_a_sideways_picture_is_the_size_once_turned(turn_cw: TurnCw) -> None:
    sideways = np.zeros((WIDTH, HEIGHT, 3), dtype=np.uint8)
    assert take("size_px", seen(sideways, turn_cw=turn_cw)) == "480×640"


def test_size_px_without_a_face_is_as_stored() -> None:
    assert take("size_px", View(photo(np.zeros((3, 7, 3), dtype=np.uint8)))) == "7×3"


def taken(view: View) -> dict[str, Measurement]:
    return {m.name: m for m in measure_all(view)}


def test_a_full_view_gives_values_that_the_store_can_hold() -> None:
    found = taken(seen())
    assert list(found) == list(all_measures())
    for name in NEED_NOTHING | NEED_A_FACE | NEED_A_MESH:
        assert type(found[name].value) in (float, str)
        assert found[name].error == ""
    assert {m.name: m.unit for m in found.values()} == {
        m.name: m.unit for m in all_measures().values()
    }


def test_without_a_mesh_the_measures_that_need_it_say_so() -> None:
    full = seen()
    found = taken(View(full.photo, full.orientation, full.portrait))
    for name in NEED_NOTHING | NEED_A_FACE:
        assert found[name].value is not None
    for name in NEED_A_MESH:
        assert (found[name].value, found[name].error) == (None, "no face mesh")


def test_without_a_face_the_measures_that_need_it_say_so() -> None:
    found = taken(View(seen().photo))
    for name in NEED_NOTHING:
        assert found[name].value is not None
    for name in NEED_A_FACE:
        assert (found[name].value, found[name].error) == (None, "no upright face")
    for name in NEED_A_MESH:
        assert found[name].value is None
        assert found[name].error


def test_a_failing_measure_keeps_its_reason_and_sinks_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(view: View) -> float:
        raise ZeroDivisionError("nothing to divide by")

    def refuse(view: View) -> float:
        raise NotMeasuredError("too dark to tell")

    broken = {
        "failing": Measure("failing", "px", fail, "BLUR", "BLUR"),
        "refusing": Measure("refusing", "", refuse, "BLUR", "BLUR"),
        "infinite": Measure("infinite", "", lambda view: float("inf"), "BLUR", "BLUR"),
        "nan": Measure("nan", "", lambda view: float("nan"), "BLUR", "BLUR"),
        "numpy": Measure("numpy", "", lambda view: np.float32(0.5), "BLUR", "BLUR"),  # type: ignore[arg-type, return-value]
        "array": Measure("array", "", lambda view: np.zeros(2), "BLUR", "BLUR"),  # type: ignore[arg-type, return-value]
    }
    sound = dict(all_measures())
    monkeypatch.setattr(measures, "all_measures", lambda: {**broken, **sound})
    found = taken(seen())
    assert (found["failing"].value, found["failing"].unit) == (None, "px")
    assert found["failing"].error == "ZeroDivisionError: nothing to divide by"
    assert found["refusing"].error == "too dark to tell"
    for name in ("infinite", "nan", "array"):
        assert (found[name].value, found[name].error) == (None, "no finite number")
    assert keep(Evidence((found["numpy"],))).measurements.measured == '{"numpy": 0.5}'
    assert all(found[name].value is not None for name in NEED_A_MESH)
    assert set(found) == set(broken) | set(sound)


def rows() -> dict[str, list[str]]:
    """Cells of the table in docs/measures.md by measure."""
    table = [line for line in MEASURES.read_text("utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_every_measure_has_a_row_in_the_docs_and_every_row_a_measure() -> None:
    assert set(rows()) == set(all_measures())


@pytest.mark.parametrize("name", all_measures())
def test_the_row_in_the_docs_is_right(name: str) -> None:
    _, unit, _, key, codes, source = rows()[name]
    measure = all_measures()[name]
    assert unit == (measure.unit or "none")
    assert key == f"`limits.{name}`"
    assert set(re.findall(r"`(\w+)`", codes)) == {measure.below, measure.above}
    assert source


@pytest.mark.parametrize("name", all_measures())
def test_every_measure_has_a_test_named_after_it(name: str) -> None:
    tests = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    assert re.search(rf"^def test_{name}_", tests, re.MULTILINE)


@pytest.mark.parametrize("measure", all_measures().values(), ids=lambda measure: measure.name)
def test_every_code_of_a_measure_is_in_the_catalogue(measure: Measure) -> None:
    assert {measure.below, measure.above} <= set(catalogue())


@pytest.mark.parametrize("name", all_measures())
def test_a_measure_lies_in_the_file_of_its_name(name: str) -> None:
    assert all_measures()[name].function.__module__ == f"pipeline.student.measures.{name}"


@pytest.mark.parametrize("profile", profile_names())
def test_every_limit_of_a_profile_belongs_to_a_measure(profile: str) -> None:
    assert set(load_profile(profile).limits) <= set(all_measures())
