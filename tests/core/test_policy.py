from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError
from pipeline.core.policy import Frame, Limit, load_policy, load_profile, profile_names
from pipeline.core.reasons import catalogue
from pipeline.core.types import Severity
from pipeline.student.measures import all_measures

Written = Callable[[str], Path]

PROFILE = """
title_zh = "校"
title_en = "School"
source = "test"
[frame]
width_px = 300
height_px = 400
[limits.roll]
min = -5
max = 5
"""


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> Path:
        path = tmp_path / "school.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def refusal(load: Callable[[], object], path: Path) -> str:
    """The message of the refused file; it must name the file."""
    with pytest.raises(ConfigError) as refused:
        load()
    assert str(path) in refused.value.message
    assert refused.value.exit_code == 11
    return refused.value.message + " " + refused.value.hint


def test_the_shipped_policy_is_sound() -> None:
    policy = load_policy()
    assert policy.profile in profile_names()
    assert not policy.cohort.one_to_many, "off unless somebody states a purpose"
    assert not policy.privacy.keep_templates
    assert policy.comparison.thresholds["default"].provenance


@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_profile_is_sound(name: str) -> None:
    profile = load_profile(name, all_measures())
    assert all(limit.clause for limit in profile.limits.values())
    assert profile.source


def test_single_keys_are_overridden_and_the_rest_stays(written: Written) -> None:
    shipped = load_policy()
    policy = load_policy(written("[comparison.thresholds.default]\naccept_from = 0.5\n"))
    assert policy.comparison.thresholds["default"].accept_from == 0.5
    assert (
        policy.comparison.thresholds["default"].flag_below
        == shipped.comparison.thresholds["default"].flag_below
    )
    assert policy.model_copy(update={"comparison": shipped.comparison}) == shipped


def test_the_command_line_overrides_the_file(written: Written) -> None:
    path = written("[cohort]\none_to_many = false\nowner_margin = 0.3\n")
    policy = load_policy(path, {"cohort": {"one_to_many": True}})
    assert policy.cohort.one_to_many
    assert policy.cohort.owner_margin == 0.3


def test_thresholds_by_reference_kind(written: Written) -> None:
    policy = load_policy(
        written(
            "[comparison.thresholds.idcard]\n"
            'flag_below = 0.1\naccept_from = 0.2\nprovenance = "ours"\n'
        )
    )
    assert policy.comparison.of("idcard").accept_from == 0.2
    assert policy.comparison.of("admission") == load_policy().comparison.of("admission")


def test_severity_of_a_code(written: Written) -> None:
    policy = load_policy(written('[severity]\nROLL = "flag"\n'))
    assert policy.severity_of("ROLL") is Severity.FLAG
    assert policy.severity_of("YAW") is catalogue()["YAW"].severity


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", ["unknown key `colour`", "comparison", "severity"]),
        ("[input]\nmax_bites = 1", ["unknown key `input.max_bites`", "max_bytes, max_megapixels"]),
        ("[orientation]\nmin = 1", ["unknown key `orientation.min`", "min_confidence"]),
        (
            "[comparison]\nbets = 1",
            [
                "unknown key `comparison.bets`",
                "best, order, recogniser, same_picture_from, thresholds",
            ],
        ),
        (
            "[comparison.thresholds.default]\nflag = 1",
            ["`comparison.thresholds.default.flag`", "accept_from, flag_below, provenance"],
        ),
        ("[cohort]\nx = 1", ["unknown key `cohort.x`", "one_to_many, owner_margin"]),
        ("[privacy]\nx = 1", ["unknown key `privacy.x`", "keep_templates"]),
        ("[input]\nmax_bytes = 'big'", ["`input.max_bytes` is 'big'", "integer"]),
        ("[input]\nmax_bytes = 0", ["`input.max_bytes` is 0", "greater than 0"]),
        ("[input]\nmax_megapixels = inf", ["`input.max_megapixels` is inf", "finite"]),
        ("[orientation]\nmin_confidence = 1.5", ["min_confidence` is 1.5", "less than or equal"]),
        ("[orientation]\nmin_confidence = nan", ["min_confidence` is nan", "finite"]),
        ("[cohort]\none_to_many = 'perhaps'", ["`cohort.one_to_many` is 'perhaps'", "boolean"]),
        ("[input]\nmax_bytes = true", ["`input.max_bytes` is True", "integer"]),
        ("[input]\nmax_megapixels = '9'", ["`input.max_megapixels` is '9'", "a number"]),
        ("[privacy]\nkeep_templates = 1", ["`privacy.keep_templates` is 1", "boolean"]),
        ("comparison = 5", ["`comparison` is 5"]),
        ("profile = ['a']", ["`profile`: ", "string"]),
        ("[comparison]\nbest = 'lowest'", ["is 'lowest'", "allowed: 'highest' or 'first'"]),
        ("[comparison]\norder = 5", ["`comparison.order` is 5"]),
        ("[severity]\nROLL = 'fatal'", ["`severity.ROLL` is 'fatal'", "'review' or 'flag'"]),
        ("[severity]\nNONSENSE = 'flag'", ["`severity`", "`NONSENSE`", "data/reasons.toml"]),
        (
            "[comparison.thresholds.default]\nflag_below = 0.6\naccept_from = 0.5",
            ["`comparison.thresholds.default`: flag_below must not be above accept_from"],
        ),
        (
            "[comparison.thresholds.idcard]\nflag_below = 0.2",
            ["`comparison.thresholds.idcard.accept_from` is missing"],
        ),
        ("profile = \n[input]", ["not valid TOML", "line 1"]),
    ],
)
def test_a_mistake_in_a_policy_is_named(written: Written, text: str, words: list[str]) -> None:
    path = written(text)
    message = refusal(lambda: load_policy(path), path)
    for word in words:
        assert word in message


