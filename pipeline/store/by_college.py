"""A run's decided students by where they belong, one at a time, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.core.types import Assessment, Case, Subject
from pipeline.store.cases import CASE, cases_of
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


def bare_cases(store: Store) -> Iterator[Case]:
    """Every decided student, in order: roster row, photo and decision, nothing else."""
    rows = store.db.execute(
        "SELECT subject, photo, assessment FROM student JOIN decision USING (student_key)"
        " ORDER BY position"
    )
    for row in rows:
        yield _bare(*row)


def _bare(subject: str, photo: str, assessment: str) -> Case:
    return Case(Subject(**json.loads(subject)), photo, unpack_assessment(assessment))


def cases_at(store: Store, places: Iterable[int], *, pictures_of_accepted: bool) -> Iterator[Case]:
    """The decided students at these places of the roster, from 0, in their order."""
    asked = f"{CASE} WHERE position = ?"
    rows = (row for place in places for row in store.db.execute(asked, (place,)))
    return cases_of(store, rows, pictures_of_accepted=pictures_of_accepted)
