"""Where tasks are worked off: an `Executor` takes tasks with their keys and gives the results back.

`Processes` has worker processes on this machine, `OnRay` has them on the nodes of a Ray cluster,
and `Here` works in the caller's own process. What is done with a task is a `Duty`: a night's is
`assessing`, an evaluation brings one of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

Key = TypeVar("Key")
Task = TypeVar("Task")
Result = TypeVar("Result")
Tool = TypeVar("Tool")


@dataclass(frozen=True, slots=True)
class Afar(Generic[Task]):
    """What a duty needs on another machine; picklable.

    Attributes:
        pack: Called by the caller: what every machine is sent before its first task.
        unpack: Called there with that; raises `PhotoproofError` where the machine will not do.
        carry: The task with all that it reads, for machines that do not see the caller's files.
    """

    pack: Callable[[], object]
    unpack: Callable[[Any], None]
    carry: Callable[[Task], Task]


@dataclass(frozen=True, slots=True)
class Duty(Generic[Tool, Task, Result]):
    """What is done with every task; picklable, because workers may be elsewhere.

    Attributes:
        begin: Makes what one worker needs for all its tasks, an engine; raises `PhotoproofError`
            where that cannot be had.
        work: The result of one task. A `PhotoproofError` of it ends everything; whatever a bad
            task is to come to, it returns.
        given_up: What stands for the result of a task that ended its worker, by the reason;
            called in the caller's process, and may raise.
        end: Releases what `begin` made.
        reads: Folders and files that tasks read, where a worker process is to be shut into a cage
            (`cage`) once its tool is made; None leaves it free.
        afar: Where the workers may be on other machines; None where they need nothing there.
    """

    begin: Callable[[], Tool]
    work: Callable[[Tool, Task], Result]
    given_up: Callable[[Task, str], Result]
    end: Callable[[Tool], None]
    reads: tuple[Path, ...] | None = None
    afar: Afar[Task] | None = None


class Executor(Protocol):
    """Works tasks off."""

    def work_off(
        self, tasks: Iterable[tuple[Key, Task]], duty: Duty[Tool, Task, Result]
    ) -> Generator[tuple[Key, Result], None, None]:
        """The result of every task by its key, in any order; closing the iterator ends the work.

        Args:
            tasks: Each with a key; consumed as workers become free.
            duty: What is done with them.

        Raises:
            PhotoproofError: Of the duty. What was given before holds.
        """

    def standing(self, reads: tuple[Path, ...]) -> AbstractContextManager[Executor]:
        """The same, with workers that stay from one piece of work to the next of its kind.

        Args:
            reads: Folders and files below which lies all that the pieces read.
        """
