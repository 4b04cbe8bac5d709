"""How much time and memory one picture may take, held by the kernel and not by good will.

A decoder in a loop answers nobody, so time is held by a timer that ends the process, and only
where `enforce` has said that the process may be ended: in a worker. Memory is held by a limit on
address space, under which a decoder is refused what it asks for. Elsewhere than on Linux memory is
bounded by what a picture's header tells (`pipeline.student.cost`) alone.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.core.memory import usable_memory
from pipeline.core.policy import InputLimits

# A picture that takes more than this waits until no other worker has one.
LARGE = 256 * 2**20
_POLL_S = 0.05
_STATM = Path("/proc/self/statm")
# What a worker takes by itself, in bytes: networks, libraries, a usual photo.
_WORKER = 400 * 2**20
_PARENT = 300 * 2**20  # of 20,000 students
_LARGEST = 1500 * 10**6  # of a large picture, by the shipped policy


@dataclass(frozen=True, slots=True)
class Terms:
    """What workers of one machine share.

    Attributes:
        turns: Folder of the files whose locks large pictures wait for, one at a time a file.
        at_once: Large pictures that fit the machine's memory together.
    """

    turns: Path
    at_once: int


def large_at_once(workers: int) -> int:
    """How many large pictures fit the memory beside so many workers; 1 at least."""
    return max(1, (usable_memory() - workers * _WORKER) // _LARGEST)


def workers_within(memory: int) -> int:
    """How many workers fit so many bytes, beside their parent and one large picture; 1 at least."""
    return max(1, (memory - _PARENT - _LARGEST) // _WORKER)


_terms: Terms | None = None  # the process's own; None where nothing may end it


def enforce(terms: Terms) -> None:
    """Let this process be ended by a picture that takes too long."""
    global _terms
    _terms = terms
    if sys.platform != "win32":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


@contextmanager
def time_for_one(limits: InputLimits) -> Iterator[None]:
    """One picture from file to measurements; the process is ended where it takes too long."""
    _arm(limits.max_seconds)
    try:
        yield
    finally:
        _arm(0)


@contextmanager
def memory_for(size: int, limits: InputLimits) -> Iterator[None]:
    """Decoding one picture; what goes beyond the limit meets a MemoryError.

    Args:
        size: Bytes that it takes by its header.
        limits: `max_memory_mb` more than the process has may be taken.

    Raises:
        MemoryError: The machine has not so much.
    """
    with _turn(size), _held(limits.max_memory_mb * 10**6):
        yield


@contextmanager
def _turn(size: int) -> Iterator[None]:
    """A large picture waits for its turn; waiting is not counted as its time."""
    if _terms is None or size < LARGE:
        yield
        return
    left = _arm(0)
    locks = [FileLock(_terms.turns / str(place)) for place in range(_terms.at_once)]
    while not (held := next(filter(_taken, locks), None)):
        time.sleep(_POLL_S)
    _arm(left)
    try:
        if size > usable_memory():
            raise MemoryError
        yield
    finally:
        held.release()


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _arm(seconds: float) -> float:
    """Set the timer, 0 to stop it; the seconds that were left on it, 0 of one that stood still."""
    if _terms is None or sys.platform == "win32":
        return 0
    return signal.setitimer(signal.ITIMER_REAL, seconds)[0]


@contextmanager
def _held(more: int) -> Iterator[None]:
    """No more address space than the process has now and `more` bytes; Linux only."""
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(_STATM.read_bytes().split()[0])
    most = pages * resource.getpagesize() + more
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
