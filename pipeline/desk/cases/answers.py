"""Appending to the ledger: answers, what takes them back, and steps that move a case on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import FeatureAnswer, Remedy, State, Verdict
from pipeline.store.items import Item


class NotNowError(Exception):
    """This step does not fit the state the case is in."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a reviewer says.

    Attributes:
        codes: The machine's reasons as they were shown; None for those of now.
        offline: Said in the static report, with the machine's answer in view.
    """

    verdict: Verdict
    sure: bool = True
    remedy: Remedy | None = None
    features: Mapping[str, FeatureAnswer] = field(default_factory=dict)
    comment: str = ""
    known_good: bool = False
    codes: tuple[str, ...] | None = None
    offline: bool = False


def first_answer_given(desk: Desk, item: Item, who: str) -> bool:
    """Whether this person has answered this case before, taken back or not."""
    return desk.ledger.answers.answered(item.answers_key, item.photo_sha256, who)


def give(desk: Desk, item: Item, who: str, role: Role | None, given: Given) -> None:
    """Record an answer; two at the same moment are both kept.

    Args:
        desk: Of the case.
        item: The case.
        who: The reviewer.
        role: None for an answer read from a file, which is never a lead's.
        given: What they say.
    """
    with desk.ledger.transaction():
        content = {
            "verdict": given.verdict.value,
            "sure": given.sure,
            "measure": given.remedy.value if given.remedy else None,
            "features": dict(given.features),
            "comment": desk.mask(given.comment),
            "known_good": given.known_good and given.verdict is Verdict.OK,
            "codes": item.codes if given.codes is None else given.codes,
            "blind": item.blind and not first_answer_given(desk, item, who) and role is not None,
            "offline": given.offline,
            "seeded": item.seeded,
            "lead": role is Role.LEAD,
            "machine": item.decision.value,
        }
        append(desk, item, who, "answer", content)
        desk.update(item)


def undo(desk: Desk, who: str) -> Item | None:
    """Take back one's own last answer by adding an answer that says so; the case, if any."""
    with desk.ledger.transaction():
        last = desk.ledger.answers.last_of(who)
        if last is None:
            return None
        number, subject, sha256 = last
        item = desk.of_photo(subject, sha256)
        if item is not None:  # the photo may have been replaced since
            append(desk, item, who, "undo", {"undoes": number})
            desk.update(item)
        return item


def step(desk: Desk, item: Item, who: str, kind: str) -> None:
    """Say that what was to be done has been done (`handled`), or that the case is `closed`.

    Raises:
        NotNowError: Nothing is left to do, or people have not concluded yet.
    """
    with desk.ledger.transaction():
        state = desk.settled(item).state
        handled = state in (State.RESHOOT, State.CORRECT, State.FILE)
        if not (handled if kind == "handled" else handled or state is State.STUDENT):
            raise NotNowError("there is nothing to be done in this case now")
        append(desk, item, who, kind, {})
        desk.update(item)


def append(desk: Desk, item: Item, who: str, kind: str, content: Mapping[str, Any]) -> None:
    """Add an answer about a case; call inside a transaction."""
    desk.ledger.answers.add(who, item.answers_key, item.photo_sha256, kind, content)
