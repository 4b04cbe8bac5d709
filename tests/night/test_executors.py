"""Every executor works every task off, once, and leaves nothing behind; with a duty that adds."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from executor_cases import ADDING, add, given_up, put_away, ten
from places import TESTS

from pipeline.core.errors import SourceError
from pipeline.night.executors import Duty, Executor
from pipeline.night.executors.here import Here
from pipeline.night.executors.processes import Processes

EVERY = pytest.mark.parametrize("executor", [Here(), Processes(1), Processes(3)])


@EVERY
def test_every_task_has_one_result(executor: Executor) -> None:
    tasks = [(f"key {n}", n) for n in range(20)]
    assert sorted(executor.work_off(tasks, ADDING)) == sorted((k, n + 10) for k, n in tasks)
    assert multiprocessing.active_children() == []


@EVERY
def test_no_task_starts_nothing(executor: Executor) -> None:
    refusing = Duty(os.abort, add, given_up, put_away)
    assert list(executor.work_off([], refusing)) == []


@EVERY
def test_a_stated_error_ends_the_work(executor: Executor) -> None:
    with pytest.raises(SourceError, match="99 cannot be added"):
        list(executor.work_off(enumerate([1, 99, 3]), ADDING))
    assert multiprocessing.active_children() == []


@EVERY
def test_tasks_are_taken_as_they_are_needed(executor: Executor) -> None:
    """A cohort's jobs never lie in memory twice."""
    taken = 0

    def tasks() -> Iterator[tuple[int, int]]:
        nonlocal taken
        for taken in range(1, 1001):
            yield taken, 0

    results = executor.work_off(tasks(), ADDING)
    for _ in range(100):
        next(results)
    assert taken <= 100 + 3 * 17
    results.close()
    assert multiprocessing.active_children() == []


def nap(_tool: int, task: tuple[float, bytes]) -> int:
    time.sleep(task[0])
    return 0


def no_nap(_task: tuple[float, bytes], _why: str) -> int:
    return 1


@pytest.mark.parametrize(
    ("seconds", "size", "ahead"),
    [(0.0, 0, range(10, 17)), (0.0, 5000, range(3)), (0.1, 0, range(8))],
)
def test_a_worker_has_many_tasks_only_of_small_ones_that_take_no_time(
    seconds: float, size: int, ahead: range
) -> None:
    """While the parent is busy a worker goes on; what could fill its pipe is never sent ahead."""
    taken = 0

    def tasks() -> Iterator[tuple[int, tuple[float, bytes]]]:
        nonlocal taken
        for taken in range(1, 31 if seconds else 101):
            yield taken, (seconds, bytes(size))

    results = Processes(1).work_off(tasks(), Duty(ten, nap, no_nap, put_away))
    most = max(taken - done for done, _ in enumerate(results, 1))
    assert most in ahead


def test_a_task_that_kills_its_worker_twice_is_given_up_alone() -> None:
    tasks = [(n, -n if n in (3, 4, 8) else n) for n in range(10)]
    found = dict(Processes(2).work_off(tasks, ADDING))
    assert found == {n: -1000 * n if n in (3, 4, 8) else n + 10 for n in range(10)}


def test_of_many_tasks_at_a_worker_only_the_one_in_work_is_to_blame() -> None:
    """The 40th comes when the worker has as many as it may; those behind it are done by others."""
    found = dict(Processes(1).work_off(((n, -n if n == 40 else n) for n in range(80)), ADDING))
    assert found == {n: -40_000 if n == 40 else n + 10 for n in range(80)}


def test_workers_that_are_killed_lose_nothing() -> None:
    """The parent is busy with a result meanwhile; what its workers had is given to others."""
    found = []
    for key, _ in Processes(2).work_off(((n, n) for n in range(30)), ADDING):
        found.append(key)
        if key in (5, 15, 25):
            for worker in multiprocessing.active_children():
                worker.kill()
    assert sorted(found) == list(range(30))


def test_no_task_waits_behind_another_while_a_worker_has_none(tmp_path: Path) -> None:
    """Each waits until all are begun: one that lay behind another never would be."""
    tasks = ((n, tmp_path / str(n)) for n in range(4))
    found = dict(Processes(4).work_off(tasks, Duty(ten, begun_together, none_begun, put_away)))
    assert found == dict.fromkeys(range(4), 4)


def none_begun(_mark: Path, _why: str) -> int:
    return 0


def begun_together(_tool: int, mark: Path) -> int:
    mark.touch()
    deadline = time.monotonic() + 60
    while (begun := len(list(mark.parent.iterdir()))) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    return begun


def whose(_tool: int, task: int) -> int:
    return os.getpid() if task else 0


@pytest.mark.parametrize("reads", [None, ("a",)])
def test_workers_stand_from_one_piece_to_the_next_of_its_kind(
    tmp_path: Path, reads: tuple[str, ...] | None
) -> None:
    """Two cohorts of a site, each with a folder of its own below one that workers may read."""
    duty = Duty(ten, whose, given_up, put_away)
    pids = []
    with Processes(1).standing((tmp_path,)) as standing:
        for piece in range(2):
            own = None if reads is None else (tmp_path / str(piece),)
            work = standing.work_off([(1, 1), (2, 2)], replace(duty, reads=own))
            pids.append(set(dict(work).values()))
        assert pids[0] == pids[1]
        other = dict(
            standing.work_off([(1, 1)], Duty(ten, whose, given_up, put_away, (tmp_path, TESTS)))
        )
        assert {other[1]} != pids[0], "another cage, another worker"
    assert multiprocessing.active_children() == []


def test_a_piece_that_was_given_up_leaves_nothing_to_the_next() -> None:
    with Processes(2).standing(()) as standing:
        for _ in range(2):
            with pytest.raises(SourceError):
                list(standing.work_off(enumerate([1, 99, 3, 4, 5]), ADDING))
            begun = standing.work_off(enumerate(range(50)), ADDING)
            next(begun)
            begun.close()
            assert dict(standing.work_off(enumerate(range(5)), ADDING)) == {
                n: n + 10 for n in range(5)
            }
