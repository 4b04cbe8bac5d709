"""References of one student that contradict each other."""

from __future__ import annotations

import pytest
from decide_cases import LIMITS, codes, judged, ruled

from pipeline.core.identity import between
from pipeline.core.reasons import sentence
from pipeline.core.types import Comparison, Decision, Value

ALIKE, DOUBTFUL, OTHER = 0.7, (LIMITS.flag_below + LIMITS.accept_from) / 2, LIMITS.flag_below - 0.1
APART: dict[str, Value] = {between("idcard", "admission"): OTHER}
TOGETHER: dict[str, Value] = {between("idcard", "admission"): ALIKE}


def compared(admission: float, idcard: float, confidence: float = 1.0) -> list[Comparison]:
    return [
        Comparison("admission", admission, "m", slot="admission"),
        Comparison("idcard", idcard, "m", slot="idcard", turn_confidence=confidence),
    ]


@pytest.mark.parametrize(
    ("scores", "odd"),
    [((ALIKE, OTHER), "idcard"), ((OTHER, ALIKE), "admission")],
    ids=["card", "admission photo"],
)
@pytest.mark.parametrize("known", [{}, APART], ids=["references not compared", "apart"])
def test_the_odd_reference_is_named(
    scores: tuple[float, float], odd: str, known: dict[str, Value]
) -> None:
    assessment = judged(known, compared(*scores))
    assert codes(assessment) == ["REFERENCE_CONFLICT"]
    assert assessment.findings[0].value == odd
    assert assessment.decision is Decision.REVIEW


def test_a_doubtful_reference_is_odd_only_if_the_two_do_not_match() -> None:
    assert codes(judged({}, compared(ALIKE, DOUBTFUL))) == []
    assert codes(judged(APART, compared(ALIKE, DOUBTFUL))) == ["REFERENCE_CONFLICT"]


def test_references_that_match_each_other_never_contradict() -> None:
    """Both were taken years before the photo, and one of them scores low with it."""
    assert codes(judged(TOGETHER, compared(ALIKE, OTHER))) == []


def test_a_photo_that_matches_both_settles_it() -> None:
    assert codes(judged(APART, compared(ALIKE, ALIKE))) == []


def test_where_the_photo_matches_neither_both_are_named_beside_the_photo() -> None:
    assessment = judged(APART, compared(OTHER, OTHER))
    assert codes(assessment) == ["NOT_ME", "REFERENCE_CONFLICT"]
    conflict = assessment.findings[1]
    assert conflict.value == "admission, idcard"
    assert "录取照片、身份证照片" in sentence(conflict)
    assert "admission photo, ID card" in sentence(conflict, "en")


@pytest.mark.parametrize(
    ("changes", "confidence"), [({"turn_confidence": 0.4}, 1.0), ({}, 0.4)], ids=["photo", "card"]
)
def test_nothing_is_said_of_faces_compared_the_wrong_way_up(
    changes: dict[str, Value], confidence: float
) -> None:
    found = codes(judged({**APART, **changes}, compared(ALIKE, OTHER, confidence)))
    assert "REFERENCE_CONFLICT" not in found


def test_a_photo_that_matches_its_admission_photo_is_not_another_person() -> None:
    """Whatever reference the policy asks first."""
    policy = ruled(comparison={"best": "first", "order": ["idcard", "admission"]})
    for score in (OTHER, DOUBTFUL):
        assessment = judged({}, compared(ALIKE, score), policy)
        assert codes(assessment) == ["REFERENCE_CONFLICT"]
        assert assessment.findings[0].value == "idcard"
    assert codes(judged({}, compared(DOUBTFUL, OTHER), policy)) == ["NOT_ME"]


def test_whose_reference_it_is() -> None:
    assessment = judged({"cohort.reference_of": "s2"}, compared(ALIKE, OTHER))
    assert codes(assessment) == ["REFERENCE_CONFLICT", "REFERENCE_OF_OTHER"]
    assert assessment.findings[1].value == "s2"


def test_a_remark_on_a_photo_shared_with_another_decides_nothing() -> None:
    assessment = judged({"cohort.shared_with": "s2"}, compared(ALIKE, ALIKE))
    assert (codes(assessment), assessment.decision) == (["SHARED_PHOTO"], Decision.ACCEPT)
