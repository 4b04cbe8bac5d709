"""What is measured becomes findings, a decision and a category."""

from __future__ import annotations

from datetime import date

import pytest
from decide_cases import ALIKE, GOOD, LIMITS, POLICY, PROFILE, codes, judged, ruled, score, seen

from pipeline.core.policy import Limit
from pipeline.core.reasons import catalogue, sentence
from pipeline.core.standard import Taken
from pipeline.core.types import Assessment, Decision, Measurement, Severity, Value
from pipeline.decide import decide_one
from pipeline.student.measures import all_measures


def test_a_good_photo_is_accepted() -> None:
    assessment = judged()
    assert assessment == Assessment(
        Decision.ACCEPT, "照片正确", (), 0, 1.5, reference="idcard", score=0.8
    )


# What is seen, the code it raises, the decision and the registry's category.
SINGLE: list[tuple[dict[str, Value], str, Decision, str]] = [
    ({"source.photo_clash": "two files"}, "NAME_CLASH", Decision.REVIEW, "其他"),
    ({"source.roster_clash": "r.xlsx:4 (name)"}, "ROSTER_CLASH", Decision.REVIEW, "其他"),
    ({"source.id_number_fault": "check digit"}, "ID_NUMBER_INVALID", Decision.REVIEW, "其他"),
    ({"source.photo_files": 0.0}, "MISSING_PHOTO", Decision.FLAG, "其他"),
    ({"source.extra_photo": "yes"}, "EXTRA_PHOTO", Decision.REVIEW, "其他"),
    ({"photo_error": "truncated"}, "UNREADABLE", Decision.FLAG, "其他"),
    ({"assess_error": "it died"}, "NOT_ASSESSED", Decision.REVIEW, "其他"),
    ({"cohort.duplicate_of": "s2"}, "DUPLICATE_PHOTO", Decision.FLAG, "其他"),
    ({"cohort.copy_of": "s2"}, "COPIED_PHOTO", Decision.FLAG, "其他"),
    ({"cohort.swapped_with": "s2"}, "SWAPPED", Decision.FLAG, "其他"),
    ({"cohort.refused_before": "2026-11-20 其他"}, "REFUSED_BEFORE", Decision.FLAG, "其他"),
    ({"cohort.seen_earlier": "2025-06-01"}, "EARLIER_PHOTO", Decision.ACCEPT, "照片正确"),
    ({"cohort.same_face": "s2"}, "SAME_FACE", Decision.REVIEW, "其他"),
    ({"same_picture.idcard": 0.96}, "REFERENCE_REUSED", Decision.REVIEW, "其他"),
    ({"card.number.idcard": "other"}, "CARD_OF_ANOTHER", Decision.REVIEW, "其他"),
    ({"card.number.idcard": "near"}, "ROSTER_NUMBER_DOUBTFUL", Decision.REVIEW, "其他"),
    ({"card.name.idcard": "other"}, "CARD_NAME_DIFFERS", Decision.REVIEW, "其他"),
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
            (all_measures()[name].below, limit.min is not None),
            (all_measures()[name].above, limit.max is not None or limit.allowed),
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
    (finding,) = decide_one(seen({**GOOD, "eye_line": 0.55}), [ALIKE], POLICY, profile).findings
    assert finding.code == "EYE_LINE"
    assert finding.value == pytest.approx(55)
    assert (finding.limit, finding.unit) == ("30 – 50", "%")
    assert decide_one(seen({**GOOD, "eye_line": 0.5}), [ALIKE], POLICY, profile).findings == ()


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
    assert decide_one(there, [ALIKE], POLICY, PROFILE).findings == ()


def test_a_measure_without_a_limit_is_not_judged() -> None:
    profile = PROFILE.model_copy(update={"limits": {"roll": PROFILE.limits["roll"]}})
    assessment = decide_one(
        seen({**GOOD, "luminance": 1.0, "roll": 20.0}), [ALIKE], POLICY, profile
    )
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


def test_a_photo_taken_before_the_profiles_day_gets_advice() -> None:
    day = PROFILE.model_copy(update={"taken": Taken(since=date(2025, 7, 1), clause="§ 9")})
    early = judged({"exif_taken": "2025-06-30"}, profile=day)
    (finding,) = early.findings
    assert (finding.code, finding.value, finding.limit) == (
        "TAKEN_EARLY",
        "2025-06-30",
        "2025-07-01",
    )
    assert finding.clause == "§ 9"
    assert early.decision is Decision.ACCEPT
    assert codes(judged({"exif_taken": "2025-07-01"}, profile=day)) == []
    assert codes(judged(profile=day)) == [], "a file without a date says nothing"
    assert codes(judged({"exif_taken": "1999-01-01"})) == [], "nor does a profile without a day"
