"""The run's store: what is saved comes back, whole or not at all."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_cases import ANNA, BERT, FULL, JUDGED, Crash, measured, state, template

from pipeline.core.types import (
    Assessment,
    Case,
    Comparison,
    Decision,
    Evidence,
    Finding,
    Measurement,
    Severity,
    Subject,
)
from pipeline.store import Store
from pipeline.store.packing import Measured, keep


def test_evidence_comes_back_as_it_was(store: Store, path: Path) -> None:
    store.save(("s1", "print", keep(FULL)))
    with Store(path) as reopened:
        (first, second) = reopened.evidence()
        assert first == ("s1", Measured.of(FULL.measurements), FULL.comparisons)
        assert second == ("s2", Measured({}, {}), ())
        assert list(reopened.comparisons()) == [("s1", FULL.comparisons)]
        assert reopened.fingerprints() == {"s1": "print"}
        templates = reopened.cohort.templates()
    assert set(templates) == set(FULL.templates)
    for role, (keys, vectors) in templates.items():
        assert keys == ["s1"]
        assert vectors.dtype == np.float32
        assert np.array_equal(vectors, [FULL.templates[role]])


def test_a_case_comes_back_as_it_was(store: Store, path: Path) -> None:
    store.save(("s1", "print", keep(FULL)))
    with store.transaction():
        store.decide("s1", JUDGED)
    with Store(path) as reopened:
        (case,) = reopened.cases()
    assert case == Case(
        ANNA,
        "一.jpg",
        JUDGED,
        {m.name: m for m in FULL.measurements},
        FULL.comparisons,
        dict(FULL.pictures),
    )
    assert isinstance(case.assessment.decision, Decision)
    assert isinstance(case.assessment.findings[0].severity, Severity)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
measurements = st.lists(
    st.builds(
        Measurement,
        name=words,
        value=st.none() | words | st.floats(allow_nan=False),
        unit=words,
        error=words,
    ),
    unique_by=lambda m: m.name,
)


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples: a file each would be slow."""
    with Store(tmp_path_factory.mktemp("store") / "a.sqlite") as opened:
        opened.enrol([("s1", ANNA, "")])
        yield opened


@given(taken=measurements)
def test_any_measurement_comes_back_as_it_was(
    shared_store: Store, taken: list[Measurement]
) -> None:
    shared_store.save(("s1", "print", keep(Evidence(measurements=tuple(taken)))))
    ((_, seen, _),) = shared_store.evidence()
    assert seen == Measured.of(taken)
    found = measured(shared_store, "s1")
    assert found == {m.name: m for m in taken}
    assert {n: type(m.value) for n, m in found.items()} == {m.name: type(m.value) for m in taken}


def test_a_value_that_is_no_number_is_kept_as_none(store: Store) -> None:
    store.save(("s1", "print", keep(Evidence(measurements=(Measurement("roll", float("nan")),)))))
    (_, found, _), *_ = store.evidence()
    assert found.values == {"roll": None}


findings = st.builds(
    Finding,
    code=words,
    severity=st.sampled_from(Severity),
    value=st.none() | words | st.floats(allow_nan=False, allow_infinity=False),
    limit=words,
    unit=words,
    clause=words,
)
assessments = st.builds(
    Assessment,
    decision=st.sampled_from(Decision),
    category=words,
    findings=st.lists(findings, max_size=3).map(tuple),
    turn_cw=st.sampled_from([None, 0, 90, 180, 270]),
    roll_deg=st.none() | st.floats(-180, 180),
    reference=words,
    score=st.none() | st.floats(-1, 1),
    looks_like=words,
)


@given(assessment=assessments)
def test_any_assessment_comes_back_as_it_was(shared_store: Store, assessment: Assessment) -> None:
    with shared_store.transaction():
        shared_store.decide("s1", assessment)
    (case,) = shared_store.cases()
    assert case.assessment == assessment


def test_templates_of_a_role_come_in_the_roster_s_order(store: Store) -> None:
    store.enrol([("s2", BERT, ""), ("s1", ANNA, "")])
    store.save(("s1", "print", keep(FULL)))
    store.save(("s2", "print", keep(Evidence(templates={"photo": template(7)}))))
    keys, vectors = store.cohort.templates()["photo"]
    assert keys == ["s2", "s1"]
    assert np.array_equal(vectors, [template(7), template(1)])
    assert store.cohort.templates()["idcard"][0] == ["s1"]


def test_an_infinite_value_of_a_finding_is_kept_as_none(store: Store) -> None:
    """JSON has no infinity, and one in the report would leave the page blank."""
    endless = Finding("FILE_TOO_LARGE", Severity.ADVICE, float("inf"))
    with store.transaction():
        store.decide("s1", Assessment(Decision.ACCEPT, "", (endless,)))
    ((_, _, _, assessment),) = store.decided()
    assert assessment.findings == (dataclasses.replace(endless, value=None),)


def test_saving_again_replaces_everything(store: Store) -> None:
    store.save(("s1", "old", keep(FULL)))
    with store.transaction():
        store.decide("s1", JUDGED)
    store.save(("s1", "new", keep(Evidence(measurements=(Measurement("roll", 1.0),)))))
    (_, found, comparisons), *_ = store.evidence()
    assert found == Measured({"roll": 1.0}, {})
    assert comparisons == ()
    assert store.cohort.templates() == {}
    assert store.fingerprints() == {"s1": "new"}
    assert list(store.cases()) == [], "the old decision rests on evidence that is gone"


