"""An actor that dies takes with it answers that were on their way; who is to blame stays certain.

A stand-in for Ray does the worst each time: what an actor has ended just before it dies is lost.
"""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from executor_cases import ADDING

from pipeline.night.executors import on_ray
from pipeline.night.executors.cluster import Cluster


class LostError(Exception):
    """An actor that cannot be reached."""


@dataclass
class Actor:
    """Works off its calls in their order; what is negative kills it with all that it has."""

    calls: dict[int, list[int]] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)

    def answers(self) -> dict[tuple[int, int], list[int] | LostError]:
        """The next answer; where a killer is in hand it comes to that before it is sent."""
        if any(task < 0 for tasks in self.calls.values() for task in tasks):
            lost = {(id(self), number): LostError() for number in self.calls}
            self.calls = {}
            return dict(lost)
        if not self.calls:
            return {}
        number = next(iter(self.calls))
        return {(id(self), number): [task + 10 for task in self.calls.pop(number)]}

    def asked(self, tasks: list[int]) -> tuple[int, int]:
        number = next(self.numbers)
        self.calls[number] = tasks
        return id(self), number


class Cruel:
    """As much of the module `ray` as the caller's side needs."""

    exceptions = SimpleNamespace(
        RayTaskError=ZeroDivisionError, ActorDiedError=ZeroDivisionError, RayError=LostError
    )

    def __init__(self) -> None:
        self.actors: list[Actor] = []
        self.answers: dict[object, Any] = {}

    def put(self, what: object) -> object:
        return what

    def remote(self, _core: type) -> Any:
        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=self._actor))

    def _actor(self, *_words: object) -> Any:
        actor = Actor()
        self.actors.append(actor)
        ready = SimpleNamespace(remote=lambda *_: actor.asked([]))
        leave = SimpleNamespace(remote=lambda: actor.asked([]))
        return SimpleNamespace(ready=ready, leave=leave, work=SimpleNamespace(remote=actor.asked))

    def wait(self, calls: list[object], **_words: object) -> tuple[list[object], list[object]]:
        for actor in self.actors:
            self.answers |= actor.answers()
        return [call for call in calls if call in self.answers][:1], []

    def get(self, call: object) -> Any:
        answer = self.answers.pop(call)
        if isinstance(answer, LostError):
            raise answer
        return answer

    def kill(self, _handle: object) -> None:
        pass


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_the_one_before_a_killer_is_not_given_up(
    monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr(on_ray, "joined", lambda _cluster: nullcontext(Cruel()))
    monkeypatch.setattr(on_ray, "_PAUSE_S", 0.01)
    tasks = [(n, -n if n in (5, 12, 22) else n) for n in range(40)]
    found = dict(on_ray.OnRay(Cluster(cores=cores)).work_off(tasks, ADDING))
    assert found == {n: -1000 * n if n in (5, 12, 22) else n + 10 for n in range(40)}
