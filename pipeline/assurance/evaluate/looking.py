"""Pictures looked at in worker processes, each with networks of its own.

Simpler than `night.executors.processes`: nothing has to survive a dying process, because an
evaluation can be run again, and a result that left a picture out would be worth nothing.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from models.manifest import DEFAULT_RECOGNISERS
from pipeline.core.errors import SourceError
from pipeline.core.policy import InputLimits
from pipeline.core.types import Floats, ImageFile, Pixels
from pipeline.night.executors.processes import die_with_parent
from pipeline.student.decode import decode_picture, read
from pipeline.student.examiner import Located, NetworkEngine

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class Locator(Protocol):
    """What an evaluation needs of an engine."""

    def locate(self, bgr: Pixels) -> Located:
        """Find the subject of one (H, W, 3) BGR picture and how the picture is turned."""

    def template(self, bgr: Pixels) -> Floats | None:
        """Unit-length template of a picture's subject; None when there is no face."""

    def close(self) -> None:
        """Release native resources."""


LocatorFactory = Callable[[], Locator]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that could not be used, and why."""

    path: str
    reason: str


def networks(
    limits: InputLimits, compare_by: Sequence[str] = DEFAULT_RECOGNISERS
) -> LocatorFactory:
    """A picklable factory of the real engine; arguments as `NetworkEngine`'s."""
    return partial(NetworkEngine, limits, compare_by)


def need_folder(root: Path) -> None:
    """Tell a mistyped root apart from a thousand missing pictures.

    Raises:
        SourceError: If `root` is no folder.
    """
    if not root.is_dir():
        raise SourceError(f"{root}: there is no such folder", "Correct --root.")


def opened(path: Path, limits: InputLimits) -> Pixels:
    """The picture, (H, W, 3) BGR, EXIF orientation applied.

    Raises:
        UnreadableError: If it is missing or no picture.
    """
    return decode_picture(read(ImageFile(path), limits), limits).bgr


def spread(
    work: Callable[[Locator, _Task], _Result],
    tasks: Sequence[_Task],
    factory: LocatorFactory,
    workers: int,
    on_progress: OnProgress = lambda *_: None,
) -> list[_Result]:
    """The result of every task, in the order of the tasks.

    Args:
        work: A function of the engine and one task; picklable for more than one worker.
        tasks: What to look at.
        factory: Makes one engine a process; picklable for more than one worker.
        workers: Processes; 1 works in this process.
        on_progress: Called with tasks done and tasks in all.

    Raises:
        SourceError: If a worker process dies.
    """
    done = _here(work, tasks, factory) if workers <= 1 else _apart(work, tasks, factory, workers)
    results: list[_Result] = []
    for result in done:
        results.append(result)
        on_progress(len(results), len(tasks))
    return results


def _here(
    work: Callable[[Locator, _Task], _Result], tasks: Iterable[_Task], factory: LocatorFactory
) -> Iterator[_Result]:
    looker = factory()
    try:
        for task in tasks:
            yield work(looker, task)
    finally:
        looker.close()


def _apart(
    work: Callable[[Locator, _Task], _Result],
    tasks: Iterable[_Task],
    factory: LocatorFactory,
    workers: int,
) -> Iterator[_Result]:
    # Spawned, not forked: OpenVINO owns threads that a fork would lose.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_start, initargs=(factory,))
    try:
        yield from pool.map(partial(_with_own, work), tasks)
    except BrokenProcessPool as error:
        raise SourceError(
            "A worker process died while it looked at a picture.",
            "Run again with --workers 1: the last picture begun is the cause, or memory ran out.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_looker: Locator | None = None  # the worker process's own


def _start(factory: LocatorFactory) -> None:
    global _looker
    die_with_parent()
    _looker = factory()


def _with_own(work: Callable[[Locator, _Task], _Result], task: _Task) -> _Result:
    assert _looker is not None
    return work(_looker, task)
