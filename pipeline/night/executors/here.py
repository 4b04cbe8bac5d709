"""Tasks worked off in the caller's own process, one after the other.

For tests and for few tasks. Nothing stops a task here that never ends, and one that kills its
process kills the caller.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from pipeline.night.executors import Duty, Key, Result, Task, Tool


class Here:
    """An `Executor` without workers."""

    def work_off(
        self, tasks: Iterable[tuple[Key, Task]], duty: Duty[Tool, Task, Result]
    ) -> Generator[tuple[Key, Result], None, None]:
        """As `Executor.work_off`, in the order of the tasks; the tool is made for the first."""
        tool: Tool | None = None
        try:
            for key, task in tasks:
                if tool is None:
                    tool = duty.begin()
                yield key, duty.work(tool, task)
        finally:
            if tool is not None:
                duty.end(tool)

    def standing(self, reads: tuple[Path, ...]) -> AbstractContextManager[Here]:  # noqa: ARG002
        """As `Executor.standing`: there are no workers."""
        return nullcontext(self)
