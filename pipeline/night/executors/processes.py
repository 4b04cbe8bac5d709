"""Worker processes that each hold one engine; work streams in, evidence streams out.

A worker that dies takes down Python's whole pool, so the students it may have had in hand are tried
again one by one in fresh processes; the one that kills its process again becomes data. An engine
that cannot start is nobody's photo: it stops the night.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from pipeline.core.errors import ModelError, PhotoproofError
from pipeline.core.measurements import ASSESS_ERROR
from pipeline.core.types import Evidence, Job, Measurement
from pipeline.student.engine import Engine

EngineFactory = Callable[[], Engine]
Keyed = tuple[str, Job]

# Jobs handed out ahead of their turn, a worker: enough to keep it busy, few enough to stay flat.
_AHEAD = 4

# The worker process's own: its engine, or why it has none.
_engine: Engine | None = None
_fault: PhotoproofError | None = None


def assess_all(
    jobs: Iterable[Keyed], factory: EngineFactory, workers: int
) -> Iterator[tuple[str, Evidence]]:
    """Evidence of every job, in the order it is finished; never raises for a bad photo.

    Args:
        jobs: Key and job; consumed as workers become free.
        factory: Makes an engine; must be picklable for more than one worker.
        workers: Processes; 1 works in this process.

    Raises:
        ModelError: An engine cannot start, the first or a later worker's; what was yielded before
            holds.
    """
    if workers <= 1:
        yield from _here(jobs, factory)
        return
    waiting = iter(jobs)
    while suspects := (yield from _until_broken(waiting, factory, workers)):
        for keyed in suspects:
            yield from _alone(keyed, factory)


def assess_one(engine: Engine, job: Job) -> Evidence:
    """One student; whatever goes wrong becomes a measurement with the reason."""
    try:
        return engine.assess(job)
    except ModelError:  # a network that cannot run would fail on everybody's photo
        raise
    except Exception as error:  # noqa: BLE001 - the other of the two: a failing photo is data
        # The type alone: a message could quote a path, and a path could quote an ID number.
        return _failed(job, f"internal error ({type(error).__name__})")


def _failed(job: Job, reason: str) -> Evidence:
    return Evidence(measurements=(*job.facts, Measurement(ASSESS_ERROR, reason)))


def _here(jobs: Iterable[Keyed], factory: EngineFactory) -> Iterator[tuple[str, Evidence]]:
    engine: Engine | None = None
    try:
        for key, job in jobs:
            engine = engine or _started(factory)
            yield key, assess_one(engine, job)
    finally:
        if engine is not None:
            engine.close()


def _pool(factory: EngineFactory, workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: OpenVINO owns threads that a fork would lose.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_start, initargs=(factory,))


def _until_broken(
    waiting: Iterator[Keyed], factory: EngineFactory, workers: int
) -> Generator[tuple[str, Evidence], None, list[Keyed]]:
    """Work until all is done or a process dies.

    Returns:
        The jobs in hand when a process died, at least one; none when all is done.
    """
    pool = _pool(factory, workers)
    running: dict[Future[Evidence], Keyed] = {}
    taken: Keyed | None = None  # from `waiting`, and not with the pool yet
    try:
        _prove(pool, workers)
        while True:
            for taken in islice(waiting, workers * _AHEAD - len(running)):
                running[pool.submit(_work, taken[1])] = taken
            taken = None
            if not running:
                return []
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                evidence = future.result()
                yield running.pop(future)[0], evidence
    except BrokenProcessPool:
        # A pool may break while nothing is with it; the job it then refuses is in hand too.
        in_hand = list(running.values())
        return in_hand if taken is None or taken in in_hand else [*in_hand, taken]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _alone(keyed: Keyed, factory: EngineFactory) -> Iterator[tuple[str, Evidence]]:
    key, job = keyed
    pool = _pool(factory, 1)
    try:
        _prove(pool, 1)
        yield key, pool.submit(_work, job).result()
    except BrokenProcessPool:
        yield key, _failed(job, "the worker process died twice on this photo")
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prove(pool: ProcessPoolExecutor, workers: int) -> None:
    """Wait until the engines run, so that a machine which cannot run one fails before any photo.

    Raises:
        ModelError: One cannot start.
    """
    try:
        for ready in [pool.submit(_is_ready) for _ in range(workers)]:
            ready.result()
    except BrokenProcessPool as error:
        raise ModelError(
            "a worker process ended while it was starting",
            "Its memory may have run out: take fewer --workers. `photoproof doctor` looks further.",
        ) from error


def _started(factory: EngineFactory) -> Engine:
    engine = factory()
    engine.start()
    return engine


def _start(factory: EngineFactory) -> None:
    global _engine, _fault
    die_with_parent()
    try:
        _engine = _started(factory)
    except PhotoproofError as error:  # raised here, it would reach the parent as a dead process
        _fault = error


def die_with_parent() -> None:
    """Call in a worker: it ends when its parent is killed, instead of waiting for work forever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _ready() -> Engine:
    if _fault is not None:
        raise _fault
    assert _engine is not None
    return _engine


def _is_ready() -> bool:
    return bool(_ready())


def _work(job: Job) -> Evidence:
    return assess_one(_ready(), job)
