"""Worker processes on this machine; tasks stream out to them, results stream back.

The parent knows which task each worker has in hand. A worker that dies is replaced, and the task is
tried once more; the one that kills its worker again is given up, and so is at once the one whose
picture took longer than it may. A worker that cannot start, twice
in a row, is no task's fault: it stops the work.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Generic

from pipeline.core.cage import together
from pipeline.core.errors import ModelError
from pipeline.night.executors import Duty, Key, Result, Task, Tool
from pipeline.night.executors.worker import Word, serve
from pipeline.student.allowance import Terms, large_at_once

# Tasks a worker has at once: one in work, and one so that it never waits for its parent. Of tasks
# that take no time it has more, for the parent is busy with results longer than it with tasks.
_IN_HAND, _IN_HAND_QUICK = 2, 16
_QUICK_S = 0.02
_SMALL = 4096  # bytes; so many of these as above fit into a pipe that nobody is reading
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
        with standing_crew(duty, self._workers) as crew:
            yield from crew.work_off(tasks)

    @contextmanager
    def standing(self, reads: tuple[Path, ...]) -> Iterator[Standing]:
        """As `Executor.standing`."""
        with ExitStack() as stack:
            yield Standing(self._workers, reads, stack)


class Standing:
    """`Processes` whose workers go on with the next piece of work, where it is of the same kind.

    Args:
        workers: As of `Processes`.
        reads: Where a cage is wanted, workers may read below these, whichever piece they are at.
        stack: Ends the workers.
    """

    def __init__(self, workers: int, reads: tuple[Path, ...], stack: ExitStack) -> None:
        self._workers, self._reads, self._stack = workers, together(reads), stack
        self._crew: Crew[Any, Any, Any] | None = None
        self._kind = b""

    def work_off(
        self, tasks: Iterable[tuple[Key, Task]], duty: Duty[Tool, Task, Result]
    ) -> Generator[tuple[Key, Result], None, None]:
        """As `Processes.work_off`."""
        if duty.reads is not None:
            duty = replace(duty, reads=together((*self._reads, *duty.reads)))
        # Equal tools, equal cages: partials are equal by what they say, not by what they are.
        kind = pickle.dumps(duty)
        if self._crew is None or kind != self._kind:
            self._stack.close()
            self._crew = self._stack.enter_context(standing_crew(duty, self._workers))
            self._kind = kind
        yield from self._crew.work_off(tasks)

    def standing(self, reads: tuple[Path, ...]) -> AbstractContextManager[Standing]:  # noqa: ARG002
        """As `Executor.standing`: it does already."""
        return nullcontext(self)


@contextmanager
def standing_crew(
    duty: Duty[Tool, Task, Result], workers: int, terms: Terms | None = None
) -> Iterator[Crew[Tool, Task, Result]]:
    """Workers that stay from one piece of work to the next, and end with the context.

    Args:
        duty: What is done with every task of every piece.
        workers: Processes at most; each starts when there is first something for it.
        terms: What they share with other crews of this machine; by default there is none.
    """
    with TemporaryDirectory(prefix="photoproof-") as turns:
        crew = Crew(duty, workers, terms or Terms(Path(turns), large_at_once(workers)))
        try:
            yield crew
        finally:
            crew.end()


@dataclass(eq=False, slots=True)
class _Worker(Generic[Task]):
    """A process, the line to it, and the tasks it has with their keys, the one in work first.

    Attributes:
        most: Tasks that it may have.
        since: When the one in work was begun, as far as the parent knows.
    """

    process: BaseProcess
    line: Connection
    ready: bool = False
    hand: deque[tuple[Any, Task]] = field(default_factory=deque)
    most: int = _IN_HAND
    since: float = 0.0

    def give(self, keyed: tuple[Any, Task]) -> None:
        """One task more."""
        if not self.hand:
            self.since = monotonic()
        self.hand.append(keyed)
        packed = ForkingPickler.dumps((keyed[1],))
        if len(packed) > _SMALL:
            self.most = _IN_HAND
        with suppress(OSError):  # it has died: `_results` will hear of it
            self.line.send_bytes(packed)

    def done(self) -> Any:
        """Key of the task that was in work; how long it took says how many it may have."""
        now = monotonic()
        quick = now - self.since < _QUICK_S
        self.most = min(self.most + 1, _IN_HAND_QUICK) if quick else _IN_HAND
        self.since = now
        return self.hand.popleft()[0]


class Crew(Generic[Tool, Task, Result]):
    """Worker processes, and what is still to do of the piece of work they are at."""

    def __init__(self, duty: Duty[Tool, Task, Result], most: int, terms: Terms) -> None:
        self._duty, self._most, self._terms = duty, most, terms
        self._tasks: Iterator[tuple[Any, Task]] = iter(())
        self._waiting: deque[tuple[Any, Task]] = deque()  # taken from `_tasks`, with no worker
        self._deaths: Counter[Any] = Counter()
        self._unstarted = 0  # workers in a row that ended before they were ready
        self._workers: dict[Connection, _Worker[Task]] = {}

    def work_off(
        self, tasks: Iterable[tuple[Key, Task]]
    ) -> Generator[tuple[Key, Result], None, None]:
        """One piece of work, as `Executor.work_off`; one after the other."""
        self._tasks = iter(tasks)
        self._deaths.clear()
        try:
            yield from self._results()
        finally:
            self._drop_what_is_in_hand()

    def end(self) -> None:
        """End every process: at once what still works or starts, after a while what has nothing."""
        for worker in self._workers.values():
            if worker.hand or not worker.ready:
                worker.process.kill()
            else:
                with suppress(OSError):
                    worker.line.send(None)
        for worker in self._workers.values():
            worker.process.join(_LEAVE_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.line.close()
        self._workers.clear()

    def _results(self) -> Iterator[tuple[Any, Result]]:
        """All results, as they come."""
        for worker in self._workers.values():  # from the piece before
            self._supply(worker)
        self._waiting.extend(islice(self._tasks, self._most - len(self._workers)))
        for _ in range(len(self._waiting)):
            self._hire()
        while self._waiting or any(worker.hand for worker in self._workers.values()):
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
                    key = worker.done()
                    self._supply(worker)
                    yield key, value
                else:
                    worker.ready, self._unstarted = True, 0
                    self._supply(worker)

    def _drop_what_is_in_hand(self) -> None:
        """The piece was given up before its end: who is at it cannot be asked for anything else."""
        self._tasks = iter(())
        self._waiting.clear()
        for worker in [worker for worker in self._workers.values() if worker.hand]:
            worker.process.kill()
            worker.process.join()
            worker.line.close()
            del self._workers[worker.line]

    def _hire(self) -> None:
        # Spawned, not forked: OpenVINO owns threads that a fork would lose.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._duty, self._terms), daemon=True)
        with kept_from_terminal():
            process.start()
        theirs.close()  # so that the line ends when the process does
        self._workers[ours] = _Worker(process, ours)

    def _supply(self, worker: _Worker[Task]) -> None:
        """Give a worker what it may have in hand."""
        while self._may_have_more(worker) and (keyed := self._next()):
            worker.give(keyed)

    def _may_have_more(self, worker: _Worker[Task]) -> bool:
        """None lies with a worker that is busy while another has nothing to do, or soon has not."""
        others = (other for other in self._workers.values() if other is not worker)
        return not worker.hand or (
            len(worker.hand) < worker.most and all(other.hand for other in others)
        )

    def _next(self) -> tuple[Any, Task] | None:
        return self._waiting.popleft() if self._waiting else next(self._tasks, None)

    def _lost(self, worker: _Worker[Task]) -> Iterator[tuple[Any, Result]]:
        """A worker has died: replace it, and try what it had in work again."""
        del self._workers[worker.line]
        worker.line.close()
        worker.process.join()
        self._unstarted = 0 if worker.ready else self._unstarted + 1
        if self._unstarted == _TRIES:
            raise ModelError("worker_died_starting")
        given_up: list[tuple[Any, Result]] = []
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
def kept_from_terminal() -> Iterator[None]:
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
