from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.policy import (
    Frame,
    Limit,
    Policy,
    Profile,
    load_policy,
    load_profile,
    profile_names,
)
from pipeline.core.reasons import catalogue, sentence
from pipeline.core.types import Assessment, Comparison, Decision, Measurement, Severity, Value
from pipeline.decide import Judge, best_comparison, decide
from pipeline.store.packing import Seen
from pipeline.student.measures import measures

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
ALIKE = Comparison("idcard", 0.8, "sface")


def seen(values: Mapping[str, Value]) -> dict[str, Measurement]:
    return {
        name: Measurement(name, value, error="" if value is not None else "no face mesh")
        for name, value in values.items()
    }


def judged(
    changes: Mapping[str, Value] | None = None,
    comparisons: Sequence[Comparison] = (ALIKE,),
    policy: Policy = POLICY,
) -> Assessment:
    return decide(seen({**GOOD, **(changes or {})}), comparisons, policy, PROFILE)


def ruled(**tables: Any) -> Policy:
    return load_policy(None, {"orientation": {"min_confidence": 0.5}, **tables})


def codes(assessment: Assessment) -> list[str]:
    return [finding.code for finding in assessment.findings]


def test_a_good_photo_is_accepted() -> None:
    assessment = judged()
    assert assessment == Assessment(
        Decision.ACCEPT, "照片正确", (), 0, 1.5, reference="idcard", score=0.8
    )


# What is seen, the code it raises, the decision and the registry's category.
SINGLE: list[tuple[dict[str, Value], str, Decision, str]] = [
    ({"source.photo_clash": "two files"}, "NAME_CLASH", Decision.REVIEW, "其他"),
    ({"source.id_number_fault": "check digit"}, "ID_NUMBER_INVALID", Decision.REVIEW, "其他"),
    ({"source.photo_files": 0.0}, "MISSING_PHOTO", Decision.FLAG, "其他"),
    ({"source.extra_photo": "yes"}, "EXTRA_PHOTO", Decision.REVIEW, "其他"),
    ({"photo_error": "truncated"}, "UNREADABLE", Decision.FLAG, "其他"),
    ({"assess_error": "it died"}, "NOT_ASSESSED", Decision.REVIEW, "其他"),
    ({"cohort.duplicate_of": "s2"}, "DUPLICATE_PHOTO", Decision.FLAG, "其他"),
    ({"cohort.copy_of": "s2"}, "COPIED_PHOTO", Decision.FLAG, "其他"),
    ({"cohort.swapped_with": "s2"}, "SWAPPED", Decision.FLAG, "其他"),
    ({"cohort.same_face": "s2"}, "SAME_FACE", Decision.REVIEW, "其他"),
    ({"cohort.looks_like": "s2"}, "LOOKS_LIKE_OTHER", Decision.FLAG, "其他"),
    ({"exif_orientation": 6.0}, "EXIF_ORIENTATION", Decision.REVIEW, "其他"),
    ({"faces_found": 0.0}, "NO_FACE", Decision.FLAG, "其他"),
    ({"turn_cw": 90.0}, "SIDEWAYS_LEFT", Decision.FLAG, "照片侧卧"),
    ({"turn_cw": 270.0}, "SIDEWAYS_RIGHT", Decision.FLAG, "照片侧卧"),
    ({"turn_cw": 180.0}, "UPSIDE_DOWN", Decision.FLAG, "照片倒立"),
    ({"turn_confidence": 0.49}, "ORIENTATION_UNCERTAIN", Decision.REVIEW, "其他"),
    ({"size_px": "640×480"}, "SIZE_PX", Decision.FLAG, "其他"),
    ({"file_format": "PNG"}, "FORMAT", Decision.FLAG, "其他"),
    ({"file_kb": 19.9}, "SIZE_KB", Decision.ACCEPT, "照片正确"),
    ({"file_kb": 40.1}, "SIZE_KB", Decision.ACCEPT, "照片正确"),
    ({"face_count": 2.0}, "MULTIPLE_FACES", Decision.REVIEW, "其他"),
    ({"face_width": 179 / 480}, "FACE_TOO_SMALL", Decision.ACCEPT, "照片正确"),
    ({"face_width": 301 / 480}, "FACE_TOO_LARGE", Decision.ACCEPT, "照片正确"),
    ({"eye_line": 199 / 640}, "EYE_LINE", Decision.ACCEPT, "照片正确"),
    ({"eye_line": 301 / 640}, "EYE_LINE", Decision.ACCEPT, "照片正确"),
    ({"off_centre": 25 / 480}, "OFF_CENTRE", Decision.ACCEPT, "照片正确"),
    ({"roll": 10.1}, "ROLL", Decision.ACCEPT, "照片正确"),
    ({"roll": -10.1}, "ROLL", Decision.ACCEPT, "照片正确"),
    ({"eyes_open": 0.014}, "EYES_CLOSED", Decision.ACCEPT, "照片正确"),
    ({"mouth_open": 0.21}, "MOUTH_OPEN", Decision.ACCEPT, "照片正确"),
    ({"sharpness": 19.0}, "BLUR", Decision.ACCEPT, "照片正确"),
    ({"luminance": 49.0}, "TOO_DARK", Decision.ACCEPT, "照片正确"),
    ({"luminance": 226.0}, "TOO_BRIGHT", Decision.ACCEPT, "照片正确"),
]


