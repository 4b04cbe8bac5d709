"""Appending to the ledger: answers, what takes them back, and steps that move a case on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.desk.accounts import Role
from pipeline.desk.cases import giving
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.kinds import exact, fitting
from pipeline.desk.cases.verdicts import USUAL, FeatureAnswer, Remedy, State, Verdict
from pipeline.store.items import Item


class NotNowError(Exception):
    """This step does not fit the state the case is in."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a reviewer says.

    Attributes:
        codes: The machine's reasons as they were shown; None for those of now.
        offline: Said in the static report, with the machine's answer in view.
        batch: Of an answer given together with others, what they are known by.
    """

    verdict: Verdict
    sure: bool = True
    remedy: Remedy | None = None
    features: Mapping[str, FeatureAnswer] = field(default_factory=dict)
    comment: str = ""
    known_good: bool = False
    codes: tuple[str, ...] | None = None
    offline: bool = False
    batch: str = ""


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
            "measure": remedy_of(desk, item, given),
            "features": dict(given.features),
            "comment": desk.mask(given.comment),
            "known_good": given.known_good and given.verdict is Verdict.OK,
            "codes": item.codes if given.codes is None else given.codes,
            "blind": item.blind and not first_answer_given(desk, item, who) and role is not None,
            "offline": given.offline,
            "seeded": item.seeded,
            "lead": role is Role.LEAD,
            "machine": item.decision.value,
            **({"batch": given.batch} if given.batch else {}),
        }
        append(desk, item, who, "answer", content)
        desk.update(item)


def remedy_of(desk: Desk, item: Item, given: Given) -> Remedy | None:
    """What is to be done, as said; as fits the case where nothing is said and it is not the usual.

    It is put down with the answer, so that an answer of before keeps the meaning it had.
    """
    if given.remedy or not exact(item):
        return given.remedy
    fit = fitting(desk.case(item), given.verdict)
    return fit if fit is not USUAL[given.verdict] else None


def undo(desk: Desk, who: str) -> Item | None:
    """Take back one's own last answer or assignment, by adding that; the case, if any."""
    with desk.ledger.transaction():
        last = desk.ledger.answers.last_of(who)
        return take_back(desk, who, *last) if last else None


def undo_batch(desk: Desk, who: str, batch: str) -> int:
    """Take back all of one's answers of a batch that stand; how many."""
    with desk.ledger.transaction():
        given = desk.ledger.answers.of_batch(who, batch)
        return sum(take_back(desk, who, *one) is not None for one in given)


def take_back(desk: Desk, who: str, number: int, subject: str, sha256: str) -> Item | None:
    """Take back one answer; None where the photo has been replaced since."""
    item = desk.of_photo(subject, sha256)
    if item is not None:
        answer = next(a for a in desk.answers(item) if a.id == number)
        append(desk, item, who, "undo", {"undoes": number})
        desk.update(item)
        if answer.kind == "assigned":
            giving.returned(desk, who, item, answer)
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


def append(desk: Desk, item: Item, who: str, kind: str, content: Mapping[str, Any]) -> int:
    """Add an answer about a case; call inside a transaction. Its number."""
    return desk.ledger.answers.add(who, item.answers_key, item.photo_sha256, kind, content)
