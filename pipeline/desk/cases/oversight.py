"""Figures for leads: agreement with seeded cases, the work list, who says what about whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.desk.accounts import Role, Session
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.shown import hidden_from
from pipeline.desk.cases.verdicts import Answer, State, Verdict
from pipeline.store.items import Item
from pipeline.store.log import Entry

NOT_SAID = "–"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One reviewer's first, blind answers to seeded cases: all of known pairs of one person."""

    who: str
    seeded: int
    agreed: int
    unsure: int


@dataclass(frozen=True, slots=True)
class Work:
    """One line of the work list.

    Attributes:
        machine: "" as long as this lead has not answered a blind case.
        registry: The registry's own word, "" where it said nothing.
        staff: Verdict people have concluded, "" before.
        student: What the student said last, "" before.
        since: When it came to this: of the last thing said about it, ISO 8601.
    """

    item: Item
    machine: str
    registry: str
    staff: str
    student: str
    since: str = ""


def veiled(desk: Desk, session: Session, lines: Sequence[Entry]) -> set[int]:
    """Log entries whose details would tell a lead how others judged a case they have yet to."""
    if session.role is not Role.LEAD:
        return set()
    hidden: dict[str, bool] = {}
    for subject in {line.subject for line in lines if line.subject}:
        items = desk.about(subject)
        hidden[subject] = any(hidden_from(desk, item, session.who) for item in items)
    return {line.seq for line in lines if hidden.get(line.subject)}


def agreement(desk: Desk) -> list[Agreement]:
    """Per reviewer, by name; taken-back answers count: it is the first look that is measured."""
    seeded: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    unsure: Counter[str] = Counter()
    for subject, sha256 in desk.ledger.answers.photos():
        if desk.scoped and not any(desk.about(subject)):
            continue
        for answer in desk.said(subject, sha256):
            if answer.seeded and answer.blind:
                seeded[answer.who] += 1
                agreed[answer.who] += answer.verdict is Verdict.OK
                unsure[answer.who] += not answer.sure
    return [Agreement(w, seeded[w], agreed[w], unsure[w]) for w in sorted(seeded)]


def worklist(desk: Desk, who: str) -> list[Work]:
    """Everybody of whom the registry or the student said something, or who waits for a measure."""
    return [
        Work(
            item,
            "" if hidden_from(desk, item, who) else item.decision.value,
            _value(answers, "registry"),
            desk.settled(item, answers).verdict or "",
            _value(answers, "student"),
            answers[-1].at if answers else "",
        )
        for item, answers in _talked_about(desk)
        if item.state not in (State.DONE, State.NONE)
    ]


def confusion(desk: Desk) -> list[tuple[tuple[str, str, str, str], int]]:
    """Students by what machine, registry, staff and student say; most frequent first."""
    table: Counter[tuple[str, str, str, str]] = Counter()
    for item in desk.items():
        answers = desk.answers(item) if item.queued else []
        table[
            item.decision.value,
            _value(answers, "registry") or NOT_SAID,
            desk.settled(item, answers).verdict or NOT_SAID if answers else NOT_SAID,
            _value(answers, "student") or NOT_SAID,
        ] += 1
    return table.most_common()


def _talked_about(desk: Desk) -> Iterator[tuple[Item, list[Answer]]]:
    followed = (State.RESHOOT, State.CORRECT, State.FILE, State.STUDENT)
    for item in desk.queued():
        answers = desk.answers(item)
        if item.state in followed or any(a.kind in ("registry", "student") for a in answers):
            yield item, answers


def _value(answers: list[Answer], kind: str) -> str:
    return next((a.value for a in reversed(answers) if a.kind == kind), "")