@pytest.mark.parametrize(("changes", "code", "decision", "category"), SINGLE)
def test_one_finding(
    changes: dict[str, Value], code: str, decision: Decision, category: str
) -> None:
    assessment = judged(changes)
    assert codes(assessment) == [code]
    assert (assessment.decision, assessment.category) == (decision, category)
    (finding,) = assessment.findings
    assert finding.severity is catalogue()[code].severity
    for lang in ("zh", "en"):
        assert sentence(finding, lang, kind=assessment.reference)


def test_every_code_of_a_limited_measure_has_a_case() -> None:
    possible = {
        code
        for name, limit in PROFILE.limits.items()
        for code, bounded in (
            (measures()[name].below, limit.min is not None),
            (measures()[name].above, limit.max is not None or limit.allowed),
        )
        if bounded
    }
    assert possible <= {code for _, code, _, _ in SINGLE}


@pytest.mark.parametrize(
    "changes",
    [
        {"face_width": 180 / 480},
        {"face_width": 300 / 480},
        {"eye_line": 200 / 640},
        {"roll": 10.0},
        {"file_kb": 40.0},
        {"turn_confidence": 0.5},
    ],
)
def test_a_value_on_its_limit_is_inside(changes: dict[str, Value]) -> None:
    assert codes(judged(changes)) == []


def test_a_value_is_told_in_the_unit_of_its_limit() -> None:
    (finding,) = judged({"eye_line": 310 / 640}).findings
    assert finding.value == pytest.approx(310)
    assert (finding.limit, finding.unit) == ("200 – 300", "px")
    assert finding.clause == "§ 3"


def test_a_standard_without_a_frame_limits_per_cent_of_the_picture() -> None:
    limits = {"eye_line": Limit(min=30, max=50)}
    profile = PROFILE.model_copy(update={"frame": None, "limits": limits})
    (finding,) = decide(seen({**GOOD, "eye_line": 0.55}), [ALIKE], POLICY, profile).findings
    assert finding.code == "EYE_LINE"
    assert finding.value == pytest.approx(55)
    assert (finding.limit, finding.unit) == ("30 – 50", "%")
    assert decide(seen({**GOOD, "eye_line": 0.5}), [ALIKE], POLICY, profile).findings == ()


def test_an_unsure_turn_is_not_told() -> None:
    assessment = judged({"turn_cw": 90.0, "turn_confidence": 0.3})
    assert codes(assessment) == ["ORIENTATION_UNCERTAIN"]
    assert assessment.turn_cw is None
    assert assessment.roll_deg is None
    assert assessment.findings[0].value == 0.3


