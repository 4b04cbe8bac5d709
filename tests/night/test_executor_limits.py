"""Time and memory of one picture, held in worker processes whatever they do."""

from __future__ import annotations

import os
import time
from itertools import pairwise
from pathlib import Path

import pytest
from executor_cases import DECODING, LIMITS, leave, nothing, told

from pipeline.core.policy import InputLimits
from pipeline.night.executors import Duty
from pipeline.night.executors.processes import TOOK_TOO_LONG, Processes
from pipeline.student import allowance
from pipeline.student.allowance import LARGE, Terms, large_at_once, memory_for, time_for_one


def test_a_picture_that_takes_too_long_is_ended_once_and_the_others_go_on() -> None:
    start = time.perf_counter()
    found = dict(Processes(2).work_off(((n, n) for n in range(12)), DECODING))
    assert found.pop(3) == TOOK_TOO_LONG
    assert found == dict.fromkeys({*range(12)} - {3}, "decoded")
    assert time.perf_counter() - start < 8


def test_time_is_not_held_where_nobody_may_be_ended() -> None:
    with time_for_one(InputLimits(max_bytes=1, max_megapixels=1, max_seconds=0.05)):
        time.sleep(0.2)


def taking(log: Path, size: int, _tool: None, task: int) -> str:
    """Task 11 dies while it has its turn."""
    with memory_for(size, LIMITS):
        if task == 11:
            os._exit(1)
        begun = time.monotonic()
        time.sleep(0.3)
        with log.open("a") as lines:
            lines.write(f"{begun} {time.monotonic()}\n")
    return "taken"


class Taking:
    """Picklable, unlike a closure."""

    def __init__(self, log: Path, size: int) -> None:
        self.log, self.size = log, size

    def __call__(self, tool: None, task: int) -> str:
        return taking(self.log, self.size, tool, task)


@pytest.mark.parametrize(("size", "apart"), [(LARGE, True), (LARGE - 1, False)])
def test_large_pictures_take_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, apart: bool
) -> None:
    monkeypatch.setattr("pipeline.night.executors.processes.large_at_once", lambda _: 1)
    duty = Duty(nothing, Taking(tmp_path / "log", size), told, leave)
    found = dict(Processes(2).work_off(((n, n) for n in range(13)), duty))
    assert list(found.values()).count("taken") == 12
    lines = (tmp_path / "log").read_text().splitlines()
    spans = sorted(tuple(map(float, line.split())) for line in lines)
    overlaps = [left[1] > right[0] for left, right in pairwise(spans)]
    assert any(overlaps) is not apart


def test_a_large_picture_that_the_machine_has_no_room_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "_terms", Terms(tmp_path, 1))
    monkeypatch.setattr(allowance, "usable_memory", lambda: LARGE)
    for _ in range(2):  # the turn is given back
        with pytest.raises(MemoryError), memory_for(LARGE + 1, LIMITS):
            pass
    with memory_for(LARGE, LIMITS):
        pass


def test_how_many_large_pictures_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, workers, fit in ((10**9, 4, 1), (8 * 10**9, 2, 4), (64 * 10**9, 16, 38)):
        monkeypatch.setattr(allowance, "usable_memory", lambda free=free: free)
        assert large_at_once(workers) == fit
