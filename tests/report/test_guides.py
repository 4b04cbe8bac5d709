"""What is drawn over a photo, from stored measurements alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import FACE, guided_report

from pipeline.core.policy import Limit, load_profile
from pipeline.core.reasons import catalogue
from pipeline.core.types import Finding, Measurement, Severity
from pipeline.report.guides import _PLACES, Area, Band, Guides, Mark, guides_of
from pipeline.student.measures import all_measures

CHSI = load_profile("chsi-graduation")


def drawn(*codes: str, profile: object = CHSI, **changes: float | None) -> Guides:
    """The guides of a face with these findings."""
    seen = {name: Measurement(name, value) for name, value in {**FACE, **changes}.items()}
    findings = [Finding(code, Severity.ADVICE) for code in codes]
    return guides_of(seen, findings, profile)  # type: ignore[arg-type]


def test_bands_are_the_limits_of_lines_and_of_the_centre() -> None:
    assert set(drawn().bands) == {
        Band("row", 50 / 640, 110 / 640),
        Band("row", 200 / 640, 300 / 640),
        Band("column", 0.5 - 24 / 480, 0.5 + 24 / 480),
    }


def test_a_limit_without_an_end_reaches_the_edge_and_one_without_a_frame_is_in_per_cent() -> None:
    open_ended = CHSI.model_copy(update={"limits": {"eye_line": Limit(min=320)}})
    assert drawn(profile=open_ended).bands == (Band("row", 0.5, 1.0),)
    assert drawn(profile=load_profile("graduate-exam")).bands == (Band("row", 0.3, 0.5),)


def test_without_a_standard_the_face_is_drawn_all_the_same() -> None:
    assert drawn(profile=None).bands == ()
    assert drawn(profile=None).marks == drawn().marks


def test_lines_of_a_sound_face() -> None:
    assert set(drawn().marks) == {
        Mark("row", 0.14, False),
        Mark("row", 0.39, False),
        Mark("row", 0.68, False),
        Mark("column", 0.5, False),
    }
    assert drawn().areas == ()


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("EYE_LINE", {0.39}),
        ("HEAD_HEIGHT", {0.14, 0.68}),
        ("EYE_COLUMN", {0.51}),
        ("OFF_CENTRE", {0.5}),
        ("FACE_TOO_LARGE", {0.3, 0.7}),
    ],
)
def test_a_finding_marks_its_own_lines(code: str, bad: set[float]) -> None:
    assert {mark.at for mark in drawn(code).marks if mark.bad} == bad


def test_areas_lie_where_the_fault_is() -> None:
    (eyes,) = drawn("GLASSES_GLARE").areas
    assert (eyes.left, eyes.right) == (0.3, 0.7)
    assert eyes.top < 0.39 < eyes.bottom < 0.56
    (mouth,) = drawn("MOUTH_OPEN").areas
    assert 0.39 < mouth.top < 0.56 < mouth.bottom < 0.68
    behind = drawn("BACKGROUND_UNEVEN").areas
    assert [(a.left == 0, a.right == 1) for a in behind] == [(True, False), (False, True)]
    assert drawn("BORDER", eye_line=None).areas == (Area("BORDER", 0.02, 0.02, 0.98, 0.98),)


def test_what_was_not_measured_is_not_drawn() -> None:
    assert drawn("GLASSES_GLARE", eye_line=None).areas == ()
    assert Mark("row", 0.14, False) not in drawn(hairline=None).marks
    assert drawn("SIZE_KB").areas == ()


@given(st.sampled_from(sorted(catalogue())), st.floats(0, 1), st.floats(0.01, 1))
def test_areas_stay_in_the_picture(code: str, left: float, wide: float) -> None:
    right = min(1.0, left + wide)
    for area in drawn(code, face_left=left, face_right=right).areas:
        assert 0 <= area.left <= area.right <= 1
        assert area.top <= area.bottom


def test_places_are_of_known_codes_each_in_one_place() -> None:
    codes = [code for place in _PLACES.values() for code in place]
    assert len(codes) == len(set(codes))
    assert set(codes) <= set(catalogue())


def test_every_measure_that_is_drawn_exists() -> None:
    assert set(FACE) <= set(all_measures())


def test_the_report_carries_them_for_the_photos_it_shows(tmp_path: Path) -> None:
    page = guided_report(tmp_path, "chsi-graduation")
    told = json.loads(page.split('class="case">')[1].split("</script>")[0])["guides"]
    assert ["row", 0.39, False] in told["marks"]
    assert ["row", 0.312, 0.469] in told["bands"]


def test_a_standard_that_is_gone_leaves_the_bands_out(tmp_path: Path) -> None:
    page = guided_report(tmp_path, "gone.toml")
    assert '"bands":[]' in page
    assert '"marks":[["row",0.14,false]' in page