def test_a_sure_turn_is_told() -> None:
    assessment = judged({"turn_cw": 270.0, "roll_deg": -3.0})
    assert (assessment.turn_cw, assessment.roll_deg) == (270, -3.0)
    assert assessment.findings[0].value == 270


def test_without_a_face_nothing_is_said_about_the_turn_or_what_was_not_measured() -> None:
    unmeasured = dict.fromkeys(["turn_cw", "turn_confidence", "eye_line", "luminance"], None)
    assessment = judged({"faces_found": 0.0, **unmeasured})
    assert codes(assessment) == ["NO_FACE"]
    assert assessment.turn_cw is None


def score(value: float, **fields: Any) -> Comparison:
    return Comparison("idcard", value, "sface", **fields)


@pytest.mark.parametrize(
    ("value", "decision"),
    [
        (LIMITS.accept_from, Decision.ACCEPT),
        (LIMITS.accept_from - 1e-6, Decision.REVIEW),
        (LIMITS.flag_below, Decision.REVIEW),
        (LIMITS.flag_below - 1e-6, Decision.FLAG),
        (-1.0, Decision.FLAG),
    ],
)
def test_the_bands_of_the_score(value: float, decision: Decision) -> None:
    assessment = judged(comparisons=[score(value)])
    assert assessment.decision is decision
    assert assessment.score == value
    if decision is not Decision.ACCEPT:
        (finding,) = assessment.findings
        assert (finding.code, finding.value, finding.clause) == ("NOT_ME", value, LIMITS.provenance)
        assert assessment.category == "照片不是我本人"


@pytest.mark.parametrize(
    ("changes", "confidence"),
    [({"turn_confidence": 0.4}, 1.0), ({"turn_confidence": None}, 1.0), ({}, 0.4)],
    ids=["photo unsure", "photo unknown", "reference unsure"],
)
def test_an_unsure_turn_never_flags_another_person(
    changes: dict[str, Value], confidence: float
) -> None:
    assessment = judged(changes, [score(-0.2, turn_confidence=confidence)])
    assert assessment.decision is Decision.REVIEW
    assert "NOT_ME" in codes(assessment)


def test_a_reference_that_is_just_sure_enough_flags() -> None:
    assert judged(comparisons=[score(-0.2, turn_confidence=0.5)]).decision is Decision.FLAG


def test_thresholds_of_the_reference_kind_that_counts() -> None:
    idcard = {"flag_below": 0.05, "accept_from": 0.1, "provenance": "ours"}
    policy = ruled(comparison={"thresholds": {"idcard": idcard}})
    assert judged(comparisons=[score(0.12)], policy=policy).decision is Decision.ACCEPT
    other = [Comparison("admission", 0.12, "sface")]
    assert judged(comparisons=other, policy=policy).decision is Decision.FLAG


BOTH = [
    Comparison("household", 0.9, "sface"),
    Comparison("idcard", 0.7, "sface"),
    Comparison("admission", 0.3, "sface"),
    Comparison("admission", None, "sface", "no face was found in it"),
]


def test_the_highest_score_counts() -> None:
    best = best_comparison(BOTH, POLICY)
    assert best is BOTH[0]
    assert judged(comparisons=BOTH).reference == "household"


def test_the_first_kind_counts_where_the_policy_says_so() -> None:
    policy = ruled(comparison={"best": "first"})
    assert best_comparison(BOTH, policy) is BOTH[2]
    assert best_comparison(BOTH[:2], policy) is BOTH[1]
    assert best_comparison(BOTH[:1], policy) is BOTH[0], "a kind that is not listed comes last"
    assert judged(comparisons=BOTH, policy=policy).decision is Decision.REVIEW


@pytest.mark.parametrize("best", ["highest", "first"])
def test_no_score_at_all(best: str) -> None:
    policy = ruled(comparison={"best": best})
    assert best_comparison([], policy) is None
    assert best_comparison(BOTH[3:], policy) is None


def test_no_reference() -> None:
    assessment = judged({"source.reference_files": 0.0}, [])
    assert codes(assessment) == ["NO_REFERENCE"]
    assert assessment.decision is Decision.REVIEW
    assert (assessment.reference, assessment.score) == ("", None)


