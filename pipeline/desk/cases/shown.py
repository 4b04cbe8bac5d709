"""What one person may see of a case: the machine's answer only after their own, where it is blind.

Everything that pages and answers show of a case comes from here, so that this is the one place
where the machine's answer could slip out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.eyes import eyes_of
from pipeline.core.reasons import kind_name
from pipeline.core.types import OVERLAY, PHOTO, Case
from pipeline.core.words import Language
from pipeline.desk.cases.answers import first_answer_given
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import Answer, Outcome, standing
from pipeline.report.view import card, masked_case
from pipeline.store.items import Item

# What a card says of the student; the rest is the machine's.
_STUDENT = ("id", "also", "name", "number", "college", "major", "class", "photo", "files")


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One case as one person sees it.

    Attributes:
        pictures: Number in the address, slot, and words under each picture.
        eyes: Where the eyes lie in a picture, by slot (`pipeline.core.eyes`), where known.
        student: Entries of the report's card that say who it is.
        machine: The card's other entries; empty as long as they are hidden.
        mine: The viewer's own standing answer.
        others: Standing answers of others; none before the viewer's own first answer.
        named: Students that the machine's reasons name, who have cases here.
        outcome: State and whose answer is missing; the concluding answer only with `others`.
    """

    item: Item
    hidden: bool
    student: dict[str, Any]
    pictures: list[tuple[int, str, str]]
    eyes: dict[str, str]
    machine: dict[str, Any] = field(default_factory=dict)
    mine: Answer | None = None
    others: tuple[Answer, ...] = ()
    named: tuple[str, ...] = ()
    outcome: Outcome | None = None
    outside: tuple[Answer, ...] = ()


def hidden_from(desk: Desk, item: Item, who: str) -> bool:
    """Whether the machine's answer, and other people's, must not be shown to this person yet."""
    return item.blind and not first_answer_given(desk, item, who)


def show(desk: Desk, item: Item, who: str, lang: Language) -> ShownCase:
    """What this person may see now.

    Raises:
        StoreError: A run is at work on the case.
    """
    case = masked_case(desk.case(item), desk.mask)
    told = card(case, lang)
    known = [replace(a, comment=desk.mask(a.comment)) for a in desk.answers(item)]
    hidden = hidden_from(desk, item, who)
    pictures = [
        (number, slot, _caption(slot, lang))
        for number, slot in enumerate(slots(case.pictures, hidden))
    ]
    standing_now = standing(known)
    return ShownCase(
        item=item,
        hidden=hidden,
        student={key: told[key] for key in _STUDENT if key in told},
        pictures=pictures,
        eyes=eyes_of(case.measurements),
        machine={} if hidden else {k: v for k, v in told.items() if k not in _STUDENT},
        mine=next((a for a in standing_now if a.who == who), None),
        others=() if hidden else tuple(a for a in standing_now if a.who != who),
        named=() if hidden else tuple(_named(desk, case)),
        outcome=None if hidden else desk.settled(item, known),
        outside=() if hidden else tuple(a for a in known if a.kind in ("registry", "student")),
    )


def _named(desk: Desk, case: Case) -> Iterator[str]:
    """Students that findings name, each once, themselves left out."""
    found = case.assessment
    values = (f.value for f in found.findings if isinstance(f.value, str))
    for number in dict.fromkeys((found.looks_like, *values)):
        if number and number != case.subject.student_key and desk.student(number):
            yield number


def slots(pictures: Iterable[str], hidden: bool) -> list[str]:
    """The picture slots of a case in the order of their numbers: the photo, then references.

    Args:
        pictures: Slots.
        hidden: Leave the overlay out, which says what the machine found; else it comes last.
    """
    shown = (slot for slot in pictures if not (hidden and slot == OVERLAY))
    return sorted(shown, key=lambda slot: (slot == OVERLAY, slot != PHOTO))


def _caption(slot: str, lang: Language) -> str:
    """The kind of a reference in words; `idcard#2` is the second of its kind."""
    kind, _, number = slot.partition("#")
    return " ".join(filter(None, (kind_name(kind, lang), number)))
