"""Pictures looked at in worker processes, each with networks of its own.

A picture that takes longer than the policy allows is a failure and told as one. What kills its
process otherwise stops an evaluation, which can be run again: it may be the machine's fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from models.manifest import DEFAULT_RECOGNISERS
from pipeline.core.errors import SourceError
from pipeline.core.policy import InputLimits
from pipeline.core.types import Floats, ImageFile, Pixels
from pipeline.night.executors import Duty, Executor
from pipeline.night.executors.here import Here
from pipeline.night.executors.processes import TOOK_TOO_LONG, Processes
from pipeline.student.allowance import time_for_one
from pipeline.student.decode import decode_picture, read
from pipeline.student.detect import Located
from pipeline.student.examiner import NetworkEngine

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
        raise SourceError("root_missing", root=root)


def opened(path: Path, limits: InputLimits) -> Pixels:
    """The picture, (H, W, 3) BGR, EXIF orientation applied.

    Raises:
        UnreadableError: If it is missing or no picture.
    """
    with time_for_one(limits):
        return decode_picture(read(ImageFile(path), limits), limits).bgr


def spread(
    work: Callable[[Locator, _Task], _Result],
    tasks: Sequence[_Task],
    factory: LocatorFactory,
    workers: int,
    on_progress: OnProgress = lambda *_: None,
) -> list[_Result | Failure]:
    """The result of every task, in the order of the tasks.

    Args:
        work: A function of the engine and one task; picklable for more than one worker.
        tasks: What to look at.
        factory: Makes one engine a process; picklable for more than one worker.
        workers: Processes; 0 works in this process, where nothing ends a picture.
        on_progress: Called with tasks done and tasks in all.

    Raises:
        SourceError: If a worker process dies.
    """
    executor: Executor = Here() if workers < 1 else Processes(workers)
    results: dict[int, _Result | Failure] = {}
    duty: Duty[Locator, _Task, _Result | Failure] = Duty(factory, work, _died, _close)
    with closing(executor.work_off(enumerate(tasks), duty)) as found:
        for place, result in found:
            results[place] = result
            on_progress(len(results), len(tasks))
    return [results[place] for place in range(len(tasks))]


def _died(task: object, reason: str) -> Failure:
    if reason != TOOK_TOO_LONG:
        raise SourceError("evaluation_worker_died")
    return Failure(str(task), reason)


def _close(locator: Locator) -> None:
    locator.close()
