"""Which comparison counts, and the bands of its score."""

from __future__ import annotations

import pytest
from decide_cases import ALIKE, LIMITS, POLICY, codes, judged, ruled, score

from pipeline.core.identity import best_comparison
from pipeline.core.types import Comparison, Decision, Value


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


def test_a_student_who_refuses_comparison_goes_to_a_person() -> None:
    for files in (0.0, 2.0):
        refused: dict[str, Value] = {
            "source.comparison_refused": "yes",
            "source.reference_files": files,
        }
        assessment = judged(refused, [])
        assert codes(assessment) == ["COMPARISON_REFUSED"]
        assert assessment.decision is Decision.REVIEW


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


def test_a_reference_handed_in_again_names_the_reference_and_its_agreement() -> None:
    limit = POLICY.comparison.same_picture_from
    two = [ALIKE, Comparison("admission", 0.97, "sface", slot="admission")]
    assessment = judged({"same_picture.idcard": 0.5, "same_picture.admission": limit}, two)
    (finding,) = assessment.findings
    assert (finding.code, finding.value) == ("REFERENCE_REUSED", f"admission: {limit:.3f}")
    assert finding.limit == f"< {limit:g}"
    assert judged({"same_picture.admission": limit - 1e-6}, two).decision is Decision.ACCEPT


def test_the_policy_says_how_much_a_reference_again_weighs_and_from_where() -> None:
    reused: dict[str, Value] = {"same_picture.idcard": 0.95}
    strict = ruled(comparison={"same_picture_from": 0.9}, severity={"REFERENCE_REUSED": "flag"})
    assert judged(reused).decision is Decision.ACCEPT
    assert judged(reused, policy=strict).decision is Decision.FLAG


def test_a_card_of_another_names_its_owner_and_says_nothing_of_the_name() -> None:
    said: dict[str, Value] = {"card.number.idcard": "other", "card.name.idcard": "other"}
    (finding,) = judged(said).findings
    assert (finding.code, finding.value) == ("CARD_OF_ANOTHER", "not_in_roster")
    (finding,) = judged({**said, "card.owner.idcard": "s2"}).findings
    assert (finding.code, finding.value) == ("CARD_OF_ANOTHER", "s2")


@pytest.mark.parametrize("word", ["equal", "unread", "none", "no_card"])
def test_a_card_that_agrees_or_cannot_be_read_is_no_finding(word: str) -> None:
    assert codes(judged({"card.number.idcard": word, "card.name.idcard": word})) == []
