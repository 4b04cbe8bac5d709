"""Of who refuses comparison no template exists at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from models import manifest
from pipeline.core.policy import Profile, load_policy
from pipeline.core.types import Cohort, Measurement
from pipeline.night.nightly import run_night
from pipeline.sample.cohort import SampleCohort
from pipeline.source import gather
from pipeline.store import Store
from pipeline.store.packing import Kept
from pipeline.student import compare, examiner
from pipeline.student.engine import network_engine

pytestmark = pytest.mark.networks

REFUSING, OTHERS = "2022000014", ("2022000001", "2022000015", "2022000002")


@pytest.fixture(scope="module")
def cohort(sample: SampleCohort) -> Cohort:
    found = gather(sample.roster, [sample.photos], {"idcard": [sample.idcards]})
    jobs = [job for job in found.jobs if job.subject.student_key in (REFUSING, *OTHERS)]
    return replace(found, jobs=tuple(jobs), strays=())


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[set[str]]]:
    """Whose templates the store holds whenever anything was saved."""
    seen: list[set[str]] = []
    save = Store.save

    def watched(store: Store, *told: tuple[str, str, Kept]) -> None:
        save(store, *told)
        seen.append({key for keys, _ in store.cohort.templates().values() for key in keys})

    monkeypatch.setattr(Store, "save", watched)
    yield seen


def refuse(cohort: Cohort) -> Cohort:
    fact = Measurement("source.comparison_refused", "yes")
    jobs = (
        replace(job, facts=(*job.facts, fact)) if job.subject.student_key == REFUSING else job
        for job in cohort.jobs
    )
    return replace(cohort, jobs=tuple(jobs))


def night(cohort: Cohort, out: Path, profile: Profile, keep: bool = False) -> dict[str, str]:
    policy = load_policy(
        None, {"cohort": {"one_to_many": True}, "privacy": {"keep_templates": keep}}
    )
    factory = partial(network_engine, policy.input, policy.comparison.recognisers)
    outputs = run_night(cohort, out, policy, profile, digests=manifest.digests(), factory=factory)
    lines = outputs.csv.read_text("utf-8").splitlines()[1:]
    return {line.split(",")[0]: line for line in lines}


def test_no_face_of_theirs_is_ever_embedded(
    cohort: Cohort,
    templates: list[set[str]],
    profile: Profile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    embedded = []
    original = compare.embed_together

    def counted(recognisers: object, crops: list[object]) -> object:
        embedded.append(len(crops))
        return original(recognisers, crops)  # type: ignore[arg-type]

    monkeypatch.setattr(examiner, "embed_together", counted)
    rows = night(refuse(cohort), tmp_path, profile)
    assert templates[-1] == set(OTHERS)
    assert all(REFUSING not in held for held in templates)
    assert len(embedded) == len(OTHERS)
    assert "COMPARISON_REFUSED" in rows[REFUSING]
    assert "REVIEW" in rows[REFUSING]
    # The photo of 2022000015 is theirs: nobody is found by a face that is not there.
    assert REFUSING not in rows["2022000015"].split(",")[8]


def test_who_refuses_later_is_forgotten_before_anything_else(
    cohort: Cohort, profile: Profile, tmp_path: Path, templates: list[set[str]]
) -> None:
    night(cohort, tmp_path, profile, keep=True)
    assert REFUSING in templates[-1]
    templates.clear()
    night(refuse(cohort), tmp_path, profile, keep=True)
    assert templates
    assert all(REFUSING not in held for held in templates)
