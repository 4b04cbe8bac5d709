"""Cases that are answered together: exact facts of files, where the answer is the same for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from secrets import token_hex

from pipeline.core.types import Finding
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.kinds import Choice, exact, fitting, kind_of, together
from pipeline.desk.cases.queue import Asker, Filters, wanted
from pipeline.desk.cases.verdicts import Remedy, Verdict
from pipeline.report.view import reasons_of
from pipeline.store.items import Item

MOST = 500  # cases in one list; nobody looks over more


@dataclass(frozen=True, slots=True)
class Line:
    """One case of a list: what is the matter, and what it is known by when the list comes back."""

    item: Item
    finding: Finding
    has_picture: bool

    @property
    def mark(self) -> str:
        """The case and the bytes that were looked at."""
        return _mark(self.item)


@dataclass(frozen=True, slots=True)
class Group:
    """Cases of one reason and one usual answer.

    Attributes:
        name: Reason and usual remedy, "FORMAT:correct".
        usual: The answer that fits.
        choices: All that are offered.
    """

    name: str
    reason: str
    usual: Choice
    choices: tuple[Choice, ...]
    lines: tuple[Line, ...]


def waiting(desk: Desk, asker: Asker) -> list[Item]:
    """Cases that wait for this person, can be opened, and whose reasons are exact facts alone."""
    mine = desk.ledger.items.page(wanted(Filters(), asker), 1_000_000, 1)
    return [item for item in mine if exact(item) and not desk.busy(item)]


def groups(desk: Desk, asker: Asker) -> list[Group]:
    """The same by reason and usual answer, largest first."""
    found: defaultdict[tuple[str, Remedy | None], list[Line]] = defaultdict(list)
    offered: dict[tuple[str, Remedy | None], tuple[Choice, ...]] = {}
    for item in waiting(desk, asker):
        case = desk.case(item)
        key = item.codes[0], fitting(case, Verdict.OTHER)
        offered.setdefault(key, together(kind_of(item), case))
        found[key].append(Line(item, reasons_of(case)[0], "photo" in case.pictures))
    return [
        Group(
            f"{reason}:{remedy}",
            reason,
            offered[reason, remedy][0],
            offered[reason, remedy],
            tuple(lines[:MOST]),
        )
        for (reason, remedy), lines in sorted(found.items(), key=lambda one: -len(one[1]))
    ]


def record(desk: Desk, asker: Asker, marks: Iterable[str], given: Given) -> tuple[str, int, int]:
    """Answer the cases that are still as they were looked at, each by an entry of its own.

    Args:
        desk: Of the cases.
        asker: Who answers.
        marks: `Line.mark` of each.
        given: What they say of all; a batch is made.

    Returns:
        The batch, how many were recorded, how many were left out.
    """
    batch = token_hex(8)
    known: Mapping[str, Item] = {_mark(item): item for item in waiting(desk, asker)}
    asked = list(dict.fromkeys(marks))
    chosen = [known[mark] for mark in asked if mark in known]
    said = Given(given.verdict, remedy=given.remedy, batch=batch)
    for item in chosen:
        give(desk, item, asker.who, asker.role, said)
    return batch, len(chosen), len(asked) - len(chosen)


def _mark(item: Item) -> str:
    return f"{item.id}.{item.photo_sha256[:8]}.{'-'.join(item.codes)}"