def test_an_unusable_reference_is_reviewed_unless_another_one_was_compared() -> None:
    unusable = Comparison("admission", None, "sface", "no face was found in it")
    alone = judged(comparisons=[unusable])
    assert codes(alone) == ["REFERENCE_UNUSABLE"]
    assert alone.decision is Decision.REVIEW
    assert alone.findings[0].value == "admission: no face was found in it"
    beside = judged(comparisons=[unusable, ALIKE])
    assert codes(beside) == ["REFERENCE_UNUSABLE"]
    assert beside.decision is Decision.ACCEPT
    assert beside.reference == "idcard"


def test_whose_photo_it_may_be() -> None:
    assert judged({"cohort.looks_like": "s2"}).looks_like == "s2"
    assert judged().looks_like == ""


def test_the_worst_finding_decides_and_comes_first() -> None:
    assessment = judged(
        {"roll": 20.0, "exif_orientation": 6.0, "turn_cw": 180.0, "size_px": "1×1"}, [score(0.0)]
    )
    assert codes(assessment) == ["NOT_ME", "UPSIDE_DOWN", "SIZE_PX", "EXIF_ORIENTATION", "ROLL"]
    assert assessment.decision is Decision.FLAG
    assert assessment.category == "照片不是我本人"


def test_a_turn_that_is_flagged_outweighs_a_person_that_is_only_reviewed() -> None:
    assessment = judged({"turn_cw": 90.0}, [score(LIMITS.flag_below)])
    assert codes(assessment) == ["SIDEWAYS_LEFT", "NOT_ME"]
    assert assessment.category == "照片侧卧"


def test_a_value_that_was_not_measured_is_not_a_pass() -> None:
    assessment = judged({"face_count": None})
    assert codes(assessment) == ["NOT_ASSESSED"]
    assert assessment.findings[0].value == "face_count (no face mesh)"
    assert assessment.decision is Decision.REVIEW, "it weighs what the breach would have weighed"


def test_several_values_that_were_not_measured_are_one_finding() -> None:
    assessment = judged({"roll": None, "eye_line": None})
    assert codes(assessment) == ["NOT_ASSESSED"]
    assert assessment.findings[0].value == "eye_line (no face mesh), roll (no face mesh)"
    assert assessment.findings[0].severity is Severity.ADVICE


def test_a_measure_that_does_not_apply_is_not_judged() -> None:
    there = seen(GOOD) | {"roll": Measurement("roll", None)}
    assert decide(there, [ALIKE], POLICY, PROFILE).findings == ()


def test_a_measure_without_a_limit_is_not_judged() -> None:
    profile = PROFILE.model_copy(update={"limits": {"roll": PROFILE.limits["roll"]}})
    assessment = decide(seen({**GOOD, "luminance": 1.0, "roll": 20.0}), [ALIKE], POLICY, profile)
    assert codes(assessment) == ["ROLL"]


@pytest.mark.parametrize(
    ("changes", "code"), [(c, code) for c, code, _, _ in SINGLE if code != "NOT_ASSESSED"]
)
@pytest.mark.parametrize("severity", list(Severity))
def test_the_policy_may_change_every_severity(
    changes: dict[str, Value], code: str, severity: Severity
) -> None:
    assessment = judged(changes, policy=ruled(severity={code: severity.name.lower()}))
    assert [f.severity for f in assessment.findings] == [severity]
    wanted = {0: Decision.ACCEPT, 1: Decision.REVIEW, 2: Decision.FLAG}[severity]
    assert assessment.decision is wanted


@pytest.mark.parametrize(
    ("severity", "flagged", "band"),
    [
        ("flag", Decision.FLAG, Decision.REVIEW),
        ("review", Decision.REVIEW, Decision.REVIEW),
        ("advice", Decision.ACCEPT, Decision.ACCEPT),
    ],
)
def test_the_review_band_never_weighs_more_than_the_flag(
    severity: str, flagged: Decision, band: Decision
) -> None:
    policy = ruled(severity={"NOT_ME": severity})
    assert judged(comparisons=[score(-0.5)], policy=policy).decision is flagged
    assert judged(comparisons=[score(0.3)], policy=policy).decision is band


