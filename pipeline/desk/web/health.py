"""Whether the desk and what it stands on are well: yes and no, counts and seconds.

What is told here is told to machines that watch, without a session: nobody's data, no
path, no secret.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from models import manifest
from pipeline.core.errors import ModelError, PhotoproofError
from pipeline.desk.cases.desk import Desk
from pipeline.night.folder import LEDGER, SUMMARY
from pipeline.store import RunSummary
from pipeline.store.items import Wanted

ENOUGH_DISK = 2**30  # bytes; a night of 20,000 students writes a third of that
_AGAIN_S = 5.0  # asked more often, the last answer is given: asking must not be work


@dataclass(frozen=True, slots=True)
class Health:
    """What was found.

    Attributes:
        store: The run's store can be read and the desk's ledger written; not so while a run's
            folder is away or damaged.
        weights: Those of the run's recogniser are all there, by their sizes.
        free: Bytes that are left where the run lies; None where nobody can say.
        night: The last night that ended well.
        late: That night ended too long ago, or there is none.
        cases: Cases by state, as the desk last read the run.
        up: Seconds that this process has served.
    """

    store: bool
    weights: bool
    free: int | None
    night: RunSummary | None
    late: bool
    age: float | None
    cases: Mapping[str, int] = field(default_factory=dict)
    up: float = 0.0

    @property
    def parts(self) -> dict[str, bool]:
        """Each part and whether it is well."""
        disk = self.free is not None and self.free >= ENOUGH_DISK
        return {
            "process": True,
            "store": self.store,
            "weights": self.weights,
            "disk": disk,
            "night": not self.late,
        }

    @property
    def well(self) -> bool:
        """Whether every part is."""
        return all(self.parts.values())

    def as_json(self) -> dict[str, Any]:
        """As JSON's types, in what is called /healthz."""
        told: dict[str, Any] = {"status": "ok" if self.well else "fault"}
        told |= {part: {"ok": ok} for part, ok in self.parts.items()}
        told["process"]["up_seconds"] = round(self.up)
        told["disk"]["free_bytes"] = self.free
        told["night"]["age_seconds"] = None if self.age is None else round(self.age)
        return told


class Watch:
    """Looks at a run's desk, at most once in a few seconds however often it is asked."""

    def __init__(self, run: Path, night_hours: float = 0) -> None:
        """Watch a run's folder.

        Args:
            run: The folder.
            night_hours: A last good night older than this is a fault; 0 only tells its age.
        """
        self._run, self._night_hours = run, night_hours
        self._began, self._lock = monotonic(), Lock()
        self._known: tuple[float, Health] | None = None

    def look(self) -> Health:
        """What is the case."""
        with self._lock:
            now = monotonic()
            if self._known is None or now - self._known[0] > _AGAIN_S:
                self._known = now, self._examine(now)
            return self._known[1]

    def _examine(self, now: float) -> Health:
        store, cases = _store(self._run)
        night = _last_night(self._run)
        age = None if night is None else _age(night)
        limit = self._night_hours * 3600
        late = bool(limit) and (age is None or age > limit)
        return Health(
            store, _weights(night), _free(self._run), night, late, age, cases, now - self._began
        )


def _store(run: Path) -> tuple[bool, Mapping[str, int]]:
    if not os.access(run / LEDGER, os.R_OK | os.W_OK):  # Desk would make a ledger that is away
        return False, {}
    try:
        with closing(Desk(run)) as desk:
            desk.store.summary()
            return True, dict(desk.ledger.items.counts(Wanted(), "state"))
    except (PhotoproofError, sqlite3.Error, OSError):
        return False, {}


def _last_night(run: Path) -> RunSummary | None:
    """What the last night that ended well said; the store says nothing while one is at work."""
    try:
        return RunSummary.read((run / SUMMARY).read_text("utf-8"), SUMMARY)
    except (OSError, ValueError, PhotoproofError):
        return None


def _age(night: RunSummary) -> float | None:
    try:
        ended = datetime.fromisoformat(night.finished).astimezone(UTC)
    except ValueError:
        return None
    return max(0.0, (datetime.now(UTC) - ended).total_seconds())


def _weights(night: RunSummary | None) -> bool:
    names = night.recogniser.split("+") if night else manifest.DEFAULT_RECOGNISERS
    try:
        manifest.expected(names)
    except (ModelError, OSError):
        return False
    return True


def _free(run: Path) -> int | None:
    try:
        return shutil.disk_usage(run).free
    except OSError:
        return None
