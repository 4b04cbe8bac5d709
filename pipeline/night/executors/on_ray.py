"""Workers on the nodes of a Ray cluster: chunks of tasks go out, results come back.

The caller keeps the run and alone writes. Each actor (`ray_core.Core`) has a few chunks at a time.
One that is lost is started again by Ray, where there is room; what it had in work is tried again
task by task, because one of them may be why, and the one whose actor is lost then, and once more,
is given up. What only waited with it is no suspect. A suspect has its actor to itself: an actor
that dies of the next task takes with it the answer that was still on its way.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from types import ModuleType
from typing import Any, Generic

from pipeline.core.errors import ModelError, PhotoproofError
from pipeline.night.executors import Duty, Key, Result, Task, Tool
from pipeline.night.executors.cluster import Cluster, joined
from pipeline.night.executors.processes import DIED_TWICE
from pipeline.night.executors.ray_core import Core, GivenUp

# Tasks that travel together, and chunks that an actor has at once: enough that the way there and
# back costs little, and few enough that all end at about the same time.
_CHUNK = 8
_IN_HAND = 2
# How often a task alone may lose its actor.
_TRIES = 2
# A lost actor is asked again after so long; the cluster may be silent so long.
_PAUSE_S = 0.5
_PATIENCE_S = 600.0
_LEAVE_S = 10.0


class OnRay:
    """An `Executor` whose workers are on a cluster.

    Args:
        cluster: Which one.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def work_off(
        self, tasks: Iterable[tuple[Key, Task]], duty: Duty[Tool, Task, Result]
    ) -> Generator[tuple[Key, Result], None, None]:
        """As `Executor.work_off`; tasks and duty are picklable.

        Raises:
            ConfigError: The cluster does not answer.
            InstallationError: Ray is not installed.
            ModelError: A node will not do, actors cannot start, or nothing is heard of any.
        """
        todo = iter(tasks)
        first = next(todo, None)
        if first is None:
            return
        with joined(self._cluster) as ray:
            crew = _Crew(ray, chain([first], todo), duty, self._cluster)
            try:
                yield from crew.results()
            finally:
                crew.end()

    @contextmanager
    def standing(self, reads: tuple[Path, ...]) -> Iterator[OnRay]:  # noqa: ARG002
        """As `Executor.standing`: the cluster stays; its actors are each piece's own."""
        with joined(self._cluster):
            yield self


@dataclass(eq=False, slots=True)
class _Chunk(Generic[Task]):
    keyed: list[tuple[Any, Task]]
    suspect: bool = False


@dataclass(eq=False, slots=True)
class _Actor(Generic[Task]):
    """One core, and what it has: chunks by what Ray knows the call by, the one in work first."""

    handle: Any
    ready: bool = False
    asked: Any = None  # the call that tells whether it is ready
    ask_at: float = 0.0
    hand: dict[Any, _Chunk[Task]] = field(default_factory=dict)


