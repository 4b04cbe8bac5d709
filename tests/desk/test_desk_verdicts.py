"""States of a case as a pure function of what was said about it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.desk.accounts import LOCAL
from pipeline.desk.cases.verdicts import (
    USUAL,
    Answer,
    Facts,
    Need,
    Outcome,
    Remedy,
    State,
    Verdict,
    settle,
    standing,
)

PAIRS = ("NOT_ME",)
LOOK = Facts(asked=True, codes=("SIZE_PX",))
DOUBT = Facts(asked=True, codes=("NOT_ME",), pair=True)

verdicts = st.sampled_from(Verdict)
people = st.sampled_from(["an", "bo", "lu"])


def said(
    *entries: tuple[str, Verdict], codes: tuple[str, ...] = ("NOT_ME", "SIZE_PX")
) -> list[Answer]:
    return [
        Answer(number, who, "answer", verdict, codes=codes, lead=who == "lu")
        for number, (who, verdict) in enumerate(entries, 1)
    ]


def outside(number: int, kind: str, value: str) -> Answer:
    return Answer(number, "import", kind, value=value)


def of(outcome: Outcome) -> tuple[State, Need]:
    return outcome.state, outcome.need


def test_nobody_looks_at_what_the_machine_accepts() -> None:
    assert of(settle(Facts(asked=False), [])) == (State.NONE, Need.NOBODY)


@pytest.mark.parametrize("facts", [LOOK, DOUBT])
def test_unanswered_waits_for_the_first(facts: Facts) -> None:
    assert of(settle(facts, [], PAIRS)) == (State.TODO, Need.FIRST)


@given(verdicts)
def test_one_answer_settles_a_standard_case(verdict: Verdict) -> None:
    outcome = settle(LOOK, said(("an", verdict)), PAIRS)
    if verdict in (Verdict.NOT_ME, Verdict.CANNOT_TELL):
        assert of(outcome) == (State.TODO, Need.SECOND)
    else:
        measure = USUAL[verdict]
        assert outcome.state is (State(measure.value) if measure else State.DONE)


@given(verdicts, verdicts)
def test_two_who_agree_settle_a_doubt_and_two_who_differ_do_not(one: Verdict, two: Verdict) -> None:
    outcome = settle(DOUBT, said(("an", one), ("bo", two)), PAIRS)
    if one is two and one is not Verdict.CANNOT_TELL:
        assert outcome.verdict is one
    else:
        assert of(outcome) == (State.TODO, Need.LEAD)


@given(verdicts, verdicts, verdicts)
def test_a_third_always_settles(one: Verdict, two: Verdict, three: Verdict) -> None:
    outcome = settle(DOUBT, said(("an", one), ("bo", two), ("lu", three)), PAIRS)
    agreed = one is two and one is not Verdict.CANNOT_TELL
    assert outcome.verdict is (one if agreed else three)
    assert outcome.need is Need.NOBODY


@given(verdicts, verdicts, st.booleans())
def test_an_answer_without_accounts_never_concludes_for_a_second(
    one: Verdict, two: Verdict, first: bool
) -> None:
    """Whoever judged as `local` and has an account now is still one person."""
    entries = ((LOCAL, one), ("an", two)) if first else (("an", two), (LOCAL, one))
    outcome = settle(DOUBT, said(*entries), PAIRS)
    assert outcome.final is None
    agreed = one is two and one is not Verdict.CANNOT_TELL
    assert outcome.need is (Need.SECOND if agreed else Need.LEAD)


def test_nor_for_a_lead() -> None:
    answers = said(("an", Verdict.OK), ("bo", Verdict.NOT_ME), (LOCAL, Verdict.OK))
    answers[-1] = replace(answers[-1], lead=True)
    assert of(settle(DOUBT, answers, PAIRS)) == (State.TODO, Need.LEAD)
    assert settle(DOUBT, [*answers, replace(answers[-1], id=4, who="lu")], PAIRS).verdict


@given(st.lists(st.tuples(people, verdicts), max_size=8))
def test_undoing_everything_leaves_nothing(entries: list[tuple[str, Verdict]]) -> None:
    given_ = said(*entries)
    ids = count(len(given_) + 1)
    undone = [Answer(next(ids), a.who, "undo", undoes=a.id) for a in given_]
    assert standing(given_ + undone) == []
    assert of(settle(DOUBT, given_ + undone, PAIRS)) == (State.TODO, Need.FIRST)


@given(st.lists(st.tuples(people, verdicts), min_size=1, max_size=8))
def test_nobody_stands_twice_and_everybody_keeps_their_place(
    entries: list[tuple[str, Verdict]],
) -> None:
    stood = standing(said(*entries))
    assert [a.who for a in stood] == list(dict.fromkeys(who for who, _ in entries))
    assert {a.who: a.verdict for a in stood} == dict(entries)


@given(verdicts, verdicts, verdicts)
def test_a_third_who_is_no_lead_settles_nothing(one: Verdict, two: Verdict, three: Verdict) -> None:
    two_only = settle(DOUBT, said(("an", one), ("bo", two)), PAIRS)
    third = settle(DOUBT, said(("an", one), ("bo", two), ("cy", three)), PAIRS)
    assert of(third) == of(two_only)


def test_changing_ones_mind_does_not_overrule_the_lead() -> None:
    answers = said(
        ("an", Verdict.OK), ("bo", Verdict.NOT_ME), ("lu", Verdict.NOT_ME), ("an", Verdict.OTHER)
    )
    assert settle(DOUBT, answers, PAIRS).verdict is Verdict.NOT_ME


def test_a_school_may_ask_for_one_reviewer_only() -> None:
    facts = replace(DOUBT, pair=False)
    assert settle(facts, said(("an", Verdict.NOT_ME)), ()).state is State.RESHOOT


def test_new_reasons_reopen_unless_known_good() -> None:
    more = Facts(asked=True, codes=("SIZE_PX", "BLUR"))
    answers = said(("an", Verdict.OK), codes=("SIZE_PX",))
    assert settle(more, answers, PAIRS).state is State.TODO
    known = [replace(answers[0], known_good=True)]
    assert settle(more, known, PAIRS).state is State.DONE
    fewer = Facts(asked=True, codes=())
    assert settle(fewer, answers, PAIRS).state is State.DONE


def test_measure_then_student_then_done() -> None:
    answers = said(("an", Verdict.SIDEWAYS))
    assert settle(LOOK, answers, PAIRS).state is State.CORRECT
    answers.append(Answer(2, "an", "handled"))
    assert settle(LOOK, answers, PAIRS).state is State.STUDENT
    answers.append(outside(3, "student", "ok"))
    assert settle(LOOK, answers, PAIRS).state is State.DONE
    answers.append(outside(4, "student", "upside_down"))
    assert of(settle(LOOK, answers, PAIRS)) == (State.TODO, Need.FIRST)


def test_a_chosen_measure_replaces_the_usual_one() -> None:
    answers = [replace(said(("an", Verdict.SIDEWAYS))[0], remedy=Remedy.RESHOOT)]
    assert settle(LOOK, answers, PAIRS).state is State.RESHOOT


def test_registrys_doubt_needs_proof_on_file() -> None:
    fine, doubt = Facts(asked=False), outside(1, "registry", "身份核验未通过")
    assert of(settle(fine, [doubt], PAIRS)) == (State.TODO, Need.FIRST)
    ok = replace(said(("an", Verdict.OK))[0], id=2)
    assert settle(fine, [doubt, ok], PAIRS).state is State.FILE
    assert settle(fine, [doubt, ok, Answer(3, "an", "handled")], PAIRS).state is State.DONE
    cleared = outside(3, "registry", "")
    assert settle(fine, [doubt, ok, cleared], PAIRS).state is State.DONE


def test_reshot_photo_goes_to_the_student() -> None:
    again = Facts(asked=False, again=True)
    assert settle(again, []).state is State.STUDENT
    assert settle(again, [outside(1, "student", "ok")]).state is State.DONE
    assert settle(again, [outside(1, "student", "not_me")]).state is State.TODO


def test_closed_is_done_whatever_the_measure() -> None:
    answers = [*said(("an", Verdict.OTHER)), Answer(2, "an", "closed")]
    assert settle(LOOK, answers, PAIRS).state is State.DONE
