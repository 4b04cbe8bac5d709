"""What holds of every decision, whatever was measured; on generated students."""

from __future__ import annotations

import dataclasses

import pytest
from decide_cases import GOOD, PROFILE, ruled, score, seen
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.policy import Profile, load_profile, profile_names
from pipeline.core.reasons import catalogue, sentence
from pipeline.core.types import Comparison, Decision, Measurement, Severity, Value
from pipeline.decide import Judge, decide_one
from pipeline.store.packing import Measured
from pipeline.student.measures import all_measures

values = st.none() | st.floats() | st.text(max_size=5) | st.sampled_from([0.0, 1.0, 90.0, 180.0])
NAMES = [
    *GOOD,
    *all_measures(),
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
    assessment = decide_one(seen(values), comparisons, ruled(severity=severity), profile)
    ranks = [f.severity for f in assessment.findings]
    assert ranks == sorted(ranks, reverse=True)
    worst = max(ranks, default=Severity.ADVICE)
    assert list(Decision).index(assessment.decision) == worst
    assert (assessment.category == "照片正确") == (assessment.decision is Decision.ACCEPT)
    for finding in assessment.findings:
        assert sentence(finding, "zh")
        assert sentence(finding, "en")


def test_a_measurement_taken_again_replaces_value_and_error() -> None:
    first = Measured.of(
        [Measurement("roll", None, "°", "no face mesh"), Measurement("size", "1×1")]
    )
    assert first.also([Measurement("roll", 2.0, "°")]) == Measured({"roll": 2.0, "size": "1×1"}, {})


@given(cohort=st.lists(st.tuples(measured, compared), max_size=4), severity=severities)
def test_one_judge_of_many_students_says_of_each_what_it_would_say_alone(
    profile: Profile,
    cohort: list[tuple[dict[str, Value], list[Comparison]]],
    severity: dict[str, str],
) -> None:
    policy = ruled(severity=severity)
    judge = Judge(policy, profile)
    for values, comparisons in cohort:
        told = judge.judge(Measured.of(seen(values).values()), comparisons)
        assert told == decide_one(seen(values), comparisons, policy, profile)


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
    before = decide_one(seen(values), low, policy, PROFILE)
    after = decide_one(seen(values), high, policy, PROFILE)
    assert list(Decision).index(after.decision) <= list(Decision).index(before.decision)
