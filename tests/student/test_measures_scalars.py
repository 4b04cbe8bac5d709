"""OFIQ's mappings from raw value to component: its own conformance results, and their bounds."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.student.measures import all_measures
from pipeline.student.view.scalars import sigmoid

# Our measure -> OFIQ's column. EyesOpen and the like carry other names for the same component.
OFIQ = {
    "background_uniformity": "BackgroundUniformity",
    "illumination_uniformity": "IlluminationUniformity",
    "luminance_mean": "LuminanceMean",
    "luminance_variance": "LuminanceVariance",
    "under_exposure": "UnderExposurePrevention",
    "over_exposure": "OverExposurePrevention",
    "dynamic_range": "DynamicRange",
    "natural_colour": "NaturalColour",
    "single_face": "SingleFacePresent",
    "eyes_open": "EyesOpen",
    "mouth_open": "MouthClosed",
    "inter_eye_distance": "InterEyeDistance",
    "head_size": "HeadSize",
    "crop_left": "LeftwardCropOfTheFaceImage",
    "crop_right": "RightwardCropOfTheFaceImage",
    "margin_above": "MarginAboveOfTheFaceImage",
    "margin_below": "MarginBelowOfTheFaceImage",
    "yaw": "HeadPoseYaw",
    "pitch": "HeadPosePitch",
    "roll": "HeadPoseRoll",
}


def test_every_component_is_compared_with_ofiq() -> None:
    assert {m.name for m in all_measures().values() if m.scalar is not None} == set(OFIQ)


@pytest.mark.shared
@pytest.mark.parametrize("name", OFIQ)
def test_components_are_ofiqs_own(name: str, shared: Path) -> None:
    with (shared / "ofiq" / "expected_results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    component = all_measures()[name].scalar
    assert component is not None
    compared = 0
    for row in rows:
        raw, expected = row[OFIQ[name]], row[f"{OFIQ[name]}.scalar"]
        if not raw or not expected or float(expected) < 0:
            continue
        compared += 1
        # Printed raw values are rounded to six digits, and components may not be rounded.
        assert component(float(raw)) == pytest.approx(float(expected), abs=1.0), row["Filename"]
    assert compared >= 20


@given(st.floats(-1e6, 1e6))
def test_components_stay_within_0_and_100(raw: float) -> None:
    for measure in all_measures().values():
        if measure.scalar is not None:
            assert 0 <= measure.scalar(raw) <= 100 or (raw < 0 and "luminance" in measure.name)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_a_sigmoid_rises(one: float, other: float) -> None:
    rising = sigmoid(0.9, 0.1)
    low, high = sorted((one, other))
    assert rising(low) <= rising(high)


def test_sigmoid_has_half_its_height_at_x0() -> None:
    assert sigmoid(70, 20)(70) == 50
    assert sigmoid(0.2, 0.06, a=1, s=-1)(0.2) == 50
