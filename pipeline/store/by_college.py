"""A run's decided students by where they belong, one at a time, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.core.types import Assessment, Case
from pipeline.store.packing import unpack_assessment
from pipeline.store.run_store import Store


class Placed(NamedTuple):
    """One decided student, or photo that nobody claims: place in the roster, college, decision."""

    position: int
    college: str
    stray: bool
    assessment: Assessment


def placed(store: Store) -> Iterator[Placed]:
    """Everybody decided, in the roster's order."""
    rows = store.db.execute(
        "SELECT position, subject, assessment FROM student JOIN decision USING (student_key)"
        " ORDER BY position"
    )
    for position, subject, assessment in rows:
        told = json.loads(subject)
        stray = not told["student_key"]
        yield Placed(position, told["college"].strip(), stray, unpack_assessment(assessment))


def cases_at(store: Store, positions: Iterable[int]) -> Iterator[Case]:
    """The decided students at these places of the roster, in their order."""
    for position in positions:
        asked = "SELECT student_key FROM student WHERE position = ?"
        for (student_key,) in store.db.execute(asked, (position,)).fetchall():
            if case := store.case(student_key):
                yield case
