"""What came of a cohort's night, and of all of them; nothing about a person."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


class Outcome(enum.StrEnum):
    """How a cohort's night ended, from best to worst."""

    WELL = "well"
    WAITING = "waiting"  # people have cases to look at
    ARRIVING = "arriving"  # roster or archives were still being written
    STOPPED = "stopped"  # by the safety catch
    BROKEN = "broken"


# What a scheduler sees. 0 and 30 are good nights; the others want somebody before the next one.
EXIT_CODES = {
    Outcome.WELL: 0,
    Outcome.WAITING: 30,
    Outcome.ARRIVING: 31,
    Outcome.STOPPED: 32,
    Outcome.BROKEN: 33,
}
_ORDER = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class CohortNight:
    """One cohort's night.

    Attributes:
        cohort: Its name in the site's file.
        title: For people.
        outcome: How it ended.
        students: In the roster.
        assessed: Looked at this night.
        decisions: Students by the machine's decision.
        waiting: Cases that wait for people.
        arriving: Files left for the next night, because they were still being written.
        said: What people have to know, in sentences; names, numbers and paths never.
        fault: What the error says that broke it, and what to do, for the terminal alone: it may
            name a file.
        night: Name of the night's folder, "" where there is none.
        purged: The cohort's time was over, and its data was deleted.
    """

    cohort: str
    title: str
    outcome: Outcome
    students: int = 0
    assessed: int = 0
    decisions: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    arriving: int = 0
    said: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    night: str = ""
    purged: bool = False

    def as_json(self) -> dict[str, Any]:
        """As JSON's types, to be sent: without what the error says."""
        told = {**asdict(self), "outcome": self.outcome.value, "said": list(self.said)}
        del told["fault"]
        return told


def worst(nights: Sequence[CohortNight]) -> Outcome:
    """The outcome that all together have."""
    return max((night.outcome for night in nights), key=_ORDER.index, default=Outcome.WELL)
