"""One case of the queue."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.core.types import Decision
from pipeline.desk.cases.verdicts import State
from pipeline.store.items import ItemRow


@dataclass(frozen=True, slots=True)
class Item:
    """One case as the queue knows it.

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


def item_of(row: ItemRow) -> Item:
    """An Item from what the ledger keeps of it."""
    words = {"decision": Decision(row.decision), "state": State(row.state)}
    return Item(**(row._asdict() | words))
