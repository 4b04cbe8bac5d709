"""Single photos checked for machines: warm caged workers, and a queue that has an end.

A picture goes through a pipe into the memory of a worker that can open no file of the site and
write nowhere. Nothing of it is kept, here or there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from models.manifest import DEFAULT_RECOGNISERS
from pipeline.core.policy import InputLimits, Policy, Profile
from pipeline.core.types import Evidence, ImageFile, Job, Subject
from pipeline.night.executors.assessing import assessing
from pipeline.night.executors.processes import Crew, standing_crew
from pipeline.single.checked import Checked, judged
from pipeline.student.allowance import Terms, large_at_once
from pipeline.student.engine import Engine, network_engine

LONGEST_S = 60  # that a caller is told to wait
_USUAL_S = 1.0  # a check, before one has been timed
_SLOW = 0.2  # how much of the running mean the newest check is


class BusyError(Exception):
    """Everybody is at work and the queue is full; come again after so many seconds."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class MakesEngine(Protocol):
    """As `network_engine`; picklable."""

    def __call__(
        self,
        limits: InputLimits,
        recognisers: Sequence[str],
        owners: Mapping[str, str] | None = None,
    ) -> Engine:
        """An engine in the process that calls."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a photo is judged by."""

    policy: Policy
    profile: Profile


@dataclass(slots=True)
class _Hands:
    """A thread's worker, and the limits that it was started with."""

    limits: InputLimits
    crew: Crew[Engine, Job, Evidence]
    stack: ExitStack


class Checking:
    """Checks pictures given as bytes; as many at once as there are workers, the others wait.

    Each thread has one worker process, started with its first picture. A picture that takes too
    long or ends its worker becomes a finding, as in a night, and the next has a new worker.

    Args:
        workers: Processes.
        waiting: Pictures that may wait for one.
        makes_engine: For tests.
    """

    def __init__(
        self, workers: int, waiting: int, makes_engine: MakesEngine = network_engine
    ) -> None:
        self._makes_engine = makes_engine
        self._workers, self._most = workers, workers + waiting
        # A worker ends when the thread that started it does: these stay until the end.
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._held, self._mean_s = 0, _USUAL_S
        self._hands: dict[int, _Hands] = {}  # by thread
        self._shared: TemporaryDirectory[str] | None = None  # what workers wait at for each other

    @contextmanager
    def place(self) -> Iterator[None]:
        """One of the places for a picture, from before its bytes are read until it is answered.

        So many pictures are in memory at once, and no more.

        Raises:
            BusyError: All are taken.
        """
        with self._lock:
            if self._held >= self._most:
                raise BusyError(self._wait_s())
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1

    def submit(self, picture: bytes, name: str, rules: Rules) -> Future[Checked]:
        """What comes of a picture, later; the call returns at once. Call it in a `place`.

        Args:
            picture: The file's bytes.
            name: What it is called, for the answer alone.
            rules: What it is judged by.

        Returns:
            Its result raises `ModelError` where no network runs on this machine. It can be
            cancelled until its turn comes.
        """
        with self._lock:
            self._pool = self._pool or ThreadPoolExecutor(self._workers, "check")
        return self._pool.submit(self._checked, ImageFile(Path(name), carried=picture), rules)

    def warm(self, rules: Rules) -> None:
        """Start the workers, so that the first picture does not wait for it; returns at once."""
        for _ in range(self._workers):
            self.submit(b"", "", rules)

    def close(self) -> None:
        """End the workers; what waits is cancelled. Who comes after that starts others."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)
        for hands in self._hands.values():
            hands.stack.close()
        self._hands.clear()
        if self._shared:
            self._shared.cleanup()
            self._shared = None

    def _wait_s(self) -> int:
        """How long until about half of those who are here have left."""
        return min(LONGEST_S, max(1, ceil(self._mean_s * self._held / self._workers / 2)))

    def _checked(self, file: ImageFile, rules: Rules) -> Checked:
        began = time.perf_counter()
        crew = self._crew(rules.policy.input)
        ((_, evidence),) = crew.work_off([("", Job(Subject("", 0), file))])
        with self._lock:
            self._mean_s += _SLOW * (time.perf_counter() - began - self._mean_s)
        return judged(file.path, evidence, rules.policy, rules.profile)

    def _crew(self, limits: InputLimits) -> Crew[Engine, Job, Evidence]:
        """This thread's worker; another one where a cohort's policy limits pictures otherwise."""
        thread = threading.get_ident()
        hands = self._hands.get(thread)
        if hands is None or hands.limits != limits:
            if hands is not None:
                hands.stack.close()
            factory = partial(self._makes_engine, limits, DEFAULT_RECOGNISERS)
            stack = ExitStack()
            # It reads nothing: its pictures come with their bytes.
            crew = stack.enter_context(standing_crew(assessing(factory, ()), 1, self._terms()))
            hands = self._hands[thread] = _Hands(limits, crew, stack)
        return hands.crew

    def _terms(self) -> Terms:
        with self._lock:
            self._shared = self._shared or TemporaryDirectory(prefix="photoproof-")
        return Terms(Path(self._shared.name), large_at_once(self._workers))


class Rates:
    """How often each name has come within the last minute.

    Args:
        per_minute: Times a name may come.
        clock: Seconds; for tests.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self._clock = per_minute, clock
        self._came: dict[str, list[float]] = {}

    def take(self, name: str) -> int:
        """Count a call; 0, or after how many seconds the next one is taken and this one is not."""
        now = self._clock()
        came = [at for at in self._came.get(name, ()) if at > now - 60]
        self._came[name] = came
        if len(came) >= self.most:
            return max(1, ceil(came[len(came) - self.most] + 60 - now))
        came.append(now)
        return 0