class _Crew(Generic[Tool, Task, Result]):
    """The actors of one piece of work, and what is still to do."""

    def __init__(
        self,
        ray: ModuleType,
        tasks: Iterator[tuple[Any, Task]],
        duty: Duty[Tool, Task, Result],
        cluster: Cluster,
    ) -> None:
        self._ray, self._tasks, self._duty, self._cluster = ray, tasks, duty, cluster
        self._again: deque[_Chunk[Task]] = deque()
        self._all_taken = False
        self._heard = time.monotonic()
        self._losses: Counter[Any] = Counter()
        self._sent = ray.put(duty.afar.pack() if duty.afar else None)
        self._cores = cluster.cores or int(ray.cluster_resources().get("CPU", 1))
        there = replace(duty, reads=()) if cluster.carried and duty.reads is not None else duty
        core = ray.remote(Core).options(num_cpus=1, max_restarts=-1, max_task_retries=0)
        run = secrets.token_hex(8)
        self._actors: list[_Actor[Task]] = [
            _Actor(core.remote(there, run)) for _ in range(self._cores)
        ]

    def results(self) -> Iterator[tuple[Any, Result]]:
        """All results, as they come."""
        while True:
            for actor in self._actors:
                self._supply(actor)
            if self._all_taken and not (self._again or any(actor.hand for actor in self._actors)):
                return
            for actor, call in self._answered():
                yield from self._take(actor, call)
            if time.monotonic() - self._heard > _PATIENCE_S:
                raise ModelError("ray_lost", patience_s=_PATIENCE_S / 60)

    def end(self) -> None:
        """End every actor; those that answer clear up."""
        leaving = [actor.handle.leave.remote() for actor in self._actors if actor.ready]
        with suppress(self._ray.exceptions.RayError):
            self._ray.wait(leaving, num_returns=len(leaving), timeout=_LEAVE_S)
        for actor in self._actors:
            with suppress(self._ray.exceptions.RayError):  # what is lost already
                self._ray.kill(actor.handle)

    def _supply(self, actor: _Actor[Task]) -> None:
        """Ask an actor whether it is ready; give one that is what it may have in hand."""
        if not actor.ready:
            if actor.asked is None and time.monotonic() >= actor.ask_at:
                actor.asked = actor.handle.ready.remote(self._sent, self._cores)
            return
        while self._has_room(actor) and (chunk := self._next()):
            carry = self._duty.afar.carry if self._cluster.carried and self._duty.afar else None
            tasks = [carry(task) if carry else task for _, task in chunk.keyed]
            actor.hand[actor.handle.work.remote(tasks)] = chunk

    def _has_room(self, actor: _Actor[Task]) -> bool:
        """Whether an actor may have the next chunk too; nothing is beside a suspect."""
        suspect_next = bool(self._again) and self._again[0].suspect
        if suspect_next or any(chunk.suspect for chunk in actor.hand.values()):
            return not actor.hand
        return len(actor.hand) < _IN_HAND

    def _next(self) -> _Chunk[Task] | None:
        if self._again:
            return self._again.popleft()
        keyed = list(islice(self._tasks, _CHUNK))
        self._all_taken = not keyed
        return _Chunk(keyed) if keyed else None

    def _answered(self) -> list[tuple[_Actor[Task], Any]]:
        """Calls that have come back, each with its actor."""
        calls = {call: actor for actor in self._actors for call in actor.hand}
        calls |= {actor.asked: actor for actor in self._actors if actor.asked is not None}
        if not calls:
            time.sleep(_PAUSE_S)
            return []
        done, _ = self._ray.wait(list(calls), num_returns=1, timeout=_PAUSE_S)
        return [(calls[call], call) for call in done]

    def _take(self, actor: _Actor[Task], call: Any) -> Iterator[tuple[Any, Result]]:
        """What has come of one call."""
        try:
            answer = self._ray.get(call)
        except (self._ray.exceptions.RayTaskError, self._ray.exceptions.ActorDiedError) as error:
            # Its code has failed: one whose process or node is lost is unavailable.
            raise ModelError("ray_worker_failed", name=type(error).__name__) from error
        except self._ray.exceptions.RayError:
            yield from self._lost(actor, call)
            return
        self._heard = time.monotonic()
        if isinstance(answer, PhotoproofError):
            raise answer
        if call is actor.asked:
            actor.ready, actor.asked = True, None
            return
        chunk = actor.hand.pop(call)
        for (key, task), result in zip(chunk.keyed, answer, strict=True):
            given_up = isinstance(result, GivenUp)
            yield key, self._duty.given_up(task, result.reason) if given_up else result

    def _lost(self, actor: _Actor[Task], call: Any) -> Iterator[tuple[Any, Result]]:
        """An actor is lost, or cannot be reached for now; Ray starts it again."""
        actor.ask_at = time.monotonic() + _PAUSE_S
        if call is actor.asked:
            actor.asked = None
            return
        suspect = actor.ready and call is next(iter(actor.hand))
        actor.ready = False
        chunk = actor.hand.pop(call)
        if not suspect:
            self._again.appendleft(chunk)
            return
        if not chunk.suspect:
            self._again.extendleft(_Chunk([keyed], True) for keyed in reversed(chunk.keyed))
            return
        ((key, task),) = chunk.keyed
        self._losses[key] += 1
        if self._losses[key] == _TRIES:
            yield key, self._duty.given_up(task, DIED_TWICE)
        else:
            self._again.appendleft(chunk)
