"""Decided students as reports see them, some at a time: one question a table is for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from pipeline.core.types import Case, Comparison, Decision, Measurement, Subject
from pipeline.store.packing import COMPARED, Packed, Unpacked, unpack_assessment
from pipeline.store.sealing import place_of

if TYPE_CHECKING:
    from pipeline.store.run_store import Store

CASE = (
    "SELECT student_key, subject, photo, assessment, measured, units, errors"
    " FROM student JOIN decision USING (student_key)"
)
_TOGETHER = 200  # with their pictures 6 MB
_COMPARED = ", ".join(COMPARED)


def cases_of(
    store: Store, rows: Iterable[tuple[str, ...]], *, pictures_of_accepted: bool = True
) -> Iterator[Case]:
    """Cases, in the order of the rows.

    Args:
        store: The run's.
        rows: Of `CASE`.
        pictures_of_accepted: Or only of those about whom something has to be done.
    """
    waiting = iter(rows)
    while some := list(islice(waiting, _TOGETHER)):
        found = [(row, unpack_assessment(row[3])) for row in some]
        keys = [row[0] for row in some]
        shown = [
            row[0]
            for row, assessment in found
            if pictures_of_accepted or assessment.decision is not Decision.ACCEPT
        ]
        across = _by_student(store, keys, "name, value, unit, error", "conclusion", "name")
        compared = _by_student(store, keys, _COMPARED, "comparison", "position")
        pictures = _by_student(store, shown, "slot, jpeg", "picture", "slot")
        files = store.deliveries.of_each(keys)
        for (key, subject, photo, _, *texts), assessment in found:
            more = {name: Measurement(name, *rest) for name, *rest in across.get(key, ())}
            yield Case(
                subject=Subject(**json.loads(subject)),
                photo=photo,
                assessment=assessment,
                measurements=Unpacked(Packed(*texts), more),
                comparisons=tuple(Comparison(*row) for row in compared.get(key, ())),
                pictures={
                    slot: store.seal.open(kept, place_of(key, slot))
                    for slot, kept in pictures.get(key, ())
                },
                files=tuple(files.get(key, ())),
            )


def _by_student(
    store: Store, keys: Sequence[str], columns: str, table: str, order: str
) -> dict[str, list[Sequence[Any]]]:
    """Rows of a table by student, each student's in order."""
    found: dict[str, list[Sequence[Any]]] = {}
    rows = store.db.execute(
        f"SELECT student_key, {columns} FROM {table}"  # noqa: S608 - our own words
        f" WHERE student_key IN (SELECT value FROM json_each(?)) ORDER BY student_key, {order}",
        (json.dumps(keys),),
    )
    for student_key, *row in rows:
        found.setdefault(student_key, []).append(row)
    return found