def test_all_mistakes_are_named_at_once(written: Written) -> None:
    path = written("colour = 1\n[input]\nmax_bytes = -1\n")
    message = refusal(lambda: load_policy(path), path)
    assert "`colour`" in message
    assert "`input.max_bytes`" in message


@pytest.mark.parametrize("load", [load_policy, lambda path: load_profile(str(path))])
def test_files_that_cannot_be_read(load: Callable[[Path], object], tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    assert "No such file" in refusal(lambda: load(missing), missing)
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    assert "Is a directory" in refusal(lambda: load(folder), folder)
    chinese = tmp_path / "gbk.toml"
    chinese.write_bytes('title_zh = "照片标准"'.encode("gbk"))
    assert "UTF-8" in refusal(lambda: load(chinese), chinese)


def test_the_mark_that_windows_editors_put_in_front_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "school.toml"
    path.write_text("[cohort]\nowner_margin = 0.2\n", "utf-8-sig")
    assert load_policy(path).cohort.owner_margin == 0.2


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="profile `nonsense` is unknown") as refused:
        load_profile("nonsense")
    assert "chsi-graduation" in refused.value.hint


def test_a_profile_of_its_own(written: Written) -> None:
    profile = load_profile(str(written(PROFILE)))
    assert profile.frame == Frame(width_px=300, height_px=400)
    assert set(profile.limits) == {"roll"}


def test_a_profile_extends_a_shipped_one(written: Written) -> None:
    base = load_profile("chsi-graduation")
    profile = load_profile(
        str(written('base = "chsi-graduation"\n[limits.face_width]\nmax = 320\n'))
    )
    assert profile.limits["face_width"].max == 320
    assert profile.limits["face_width"].min == base.limits["face_width"].min
    assert profile.limits["face_width"].clause == base.limits["face_width"].clause
    others = {name: limit for name, limit in base.limits.items() if name != "face_width"}
    assert {name: profile.limits[name] for name in others} == others
    assert profile.frame == base.frame


def test_a_base_is_a_shipped_profile_and_never_the_file_itself(written: Written) -> None:
    path = written('base = "nonsense"')
    message = refusal(lambda: load_profile(str(path)), path)
    assert "`base` `nonsense` is unknown" in message
    assert "chsi-graduation" in message
    itself = written(f"base = {str(path)!r}")
    assert "`base`" in refusal(lambda: load_profile(str(itself)), itself)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "colour = 1",
            ["unknown key `colour`", "frame, limits, source, taken, title_en, title_zh"],
        ),
        ("[frame]\ndpi = 300", ["unknown key `frame.dpi`", "height_px, width_px"]),
        ("[frame]\nwidth_px = 0", ["`frame.width_px` is 0", "greater than 0"]),
        (
            "[limits.roll]\nmost = 5",
            ["unknown key `limits.roll.most`", "allowed, clause, max, min"],
        ),
        ("[limits.roll]\nmax = 'ten'", ["`limits.roll.max` is 'ten'", "number"]),
        ("[limits.roll]\nmax = nan", ["`limits.roll.max` is nan", "finite"]),
        ("[limits.roll]\nmin = 20", ["`limits.roll`: min must not be above max"]),
        ("[limits.smile]\nclause = 'x'", ["`limits.smile`: give min, max or allowed"]),
        ("[limits.smile]\nmax = 1", ["unknown key `limits.smile`", "eyes_open", "roll"]),
    ],
)
def test_a_mistake_in_a_profile_is_named(written: Written, text: str, words: list[str]) -> None:
    path = written(f'base = "chsi-graduation"\n{text}\n')
    known = load_profile("chsi-graduation").limits
    message = refusal(lambda: load_profile(str(path), known), path)
    for word in words:
        assert word in message


def test_a_missing_key_of_a_profile_is_named(written: Written) -> None:
    path = written(PROFILE.replace('source = "test"', ""))
    assert "key `source` is missing" in refusal(lambda: load_profile(str(path)), path)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (Limit(min=200, max=300), "200 – 300"),
        (Limit(min=20), "≥ 20"),
        (Limit(max=0.2), "≤ 0.2"),
        (Limit(min=1, max=1), "1"),
        (Limit(allowed=("JPEG", "PNG")), "JPEG / PNG"),
    ],
)
def test_a_limit_in_words(limit: Limit, text: str) -> None:
    assert limit.text == text