values = st.none() | st.floats() | st.text(max_size=5) | st.sampled_from([0.0, 1.0, 90.0, 180.0])
NAMES = [
    *GOOD,
    *measures(),
    "source.photo_clash",
    "source.id_number_fault",
    "source.extra_photo",
    "photo_error",
    "assess_error",
    "cohort.duplicate_of",
    "cohort.looks_like",
    "cohort.looks_like_score",
]
PROFILES = [PROFILE, *map(load_profile, profile_names())]
# A colour is measured as "#RRGGBB" or not at all; every other value may be anything.
COLOURS = {name for p in PROFILES for name, limit in p.limits.items() if limit.near}
colours = st.none() | st.from_regex(r"#[0-9A-F]{6}", fullmatch=True)
measured = st.fixed_dictionaries(
    {}, optional={name: colours if name in COLOURS else values for name in NAMES}
)
compared = st.lists(
    st.builds(
        Comparison,
        kind=st.sampled_from(["idcard", "admission", "household"]),
        score=st.none() | st.floats(-1, 1),
        model=st.just("sface"),
        error=st.sampled_from(["", "no face was found in it"]),
        turn_confidence=st.floats(0, 1),
    ),
    max_size=4,
)
severities = st.dictionaries(
    st.sampled_from(sorted(catalogue())), st.sampled_from(["advice", "review", "flag"])
)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.title_en)
@given(values=measured, comparisons=compared, severity=severities)
def test_whatever_the_store_holds_can_be_decided_and_told(
    profile: Profile,
    values: dict[str, Value],
    comparisons: list[Comparison],
    severity: dict[str, str],
) -> None:
    assessment = decide(seen(values), comparisons, ruled(severity=severity), profile)
    ranks = [f.severity for f in assessment.findings]
    assert ranks == sorted(ranks, reverse=True)
    worst = max(ranks, default=Severity.ADVICE)
    assert list(Decision).index(assessment.decision) == worst
    assert (assessment.category == "照片正确") == (assessment.decision is Decision.ACCEPT)
    for finding in assessment.findings:
        assert sentence(finding, "zh")
        assert sentence(finding, "en")


def test_a_measurement_taken_again_replaces_value_and_error() -> None:
    first = Seen.of([Measurement("roll", None, "°", "no face mesh"), Measurement("size", "1×1")])
    assert first.also([Measurement("roll", 2.0, "°")]) == Seen({"roll": 2.0, "size": "1×1"}, {})


@given(cohort=st.lists(st.tuples(measured, compared), max_size=4), severity=severities)
def test_one_judge_of_many_students_says_of_each_what_it_would_say_alone(
    profile: Profile,
    cohort: list[tuple[dict[str, Value], list[Comparison]]],
    severity: dict[str, str],
) -> None:
    policy = ruled(severity=severity)
    judge = Judge(policy, profile)
    for values, comparisons in cohort:
        told = judge.judge(Seen.of(seen(values).values()), comparisons)
        assert told == decide(seen(values), comparisons, policy, profile)


@given(
    measured,
    st.lists(st.floats(-1, 1), min_size=1, max_size=3),
    st.floats(0, 2),
    severities,
    st.sampled_from(["highest", "first"]),
)
def test_a_higher_score_never_makes_the_decision_worse(
    values: dict[str, Value],
    scores: list[float],
    rise: float,
    severity: dict[str, str],
    best: str,
) -> None:
    policy = ruled(severity=severity, comparison={"best": best})
    low = [score(s) for s in scores]
    raised = 0 if best == "first" else int(max(range(len(low)), key=scores.__getitem__))
    high = list(low)
    high[raised] = dataclasses.replace(low[raised], score=min(1.0, scores[raised] + rise))
    before = decide(seen(values), low, policy, PROFILE)
    after = decide(seen(values), high, policy, PROFILE)
    assert list(Decision).index(after.decision) <= list(Decision).index(before.decision)
