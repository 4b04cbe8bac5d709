"""One row of the queue's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.review.verdicts import State
from pipeline.types import Decision

INSERT = (
    "INSERT INTO item (id, key, subject, photo_sha256, position, name, numbers, college, class,"
    " decision, blind, seeded, codes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the queue's table.

    Attributes:
        id: What addresses name: unlike a student number it cannot be guessed, and another run's
            ids mean nothing here.
        key: The store's key.
        subject: Whose answers belong here, together with `photo_sha256`.
        blind: Judged before the machine's answer is shown.
        codes: The machine's reasons above advice.
    """

    id: str
    key: str
    subject: str
    photo_sha256: str
    position: int
    name: str
    numbers: str
    college: str
    class_name: str
    decision: Decision
    blind: bool
    seeded: bool
    codes: tuple[str, ...]
    queued: bool
    state: State
    need: str


def item_of(row: tuple[Any, ...]) -> Item:
    """An Item from a row of its table."""
    head, (decision, blind, seeded, codes, queued, state, need) = row[:9], row[9:]
    identifier, key, subject, sha256, position, name, numbers, college, class_name = head
    return Item(
        *(identifier, key, subject, sha256, position, name, numbers, college, class_name),
        Decision(decision),
        bool(blind),
        bool(seeded),
        tuple(filter(None, codes.split(";"))),
        bool(queued),
        State(state),
        need,
    )
