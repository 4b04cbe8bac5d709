"""Worker processes on this machine; tasks stream out to them, results stream back.

The parent knows which task each worker has in hand. A worker that dies is replaced, and the task is
tried once more; the one that kills its worker again is given up, and so is at once the one whose
picture took longer than it may. A worker that cannot start, twice
in a row, is no task's fault: it stops the work.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic

from pipeline.core.errors import ModelError
from pipeline.night.executors import Duty, Key, Result, Task, Tool
from pipeline.night.executors.worker import Word, serve
from pipeline.student.allowance import Terms, large_at_once

# Tasks a worker has at once: one in work, and one so that it never waits for its parent.
_IN_HAND = 2
_TRIES = 2
# Why a task was given up; `data/words.toml` has the words.
DIED_TWICE = "the worker process died twice on this photo"
TOOK_TOO_LONG = "a picture took longer than it may"
_OUT_OF_TIME = -getattr(signal, "SIGALRM", 0) or None  # of `pipeline.student.allowance`
# A worker that has been told to leave is given this long.
_LEAVE_S = 5.0


class Processes:
    """An `Executor` with worker processes, each with a tool of its own.

    Args:
        workers: Processes at most; no more are started than there are tasks.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def work_off(
        self, tasks: Iterable[tuple[Key, Task]], duty: Duty[Tool, Task, Result]
    ) -> Generator[tuple[Key, Result], None, None]:
        """As `Executor.work_off`.

        A task that kills its worker twice is given up. Tasks and duty are picklable, and a task
        is small: it has to fit into a pipe.

        Raises:
            ModelError: Two workers in a row ended while they were starting.
        """
        with TemporaryDirectory(prefix="photoproof-") as turns:
            terms = Terms(Path(turns), large_at_once(self._workers))
            crew = _Crew(iter(tasks), duty, self._workers, terms)
            try:
                yield from crew.results()
            finally:
                crew.end()


@dataclass(eq=False, slots=True)
class _Worker(Generic[Key, Task]):
    """A process, the line to it, and the tasks it has, the one in work first."""

    process: BaseProcess
    line: Connection
    ready: bool = False
    hand: deque[tuple[Key, Task]] = field(default_factory=deque)


class _Crew(Generic[Tool, Key, Task, Result]):
    """The workers of one piece of work, and what is still to do."""

    def __init__(
        self,
        tasks: Iterator[tuple[Key, Task]],
        duty: Duty[Tool, Task, Result],
        most: int,
        terms: Terms,
    ) -> None:
        self._tasks, self._duty, self._most, self._terms = tasks, duty, most, terms
        self._waiting: deque[tuple[Key, Task]] = deque()  # taken from `tasks`, with no worker
        self._deaths: Counter[Key] = Counter()
        self._unstarted = 0  # workers in a row that ended before they were ready
        self._workers: dict[Connection, _Worker[Key, Task]] = {}
        self._leaving: list[BaseProcess] = []

    def results(self) -> Iterator[tuple[Key, Result]]:
        """All results, as they come."""
        self._waiting.extend(islice(self._tasks, self._most))
        for _ in range(len(self._waiting)):
            self._hire()
        while self._workers:
            for line in wait(list(self._workers)):
                assert isinstance(line, Connection)
                worker = self._workers[line]
                try:
                    word, value = line.recv()
                except (EOFError, OSError):
                    yield from self._lost(worker)
                    continue
                if word is Word.FAULT:
                    raise value
                if word is Word.DONE:
                    key, _ = worker.hand.popleft()
                    self._supply(worker)
                    yield key, value
                else:
                    worker.ready, self._unstarted = True, 0
                    self._supply(worker)

    def end(self) -> None:
        """End every process: at once what still works, after a while what was told to leave."""
        for worker in self._workers.values():
            worker.process.kill()
            self._leaving.append(worker.process)
        for process in self._leaving:
            process.join(_LEAVE_S)
            if process.is_alive():
                process.kill()
                process.join()
        for line in self._workers:
            line.close()

    def _hire(self) -> None:
        # Spawned, not forked: OpenVINO owns threads that a fork would lose.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._duty, self._terms), daemon=True)
        with _kept_from_workers():
            process.start()
        theirs.close()  # so that the line ends when the process does
        self._workers[ours] = _Worker(process, ours)

    def _supply(self, worker: _Worker[Key, Task]) -> None:
        """Give a worker what it may have in hand; let it go where nothing is left."""
        while self._may_have_more(worker) and (keyed := self._next()):
            worker.hand.append(keyed)
            with suppress(OSError):  # it has died: `results` will hear of it
                worker.line.send((keyed[1],))
        if not worker.hand:
            with suppress(OSError):
                worker.line.send(None)
            del self._workers[worker.line]
            worker.line.close()
            self._leaving.append(worker.process)

    def _may_have_more(self, worker: _Worker[Key, Task]) -> bool:
        """None lies with a worker that is busy while another has nothing to do, or soon has not."""
        others = (other for other in self._workers.values() if other is not worker)
        return not worker.hand or (
            len(worker.hand) < _IN_HAND and all(other.hand for other in others)
        )

    def _next(self) -> tuple[Key, Task] | None:
        return self._waiting.popleft() if self._waiting else next(self._tasks, None)

    def _lost(self, worker: _Worker[Key, Task]) -> Iterator[tuple[Key, Result]]:
        """A worker has died: replace it, and try what it had in work again."""
        del self._workers[worker.line]
        worker.line.close()
        worker.process.join()
        self._unstarted = 0 if worker.ready else self._unstarted + 1
        if self._unstarted == _TRIES:
            raise ModelError(
                "a worker process ended while it was starting",
                "Its memory may have run out: take fewer --workers."
                " `photoproof doctor` looks further.",
            )
        given_up: list[tuple[Key, Result]] = []
        if worker.hand:
            key, task = worker.hand[0]
            self._deaths[key] += 1
            took_too_long = worker.process.exitcode == _OUT_OF_TIME
            if took_too_long or self._deaths[key] == _TRIES:
                worker.hand.popleft()
                reason = TOOK_TOO_LONG if took_too_long else DIED_TWICE
                given_up.append((key, self._duty.given_up(task, reason)))
        self._waiting.extendleft(reversed(worker.hand))
        if not self._waiting and (keyed := self._next()):
            self._waiting.append(keyed)
        if self._waiting:
            self._hire()
        yield from given_up


@contextmanager
def _kept_from_workers() -> Iterator[None]:
    """What is started inside never sees Ctrl-C or a closed terminal: its parent ends it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Python's tracker, started with the first process, would take the block away again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
