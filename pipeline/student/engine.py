"""Engines turn one job into evidence. `Engine` is all that `pipeline.night.run` knows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pipeline.core.policy import InputLimits
from pipeline.core.types import Evidence, Job


class Engine(Protocol):
    """Looks at one student at a time; lives in one process for a whole run."""

    def start(self) -> None:
        """Prove that all it needs runs on this machine, before the first student.

        Raises:
            ModelError: Something cannot; says what, and what to do.
        """

    def assess(self, job: Job) -> Evidence:
        """Everything seen of one student. A bad photo is data, never an exception."""

    def close(self) -> None:
        """Release native resources."""


def network_engine(
    limits: InputLimits, recognisers: Sequence[str], owners: Mapping[str, str] | None = None
) -> Engine:
    """The real engine (`pipeline.student.examiner`).

    OpenCV and OpenVINO are loaded here, in the process that works, and not where its parent names
    this function.

    Raises:
        ModelError: If weights are missing or damaged.
    """
    from pipeline.student.examiner import NetworkEngine

    return NetworkEngine(limits, recognisers, owners)
