"""An engine in a process of its own: a picture that takes too long ends it, and nobody waits."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from pipeline.core.cage import together
from pipeline.core.types import Evidence, Job
from pipeline.night.executors.assessing import EngineFactory, assessing
from pipeline.night.executors.processes import standing_crew


class Apart:
    """An `Engine` whose pictures are looked at as in a night: timed, caged, tried twice.

    What a picture ends becomes evidence that says so. The worker is a new process, so the main
    module of the program must be one that can be imported.

    Args:
        factory: Makes the engine in the worker; picklable.
        files: Those that will be looked at; the worker can read what lies beside them.
    """

    def __init__(self, factory: EngineFactory, files: list[Path]) -> None:
        self._stack = ExitStack()
        duty = assessing(factory, together(path.absolute().parent for path in files))
        self._crew = self._stack.enter_context(standing_crew(duty, 1))

    def start(self) -> None:
        """The worker starts with its first picture."""

    def assess(self, job: Job) -> Evidence:
        """Everything seen of one student."""
        ((_, evidence),) = self._crew.work_off([("", job)])
        return evidence

    def close(self) -> None:
        """End the worker."""
        self._stack.close()
