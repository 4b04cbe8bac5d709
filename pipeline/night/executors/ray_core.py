"""What runs on the nodes of a Ray cluster: one actor for a core.

The actor itself looks at no picture. It has one worker process, started, caged, timed and replaced
as on the caller's own machine (`processes`), so that a picture comes to the same everywhere.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import PhotoproofError
from pipeline.night.executors import Duty
from pipeline.night.executors.processes import Crew, standing_crew
from pipeline.student.allowance import Terms, large_at_once


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Stands for the result of a task that ended its worker; the caller knows what comes of it."""

    reason: str


class Core:
    """One core of a node.

    Args:
        duty: What is done with every task.
        run: Name of the work, the same for all cores of it.
    """

    def __init__(self, duty: Duty[Any, Any, Any], run: str) -> None:
        self._duty = replace(duty, given_up=_given_up)
        self._turns = Path(tempfile.gettempdir()) / f"photoproof-{run}"
        self._stack = ExitStack()
        self._crew: Crew[Any, Any, Any] | None = None

    def ready(self, sent: object, cores: int) -> PhotoproofError | None:
        """Get ready; the fault that this machine has, if it has one.

        Args:
            sent: As `Afar.unpack`.
            cores: Of this work on this node, at most.
        """
        try:
            if self._duty.afar:
                self._duty.afar.unpack(sent)
        except PhotoproofError as error:
            return error
        if self._crew is None:
            self._turns.mkdir(mode=0o700, exist_ok=True)
            terms = Terms(self._turns, large_at_once(cores))
            self._crew = self._stack.enter_context(standing_crew(self._duty, 1, terms))
        return None

    def work(self, chunk: Sequence[Any]) -> list[Any] | PhotoproofError:
        """The results of some tasks in their order, `GivenUp` among them; or what ends the work."""
        assert self._crew is not None
        try:
            found = dict(self._crew.work_off(enumerate(chunk)))
        except PhotoproofError as error:
            return error
        return [found[number] for number in range(len(chunk))]

    def leave(self) -> None:
        """End the worker; nothing of it is left on the node."""
        self._stack.close()
        shutil.rmtree(self._turns, ignore_errors=True)


def _given_up(_task: object, reason: str) -> GivenUp:
    return GivenUp(reason)
