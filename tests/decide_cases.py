"""A student with nothing to complain about, and what a change of it is judged to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.policy import Frame, Limit, Policy, Profile, load_policy
from pipeline.core.types import Assessment, Comparison, Measurement, Value
from pipeline.decide import decide_one

POLICY = load_policy(None, {"orientation": {"min_confidence": 0.5}})
# Limits of its own, so that a shipped profile may change without a test of `decide`.
PROFILE = Profile(
    title_zh="测试",
    title_en="test",
    source="test",
    frame=Frame(width_px=480, height_px=640),
    limits={
        "size_px": Limit(allowed=("480×640",)),
        "file_format": Limit(allowed=("JPEG",)),
        "file_kb": Limit(min=20, max=40),
        "face_count": Limit(min=1, max=1),
        "face_width": Limit(min=180, max=300),
        "eye_line": Limit(min=200, max=300, clause="§ 3"),
        "off_centre": Limit(max=24),
        "roll": Limit(min=-10, max=10),
        "eyes_open": Limit(min=0.015),
        "mouth_open": Limit(max=0.2),
        "sharpness": Limit(min=20),
        "luminance": Limit(min=50, max=225),
    },
)
LIMITS = POLICY.comparison.thresholds["default"]

# A student with nothing to complain about; values of `per` measures are fractions of the picture.
GOOD: dict[str, Value] = {
    "source.photo_files": 1.0,
    "source.reference_files": 1.0,
    "exif_orientation": 1.0,
    "faces_found": 1.0,
    "turn_cw": 0.0,
    "turn_confidence": 1.0,
    "roll_deg": 1.5,
    "size_px": "480×640",
    "file_format": "JPEG",
    "file_kb": 30.0,
    "face_count": 1.0,
    "face_width": 240 / 480,
    "eye_line": 250 / 640,
    "off_centre": 0.0,
    "roll": 0.0,
    "eyes_open": 0.06,
    "mouth_open": 0.02,
    "sharpness": 100.0,
    "luminance": 130.0,
}
ALIKE = Comparison("idcard", 0.8, "sface", slot="idcard")


def seen(values: Mapping[str, Value]) -> dict[str, Measurement]:
    return {
        name: Measurement(name, value, error="" if value is not None else "no face mesh")
        for name, value in values.items()
    }


def judged(
    changes: Mapping[str, Value] | None = None,
    comparisons: Sequence[Comparison] = (ALIKE,),
    policy: Policy = POLICY,
    profile: Profile = PROFILE,
) -> Assessment:
    return decide_one(seen({**GOOD, **(changes or {})}), comparisons, policy, profile)


def ruled(**tables: Any) -> Policy:
    return load_policy(None, {"orientation": {"min_confidence": 0.5}, **tables})


def codes(assessment: Assessment) -> list[str]:
    return [finding.code for finding in assessment.findings]


def score(value: float, **fields: Any) -> Comparison:
    return Comparison("idcard", value, "sface", **fields)
