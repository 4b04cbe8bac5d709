"""Every shipped limit against the table of photo standards, as numbers written here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.core.errors import ConfigError
from pipeline.core.policy import Limit, Policy, load_profile, profile_names
from pipeline.core.types import Measurement
from pipeline.decide import decide_one
from pipeline.student.measures import all_measures
from pipeline.student.view.colour_space import delta_e

LIGHT_BLUE, WHITE, LIGHT_GREY, BLUE = "#64C5FF", "#FFFFFF", "#F0F0F0", "#438EDB"

# By profile: frame, then measure -> (min, max), allowed words, or colours. From the standards'
# table; what a standard leaves open is ours and stands in OURS.
TABLE: dict[str, tuple[tuple[int, int] | None, dict[str, object]]] = {
    "chsi-graduation": (
        (480, 640),
        {
            "size_px": ["480×640"],
            "dpi": (300, 300),
            "file_format": ["JPEG"],
            "jpeg_quality": (60, None),
            "colour_depth": (24, 24),
            "file_kb": (20, 40),
            "face_count": (1, 1),
            "hairline": (50, 110),
            "eye_line": (200, 300),
            "face_width": (180, 300),
            "background_colour": {LIGHT_BLUE, WHITE, LIGHT_GREY},
            "border": (None, 0),
        },
    ),
    "freshman": (
        (480, 640),
        {
            "size_px": ["480×640"],
            "file_kb": (50, 100),
            "face_count": (1, 1),
            "background_colour": {WHITE},
        },
    ),
    "idcard-ga461": (
        (358, 441),
        {
            "size_px": ["358×441"],
            "dpi": (350, 350),
            "file_format": ["JPEG"],
            "jpeg_quality": (70, None),
            "colour_depth": (24, 24),
            "file_kb": (14, 20),
            "face_count": (1, 1),
            "face_width": (207 - 14, 207 + 14),
            "hairline": (7, 21),
            "eye_line": (None, 441 - 207),
            "background_colour": {WHITE},
            "border": (None, 0),
        },
    ),
    "social-security": (
        (358, 441),
        {
            "size_px": ["358×441"],
            "dpi": (350, 350),
            "file_format": ["JPEG"],
            "jpeg_quality": (70, None),
            "file_kb": (14, 40),
            "face_count": (1, 1),
            "face_width": (179, 255),
            "hairline": (7, 21),
            "eye_column": (162, 196),
            "eye_line": (None, 441 - 207),
            "background_colour": {WHITE},
        },
    ),
    "exit-entry": (
        (354, 472),
        {
            "size_px": ["354×472"],
            "dpi": (300, 300),
            "file_format": ["JPEG"],
            "jpeg_quality": (70, None),
            "file_kb": (30, 45),
            "face_count": (1, 1),
            "face_width": (230, 283),
            "head_height": (331, 390),
            "eye_distance": (82, None),
            "hairline": (25, 45),
            "eye_line": (176, 251),
            "background_colour": {WHITE},
        },
    ),
    "graduate-exam": (
        None,
        {
            "file_kb": (None, 10 * 1024),
            "face_count": (1, 1),
            "yaw": (-10, 10),
            "roll": (-10, 10),
            "pitch": (-10, 10),
            "eye_line": (30, 50),
        },
    ),
    "cet": (
        None,
        {
            "width_px": (144, None),
            "height_px": (192, None),
            "file_kb": (20, 200),
            "face_count": (1, 1),
            "background_colour": {LIGHT_BLUE, WHITE},
        },
    ),
}

# Numbers that no standard gives: our reading of a word such as "centred". Their clauses say so.
OURS: dict[str, set[str]] = {
    "chsi-graduation": {
        *("off_centre", "roll", "yaw", "pitch", "eyes_open", "mouth_open", "sharpness"),
        *("luminance", "background_evenness", "light_balance", "colour", "red_eye"),
        *("colour_cast", "blockiness", "glare", "tint", "moire"),
        *("hair_over_brows", "shoulders_level", "clothes_contrast"),
    },
    "freshman": {"file_format", "background_evenness"},
    "idcard-ga461": {"off_centre", "background_evenness"},
    "social-security": {"background_evenness"},
    "exit-entry": {"background_evenness"},
    "graduate-exam": {"aspect", "background_colour"},
    "cet": {"hairline", "head_height"},
}


def written(limit: Limit) -> object:
    """A limit in the table's form."""
    if limit.near:
        return set(limit.near)
    return list(limit.allowed) if limit.allowed else (limit.min, limit.max)


# Provinces' variants of the graduation photo: what they do otherwise.
VARIANTS = {"chsi-white": {WHITE}, "chsi-light-blue": {LIGHT_BLUE}}


def test_all_standards_and_their_variants_are_shipped() -> None:
    assert set(profile_names()) == {*TABLE, *VARIANTS}


@pytest.mark.parametrize(("name", "colours"), VARIANTS.items())
def test_a_provinces_variant_differs_by_its_ground_alone(name: str, colours: set[str]) -> None:
    variant, base = load_profile(name, all_measures()), load_profile("chsi-graduation")
    assert set(variant.limits["background_colour"].near) == colours
    assert variant.limits["background_colour"].max == base.limits["background_colour"].max
    assert "ours" in variant.limits["background_colour"].clause
    others = [
        {k: v for k, v in p.limits.items() if k != "background_colour"} for p in (variant, base)
    ]
    assert others[0] == others[1]
    assert (variant.frame, variant.source) == (base.frame, base.source)
    assert variant.title_zh != base.title_zh


