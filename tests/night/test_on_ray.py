"""Ray's workers do as processes do: the same results, the same photo given up, nothing lost."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from executor_cases import (
    ADDING,
    DECODING,
    given_up,
    kills_its_parent,
    put_away,
    ten,
    wrong_machine,
)
from fakes import cohort_of, fake
from places import ROOT, TESTS

from pipeline.core.errors import ConfigError, ModelError, SourceError
from pipeline.core.policy import Policy, Profile
from pipeline.night.executors import Afar, Duty
from pipeline.night.executors.choosing import executor_of
from pipeline.night.executors.cluster import Cluster, joined
from pipeline.night.executors.on_ray import OnRay
from pipeline.night.executors.processes import TOOK_TOO_LONG
from pipeline.night.nightly import run_night

if find_spec("ray") is None:
    pytest.skip("Ray is not installed: pip install photoproof[ray]", allow_module_level=True)

TWO = Cluster(cores=2)


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[Any]:
    """Two cores of this machine, which every test of this file works on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{TESTS}")
        with joined(TWO) as ray:
            yield ray


def processes_of(name: bytes) -> list[Path]:
    """The folders in /proc of what calls itself so."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if name in (process / "cmdline").read_bytes():
                found.append(process)
    return found


def kill_an_actor() -> None:
    os.kill(int(processes_of(b"ray::Core")[0].name), signal.SIGKILL)


def test_every_task_has_one_result() -> None:
    tasks = [(f"key {n}", n) for n in range(20)]
    assert sorted(OnRay(TWO).work_off(tasks, ADDING)) == sorted((k, n + 10) for k, n in tasks)


def test_no_task_starts_nothing() -> None:
    assert list(OnRay(TWO).work_off([], replace(DECODING, begin=os.abort))) == []


def test_a_stated_error_ends_the_work() -> None:
    with pytest.raises(SourceError, match="99 cannot be added"):
        list(OnRay(TWO).work_off(enumerate([1, 99, 3]), ADDING))


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken = 0

    def tasks() -> Iterator[tuple[int, int]]:
        nonlocal taken
        for taken in range(1, 1001):
            yield taken, 0

    results = OnRay(TWO).work_off(tasks(), ADDING)
    for _ in range(5):
        next(results)
    assert taken <= 2 * 2 * 8 + 8 + 1, "two chunks of eight an actor, and the one that came back"
    results.close()


@pytest.mark.long
def test_a_task_that_kills_its_worker_is_given_up_alone() -> None:
    tasks = [(n, -n if n in (3, 4, 8) else n) for n in range(30)]
    found = dict(OnRay(TWO).work_off(tasks, ADDING))
    assert found == {n: -1000 * n if n in (3, 4, 8) else n + 10 for n in range(30)}


def test_a_picture_that_takes_too_long_is_ended_once() -> None:
    found = dict(OnRay(TWO).work_off(((n, n) for n in range(6)), DECODING))
    assert found == {n: TOOK_TOO_LONG if n == 3 else "decoded" for n in range(6)}


@pytest.mark.long
def test_actors_that_are_killed_lose_nothing() -> None:
    """What they had is given to others; they come back where there is room."""
    found = []
    for key, _ in OnRay(TWO).work_off(((n, n + 100) for n in range(200)), ADDING):
        found.append(key)
        if key in (20, 60, 120):
            kill_an_actor()
    assert sorted(found) == list(range(200))


@pytest.mark.long
def test_a_task_that_kills_its_parent_is_given_up_and_no_other() -> None:
    duty = Duty(ten, kills_its_parent, given_up, put_away)
    found = dict(OnRay(TWO).work_off(((n, n) for n in range(24)), duty))
    assert found == {n: 5000 if n == 5 else n for n in range(24)}


def test_a_machine_that_will_not_do_stops_the_work_before_the_first_task() -> None:
    duty = Duty(ten, kills_its_parent, given_up, put_away, afar=Afar(dict, wrong_machine, int))
    with pytest.raises(ModelError, match="node n1"):
        list(OnRay(TWO).work_off(enumerate([5]), duty))


PHOTOS = {f"S{n:02}": f"turn={90 * (n % 4)} score={(n % 10) / 10}" for n in range(40)} | {
    "S40": "crash",
    "S41": "die",
}


@pytest.mark.long
@pytest.mark.parametrize("carried", [False, True])
def test_a_night_writes_what_processes_write(
    tmp_path: Path, policy: Policy, profile: Profile, carried: bool
) -> None:
    cohort = cohort_of(tmp_path / "photos", PHOTOS)
    written = []
    for name, executor in (("processes", None), ("ray", OnRay(Cluster(cores=2, carried=carried)))):
        outputs = run_night(
            *(cohort, tmp_path / name, policy, profile),
            digests={},
            workers=2,
            factory=fake(),
            executor=executor,
        )
        written.append(outputs.csv.read_bytes())
    assert written[0] == written[1]


def test_carried_files_need_no_folder_and_little_more_than_their_bytes(tmp_path: Path) -> None:
    """What a node is sent of a student is at most 1.3 times the student's files."""
    cohort = cohort_of(tmp_path, {"S1": "score=0.9"})
    (job,) = cohort.jobs
    photo = tmp_path / "S1.jpg"
    photo.write_bytes(os.urandom(30_000))  # as a graduation photo; the reference is the same file
    assert job.photo
    carried = [file.carrying(10**6) for file in (job.photo, job.references[0].file)]
    photo.unlink()
    assert all(len(file.read_bytes(10**6)) == 30_000 for file in carried)
    assert len(pickle.dumps(carried)) <= 1.3 * 60_000
    gone = job.photo.carrying(10**6)
    with pytest.raises(FileNotFoundError):
        pickle.loads(pickle.dumps(gone)).read_bytes(10)  # noqa: S301


def listening(process: Path) -> set[str]:
    """Local addresses, as the kernel writes them, that a process listens on."""
    places = set()
    with suppress(OSError):
        held = {str(descriptor.readlink()) for descriptor in (process / "fd").iterdir()}
        for table in ("tcp", "tcp6"):
            for line in (process / "net" / table).read_text("ascii").splitlines()[1:]:
                words = line.split()
                if words[3] == "0A" and f"socket:[{words[9]}]" in held:
                    places.add(words[1].split(":")[0])
    return places


def test_only_the_loopback_is_listened_to() -> None:
    ours = [*processes_of(b"raylet"), *processes_of(b"gcs_server"), *processes_of(b"ray::")]
    places = set().union(*map(listening, [Path("/proc/self"), *ours]))
    assert places
    assert places <= {"0100007F", "0000000000000000FFFF00000100007F"}, "127.0.0.1, as IPv4 or IPv6"


@pytest.mark.parametrize(
    "words", [{"engine": "spark"}, {"address": "auto"}, {"carried": True}, {"workers": -1}]
)
def test_options_that_do_not_fit_are_refused(words: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        executor_of(**({"engine": "processes"} | words))
