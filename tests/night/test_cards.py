"""Which cards a night reads, and that nothing else of what they say is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import cohort_of

from models import manifest
from pipeline.core.policy import Policy, Profile, load_policy
from pipeline.core.types import Cohort, Comparison, Evidence, Job, Measurement
from pipeline.night.cards import owners_of
from pipeline.night.nightly import run_night

OCR = {asset.id: asset.sha256 for asset in manifest.weights() if asset.part == manifest.OCR}
NUMBERS = ["11010519491231002X", "34052419800101001X", "430101200404262903"]


class Reading:
    """An engine that notes whose card it reads; `says` is what every card says."""

    def __init__(self, says: str = "equal") -> None:
        self.says, self.looked, self.read = says, list[str](), list[str]()

    def __call__(self) -> Reading:
        return self

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass

    def assess(self, job: Job) -> Evidence:
        self.looked.append(job.subject.student_key)
        told = list(job.facts)
        names = {fact.name for fact in told}
        if "card.read" in names and "card.number.idcard" not in names:
            self.read.append(job.subject.student_key)
            told.append(Measurement("card.number.idcard", self.says))
        told.append(Measurement("faces_found", 1.0))
        compared = tuple(Comparison(r.kind, 0.9, "fake", slot=r.kind) for r in job.references)
        return Evidence(tuple(told), compared, "sha")


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    found = cohort_of(tmp_path / "in", {"s1": "a", "s2": "b", "s3": "c"})
    return numbered(found, dict(zip(("s1", "s2"), NUMBERS, strict=False)))


def numbered(cohort: Cohort, numbers: Mapping[str, str]) -> Cohort:
    """The cohort with these ID numbers in the roster."""

    def subject(job: Job) -> Job:
        number = numbers.get(job.subject.student_key, job.subject.id_number)
        return replace(job, subject=replace(job.subject, id_number=number))

    return replace(cohort, jobs=tuple(map(subject, cohort.jobs)))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def night(
    cohort: Cohort,
    out: Path,
    profile: Profile,
    engine: Reading,
    digests: Mapping[str, str] = OCR,
) -> str:
    engine.looked.clear()
    engine.read.clear()
    policy: Policy = load_policy()
    return run_night(cohort, out, policy, profile, digests=digests, factory=engine).csv.read_text(
        "utf-8"
    )


def test_no_card_is_read_without_the_networks_for_it(
    cohort: Cohort, out: Path, profile: Profile
) -> None:
    engine = Reading()
    night(cohort, out, profile, engine, {"yunet": "1"})
    assert engine.looked == ["s1", "s2", "s3"] and engine.read == []


def test_a_card_is_read_once(cohort: Cohort, out: Path, profile: Profile) -> None:
    engine = Reading()
    night(cohort, out, profile, engine)
    assert engine.read == ["s1", "s2", "s3"]
    night(cohort, out, profile, engine)
    assert engine.looked == []


def test_who_is_looked_at_again_keeps_what_the_card_said(
    cohort: Cohort, out: Path, profile: Profile
) -> None:
    engine = Reading("near")
    first = night(cohort, out, profile, engine)
    assert first.count("ROSTER_NUMBER_DOUBTFUL") == 3
    night(cohort, out, profile, engine, {**OCR, "yunet": "2"})
    assert (engine.looked, engine.read) == (["s1", "s2", "s3"], [])
    assert night(cohort, out, profile, engine).count("ROSTER_NUMBER_DOUBTFUL") == 3


def test_cards_switched_on_are_looked_at_and_switched_off_forgotten(
    cohort: Cohort, out: Path, profile: Profile
) -> None:
    first = replace(cohort.jobs[0], references=())
    cohort = replace(cohort, jobs=(first, *cohort.jobs[1:]))
    engine = Reading("near")
    night(cohort, out, profile, engine, {"yunet": "1"})
    night(cohort, out, profile, engine, {**OCR, "yunet": "1"})
    assert engine.looked == engine.read == ["s2", "s3"], "who has no card is left alone"
    after = night(cohort, out, profile, engine, {"yunet": "1"})
    assert "ROSTER_NUMBER_DOUBTFUL" not in after


def test_another_card_number_or_name_is_read_anew(
    cohort: Cohort, out: Path, profile: Profile, tmp_path: Path
) -> None:
    engine = Reading()
    night(cohort, out, profile, engine)
    (tmp_path / "in" / "s3.jpg").write_text("another card")
    night(cohort, out, profile, engine)
    assert engine.read == ["s3"]
    cohort = numbered(cohort, {"s2": NUMBERS[2]})
    night(cohort, out, profile, engine)
    assert engine.read == ["s2"]
    first = cohort.jobs[0]
    renamed = replace(first, subject=replace(first.subject, name="张三"))
    night(replace(cohort, jobs=(renamed, *cohort.jobs[1:])), out, profile, engine)
    assert engine.read == ["s1"]


def test_a_card_of_another_is_read_anew_when_its_owner_may_have_come(
    cohort: Cohort, out: Path, profile: Profile
) -> None:
    engine = Reading("other")
    assert night(cohort, out, profile, engine).count("CARD_OF_ANOTHER") == 3
    night(cohort, out, profile, engine)
    assert engine.looked == []
    more = numbered(cohort, {"s3": NUMBERS[2]})
    night(more, out, profile, engine)
    assert engine.read == ["s1", "s2", "s3"]
    engine.says = "equal"
    night(cohort, out, profile, engine)
    assert engine.read == ["s1", "s2", "s3"]
    night(more, out, profile, engine)
    assert engine.read == ["s3"], "the others' cards say what the roster does"


def test_who_refuses_comparison_has_no_card_read(
    cohort: Cohort, out: Path, profile: Profile
) -> None:
    first = cohort.jobs[0]
    refusing = replace(first, facts=(*first.facts, Measurement("source.comparison_refused", "yes")))
    engine = Reading()
    night(replace(cohort, jobs=(refusing, *cohort.jobs[1:])), out, profile, engine)
    assert engine.read == ["s2", "s3"]


def test_a_number_that_two_students_have_is_nobodys(cohort: Cohort) -> None:
    assert owners_of(cohort) == {NUMBERS[0]: "s1", NUMBERS[1]: "s2"}
    assert owners_of(numbered(cohort, {"s3": NUMBERS[0]})) == {NUMBERS[1]: "s2"}