@pytest.mark.parametrize("name", TABLE)
def test_every_limit_is_the_standards_own(name: str) -> None:
    profile = load_profile(name, all_measures())
    frame, limits = TABLE[name]
    found = (profile.frame.width_px, profile.frame.height_px) if profile.frame else None
    assert found == frame
    stated = {key: limit for key, limit in profile.limits.items() if key not in OURS[name]}
    assert {key: written(limit) for key, limit in stated.items()} == limits


@pytest.mark.parametrize("name", TABLE)
def test_a_number_of_our_own_says_so(name: str) -> None:
    limits = load_profile(name).limits
    assert OURS[name] <= set(limits)
    for key in OURS[name]:
        clause = limits[key].clause
        assert any(word in clause for word in ("ours", "our ", "±10°", "OFIQ")), (key, clause)


@pytest.mark.parametrize("name", TABLE)
def test_titles_and_source_are_told(name: str) -> None:
    profile = load_profile(name)
    assert profile.title_zh != profile.title_en
    assert profile.source


def test_our_readings_follow_the_standards_middle_values() -> None:
    cet, exam = load_profile("cet").limits, load_profile("graduate-exam").limits
    assert (cet["hairline"].min, cet["hairline"].max) == (10 - 5, 10 + 5)
    assert (cet["head_height"].min, cet["head_height"].max) == (70 - 10, 70 + 10)
    assert (exam["aspect"].min, exam["aspect"].max) == (0.74, 0.76)
    assert set(exam["background_colour"].near) == {WHITE, LIGHT_BLUE, BLUE}
    chsi = load_profile("chsi-graduation").limits
    assert chsi["off_centre"].max == pytest.approx(480 * 0.05)
    assert load_profile("idcard-ga461").limits["off_centre"].max == pytest.approx(358 * 0.05, abs=1)


def test_an_unknown_measure_is_named_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "school.toml"
    path.write_text('base = "chsi-graduation"\n[limits.eyeline]\nmax = 3\n', "utf-8")
    with pytest.raises(ConfigError, match=r"unknown key `limits\.eyeline`") as refused:
        load_profile(str(path), all_measures())
    for name in all_measures():
        assert name in refused.value.message


def judged(policy: Policy, profile: str, value: str | float, name: str) -> list[str]:
    standard = load_profile(profile)
    only = standard.model_copy(update={"limits": {name: standard.limits[name]}})
    seen = {name: Measurement(name, value), "faces_found": Measurement("faces_found", 1.0)}
    findings = decide_one(seen, (), policy, only).findings
    return [f"{f.code} {f.value} {f.limit} {f.unit}" for f in findings if f.code != "NO_REFERENCE"]


def test_a_colour_near_one_of_the_standards_passes(policy: Policy) -> None:
    assert delta_e("#64C5FF", "#6CC0F5") < 20
    for colour in ("#64C5FF", "#6CC0F5", "#FAFAFA"):
        assert judged(policy, "chsi-graduation", colour, "background_colour") == []
    found = judged(policy, "chsi-graduation", "#C83232", "background_colour")
    assert found == ["BACKGROUND_COLOUR #C83232 #64C5FF / #FFFFFF / #F0F0F0 (ΔE ≤ 20) "]
    assert judged(policy, "idcard-ga461", "#64C5FF", "background_colour")


def test_without_a_frame_geometry_is_in_per_cent(policy: Policy) -> None:
    assert judged(policy, "graduate-exam", 0.4, "eye_line") == []
    assert judged(policy, "graduate-exam", 0.25, "eye_line") == ["EYE_LINE 25.0 30 – 50 %"]


def test_with_a_frame_geometry_is_in_its_pixels(policy: Policy) -> None:
    assert judged(policy, "exit-entry", 0.25, "eye_line") == ["EYE_LINE 118.0 176 – 251 px"]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ('near = ["white"]\nmax = 5', "limits.background_colour.near"),
        ('near = ["#FFFFFF"]', "give min, max or allowed"),
        ('near = ["#FFFFFF"]\nmax = 5\nmin = 1', "with near give max"),
    ],
)
def test_a_mistake_in_a_colour_limit_is_named(tmp_path: Path, limit: str, words: str) -> None:
    path = tmp_path / "school.toml"
    text = f'title_zh = "校"\ntitle_en = "S"\nsource = "t"\n[limits.background_colour]\n{limit}\n'
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="background_colour") as refused:
        load_profile(str(path), all_measures())
    assert words in refused.value.message


def photoproof(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["profiles", *arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_list_names_every_standard() -> None:
    code, text = photoproof("list")
    assert code == 0
    assert all(name in text and load_profile(name).title_en in text for name in TABLE)
    rows = json.loads(photoproof("list", "--json")[1])
    assert [row["name"] for row in rows] == sorted({*TABLE, *VARIANTS})


@pytest.mark.parametrize("name", TABLE)
def test_show_tells_every_limit(name: str) -> None:
    code, text = photoproof("show", name)
    assert code == 0
    profile = load_profile(name)
    assert all(key in text for key in profile.limits)
    assert ("no size stated" in text) == (profile.frame is None)
    assert set(json.loads(photoproof("show", name, "--json")[1])["limits"]) == set(profile.limits)


def test_check_accepts_a_sound_file_and_refuses_others(tmp_path: Path) -> None:
    path = tmp_path / "school.toml"
    path.write_text('base = "cet"\n[limits.file_kb]\nmax = 100\n', "utf-8")
    code, text = photoproof("check", str(path))
    assert code == 0
    assert "sound" in text
    assert "20 – 100" in text
    path.write_text('base = "cet"\n[limits.size]\nmax = 100\n', "utf-8")
    result = CliRunner().invoke(cli.app, ["profiles", "check", str(path)])
    assert isinstance(result.exception, ConfigError)
    assert "`limits.size`" in result.exception.message
    result = CliRunner().invoke(cli.app, ["profiles", "check", "cet"])
    assert isinstance(result.exception, ConfigError)
