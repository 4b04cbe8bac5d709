"""Every executor works every task off, once, and leaves nothing behind; with a duty that adds."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator

import pytest

from pipeline.core.errors import SourceError
from pipeline.night.executors import Duty, Executor
from pipeline.night.executors.here import Here
from pipeline.night.executors.processes import Processes


def ten() -> int:
    return 10


def add(tool: int, task: int) -> int:
    if task == 99:
        raise SourceError("99 cannot be added")
    if task < 0:
        os._exit(1)
    time.sleep(0.01)
    return tool + task


def given_up(task: int, reason: str) -> int:
    assert "died twice" in reason
    return task * 1000


def put_away(tool: int) -> None:
    assert tool == 10


ADDING = Duty(ten, add, given_up, put_away)
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
    for _ in range(5):
        next(results)
    assert taken <= 5 + 3 * 3
    results.close()
    assert multiprocessing.active_children() == []


def test_a_task_that_kills_its_worker_twice_is_given_up_alone() -> None:
    tasks = [(n, -n if n in (3, 4, 8) else n) for n in range(10)]
    found = dict(Processes(2).work_off(tasks, ADDING))
    assert found == {n: -1000 * n if n in (3, 4, 8) else n + 10 for n in range(10)}


def test_workers_that_are_killed_lose_nothing() -> None:
    """The parent is busy with a result meanwhile; what its workers had is given to others."""
    found = []
    for key, _ in Processes(2).work_off(((n, n) for n in range(30)), ADDING):
        found.append(key)
        if key in (5, 15, 25):
            for worker in multiprocessing.active_children():
                worker.kill()
    assert sorted(found) == list(range(30))


def test_no_task_waits_behind_another_while_a_worker_has_none() -> None:
    start = time.perf_counter()
    found = dict(
        Processes(4).work_off(((n, n) for n in range(4)), Duty(ten, slow, given_up, put_away))
    )
    assert len(found) == 4
    assert len(set(found.values())) == 4, "each worker had one"
    assert time.perf_counter() - start < 10


def slow(_tool: int, _task: int) -> int:
    time.sleep(1.5)
    return os.getpid()