def test_a_save_that_is_cut_off_leaves_the_old_state(store: Store, path: Path) -> None:
    store.save(("s1", "old", keep(FULL)))
    before = state(path)

    class Dying(dict[str, bytes]):
        def items(self) -> object:  # type: ignore[override]
            raise Crash

    dying = keep(FULL)._replace(photo_sha256="", templates=Dying())
    with pytest.raises(Crash):
        store.save(("s2", "new", keep(FULL)), ("s1", "new", dying))
    assert state(path) == before
    store.save(("s1", "new", keep(FULL)))
    assert store.fingerprints() == {"s1": "new"}


def test_evidence_of_an_unknown_student_is_refused_as_a_whole(store: Store, path: Path) -> None:
    before = state(path)
    with pytest.raises(sqlite3.IntegrityError):
        store.save(("nobody", "print", keep(FULL)))
    assert state(path) == before


def test_enrolling_again_keeps_what_is_known_and_drops_who_left(store: Store, path: Path) -> None:
    store.save(("s1", "one", keep(FULL)))
    store.save(("s2", "two", keep(FULL)))
    store.cohort.conclude((key, Measurement("cohort.copy_of", "s9")) for key in ("s1", "s2"))
    with store.transaction():
        store.decide("s2", JUDGED)
    married = dataclasses.replace(BERT, name="Bert B.")
    carl = Subject("s3", 4, "Carl")
    store.enrol([("s3", carl, "3.jpg"), ("s2", married, "2.jpg")])
    assert [key for key, _, _ in store.evidence()] == ["s3", "s2"], "in the new order"
    assert store.fingerprints() == {"s2": "two"}
    (case,) = store.cases()
    assert (case.subject, case.photo, case.comparisons) == (married, "2.jpg", FULL.comparisons)
    for table, rows in state(path).items():
        if table not in ("meta", "student", "file", "delivery", "former"):
            assert rows
            assert {row[0] for row in rows} == {"s2"}, f"{table} still holds who left"


def test_what_is_concluded_across_students_is_replaced_as_a_whole(store: Store) -> None:
    store.save(("s1", "print", keep(FULL)))
    store.cohort.conclude(
        [("s1", Measurement("cohort.copy_of", "s2")), ("s2", Measurement("x", 1.0))]
    )
    store.cohort.conclude([("s1", Measurement("cohort.looks_like", "s2", "", "why"))])
    (_, found, _), (_, other, _) = store.evidence()
    like = Measurement("cohort.looks_like", "s2", "", "why")
    assert found == Measured.of([*FULL.measurements, like])
    assert other == Measured({}, {})
    assert measured(store, "s1")["cohort.looks_like"] == like


def test_undecided_students_are_no_cases_and_cases_come_in_order(store: Store) -> None:
    assert list(store.cases()) == []
    store.enrol([("s2", BERT, ""), ("s1", ANNA, "")])
    with store.transaction():
        for key in ("s1", "s2"):
            store.decide(key, JUDGED)
    assert [case.subject.student_key for case in store.cases()] == ["s2", "s1"]


def test_groups_of_the_same_photo(store: Store) -> None:
    keys = ["s4", "s1", "s6", "s3", "s2", "s5", "s7"]
    store.enrol((key, Subject(key, 0), "") for key in keys)
    photos = {"s1": "x", "s2": "y", "s3": "x", "s4": "x", "s5": "y", "s6": "z", "s7": ""}
    for key, sha256 in photos.items():
        store.save((key, "print", keep(Evidence(photo_sha256=sha256))))
    assert store.cohort.same_photo() == [["s4", "s1", "s3"], ["s2", "s5"]]


def test_two_students_without_a_photo_do_not_have_the_same_one(store: Store) -> None:
    for key in ("s1", "s2"):
        store.save((key, "print", keep(Evidence())))
    assert store.cohort.same_photo() == []


def test_students_are_decided_while_they_are_read(store: Store) -> None:
    """Nothing but the student in hand is in memory, and each comes once."""
    keys = [f"k{(7 * number) % 1000:03}" for number in range(1000)]
    store.enrol((key, Subject(key, 0), "") for key in keys)
    compared = (Comparison("idcard", 0.7, "sface"), Comparison("admission", None, "sface", "no"))
    for key in keys[::2]:
        store.save((key, "print", keep(Evidence((Measurement("luminance", 1.0),), compared))))
    met = []
    with store.transaction():
        for key, seen, comparisons in store.evidence():
            store.decide(key, JUDGED)
            met.append(key)
            saved = len(met) % 2 == 1
            assert (len(seen.values), comparisons) == ((1, compared) if saved else (0, ()))
    assert met == keys
    assert [key for key, *_ in store.decided()] == keys
    assert store.unassessed() == set(keys[1::2])


def test_the_same_decision_is_not_written_again(store: Store) -> None:
    store.save(("s1", "print", keep(FULL)))
    for assessment, written in (
        (JUDGED, 1),
        (JUDGED, 0),
        (dataclasses.replace(JUDGED, score=0.8), 1),
    ):
        before = store.db.total_changes
        with store.transaction():
            store.decide("s1", assessment)
        assert store.db.total_changes - before == written
        assert next(store.decided())[3] == assessment
