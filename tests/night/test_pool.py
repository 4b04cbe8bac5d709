"""Engines that cannot start, the first or a later worker's: nobody's photo is to blame."""

from __future__ import annotations

import os
import pickle
from functools import partial
from pathlib import Path

import pytest
from fakes import FakeEngine, cohort_of

from pipeline.core.errors import ModelError
from pipeline.core.policy import Policy, Profile
from pipeline.core.types import Cohort, Evidence, Job
from pipeline.night.executors import Executor
from pipeline.night.executors.assessing import EngineFactory, assessing
from pipeline.night.executors.here import Here
from pipeline.night.executors.processes import Processes
from pipeline.night.nightly import run_night
from pipeline.store import Store

GOOD = {f"S{n:02}": "score=0.9" for n in range(12)}


class CannotStart(FakeEngine):
    """Starts while there is a ticket left, one file each; `dies` takes its process with it."""

    def __init__(self, tickets: Path, dies: bool) -> None:
        super().__init__()
        self._tickets, self._dies = tickets, dies

    def start(self) -> None:
        for ticket in self._tickets.glob("*"):
            try:
                ticket.unlink()  # by one worker alone
                return
            except FileNotFoundError:
                continue
        if self._dies:
            os._exit(1)
        raise ModelError("net.onnx cannot run on this machine: no memory", "Take fewer workers.")


class Breaks(FakeEngine):
    """A network that cannot run is met in the middle of a photo."""

    def assess(self, job: Job) -> Evidence:
        if job.subject.student_key == "S03":
            raise ModelError("net.onnx cannot run on this machine: damaged", "Pull it anew.")
        return super().assess(job)


def engine(folder: Path, tickets: int, dies: bool = False) -> EngineFactory:
    folder.mkdir()
    for number in range(tickets):
        (folder / str(number)).touch()
    return partial(CannotStart, folder, dies)


def cohort(folder: Path, photos: dict[str, str]) -> Cohort:
    return cohort_of(folder / "photos", photos)


@pytest.mark.parametrize("executor", [Here(), Processes(2)])
def test_an_engine_that_cannot_start_stops_the_night_before_any_photo(
    tmp_path: Path, executor: Executor
) -> None:
    jobs = [(job.subject.student_key, job) for job in cohort(tmp_path, GOOD).jobs]
    seen: list[tuple[str, Evidence]] = []
    with pytest.raises(ModelError, match=r"net\.onnx cannot run") as told:
        seen.extend(executor.work_off(jobs, assessing(engine(tmp_path / "tickets", 0))))
    assert seen == []
    assert told.value.hint == "Take fewer workers."


def test_a_process_that_ends_while_it_starts_is_no_photos_fault(tmp_path: Path) -> None:
    jobs = [(job.subject.student_key, job) for job in cohort(tmp_path, GOOD).jobs]
    with pytest.raises(ModelError, match="ended while it was starting"):
        list(Processes(2).work_off(jobs, assessing(engine(tmp_path / "tickets", 0, dies=True))))


@pytest.mark.parametrize("dies", [False, True])
def test_a_later_worker_that_cannot_start_stops_the_night_and_keeps_what_is_done(
    tmp_path: Path, policy: Policy, profile: Profile, dies: bool
) -> None:
    """The first two start; S05 kills one, and the process that would follow cannot start."""
    slow = {f"S{n:02}": "score=0.9 sleep=0.5" for n in range(5)}  # until the second has started
    photos = GOOD | slow | {"S05": "die"}
    out = tmp_path / "out"
    with pytest.raises(ModelError):
        run_night(
            cohort(tmp_path, photos),
            out,
            policy,
            profile,
            digests={},
            workers=2,
            factory=engine(tmp_path / "tickets", 2, dies),
        )
    assert not (out / "results.csv").exists()
    with Store(out / "photoproof.sqlite") as store:
        done = [key for key, fingerprint in store.fingerprints().items() if fingerprint]
    assert done and len(done) < len(photos)


@pytest.mark.parametrize("executor", [Here(), Processes(2)])
def test_a_network_that_fails_on_the_way_is_not_a_bad_photo(
    tmp_path: Path, executor: Executor
) -> None:
    jobs = [(job.subject.student_key, job) for job in cohort(tmp_path, GOOD).jobs]
    with pytest.raises(ModelError, match="damaged"):
        list(executor.work_off(jobs, assessing(Breaks)))


def test_an_error_keeps_its_hint_on_the_way_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(ModelError("what", "what to do")))  # noqa: S301
    assert (error.message, error.hint) == ("what", "what to do")
