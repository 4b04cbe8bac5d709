"""What people can say about a photo, and what state that puts the case in: pure functions."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.core.reasons import ACCEPTED, OTHER
from pipeline.desk.accounts import LOCAL
from pipeline.store.items import State as State

FEATURES = ("ears", "moles", "brows", "nose", "chin")
FeatureAnswer = Literal["", "same", "differs"]


class Verdict(enum.StrEnum):
    """A reviewer's answer; the registry's categories, and "cannot tell"."""

    OK = "ok"
    NOT_ME = "not_me"
    SIDEWAYS = "sideways"
    UPSIDE_DOWN = "upside_down"
    OTHER = "other"
    CANNOT_TELL = "cannot_tell"
    NOBODYS = "nobodys"  # of a file that is nobody's in this cohort


CATEGORY = {
    Verdict.OK: ACCEPTED,
    Verdict.NOT_ME: "照片不是我本人",
    Verdict.SIDEWAYS: "照片侧卧",
    Verdict.UPSIDE_DOWN: "照片倒立",
    Verdict.OTHER: OTHER,
    Verdict.CANNOT_TELL: "无法判断",
    Verdict.NOBODYS: OTHER,
}


class Remedy(enum.StrEnum):
    """What is to be done about a photo."""

    RESHOOT = "reshoot"
    CORRECT = "correct"
    FILE = "file"


# What usually follows; a reviewer may say otherwise. A turned photo is turned back, a wrong one
# taken again; what nobody can tell must be taken again too.
USUAL: dict[Verdict, Remedy | None] = {
    Verdict.OK: None,
    Verdict.NOT_ME: Remedy.RESHOOT,
    Verdict.SIDEWAYS: Remedy.CORRECT,
    Verdict.UPSIDE_DOWN: Remedy.CORRECT,
    Verdict.OTHER: Remedy.RESHOOT,
    Verdict.CANNOT_TELL: Remedy.RESHOOT,
    Verdict.NOBODYS: None,
}


class Need(enum.StrEnum):
    """Whose answer a case in TODO waits for."""

    NOBODY = ""
    FIRST = "first"
    SECOND = "second"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it is kept.

    Attributes:
        id: Order of arrival.
        kind: `answer`; `undo` takes back `undoes`; `assigned` gives the student another file, or a
            file a student; `handled` and `closed` move the case on;
            `registry` and `student` are what came back from outside, in `value`.
        codes: The machine's reasons when it was given: new ones open the case again.
        known_good: It stays quiet even then, as long as the photo's bytes are the same.
        at: UTC, ISO 8601.
        blind: The machine's answer had not been shown to this person.
        offline: Said in the static report, with the machine's answer in view.
        seeded: The case was one the machine was sure of.
        lead: Given by a lead, and so decides where the first two differ.
        batch: What was answered together with others, and can be taken back together.
        run: Of an assignment, the night it was made after; the next one sees to it.
        file: Of an assignment, the file's name.
        beside: Of an assignment, the one on the other of two cases that it is about.
    """

    id: int
    who: str
    kind: str
    verdict: Verdict | None = None
    sure: bool = True
    remedy: Remedy | None = None
    features: Mapping[str, FeatureAnswer] = field(default_factory=dict)
    comment: str = ""
    codes: tuple[str, ...] = ()
    known_good: bool = False
    blind: bool = False
    offline: bool = False
    seeded: bool = False
    lead: bool = False
    machine: str = ""
    value: str = ""
    undoes: int = 0
    at: str = ""
    batch: str = ""
    run: str = ""
    file: str = ""
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the machine and earlier nights say of a case.

    Attributes:
        look: The machine, or the seeding, asks people to look.
        codes: Its reasons, worst first.
        pair: Two reviewers are needed from the start.
        blind: They must not have seen the machine's answer when they first judged.
        again: Earlier bytes of this student were found faulty: the student must look once more.
        run: The night that the case is of.
    """

    asked: bool
    codes: tuple[str, ...] = ()
    pair: bool = False
    blind: bool = False
    again: bool = False
    run: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """State of a case, whose answer it waits for, and the answer that counts, if any."""

    state: State
    need: Need = Need.NOBODY
    final: Answer | None = None

    @property
    def verdict(self) -> Verdict | None:
        """What people have concluded."""
        return self.final.verdict if self.final else None

    @property
    def remedy(self) -> Remedy | None:
        """What is to be done: as answered, else what usually follows."""
        if self.final is None or self.final.verdict is None:
            return None
        return self.final.remedy or USUAL[self.final.verdict]


def standing(answers: Iterable[Answer]) -> list[Answer]:
    """Everybody's last answer that was not taken back, in the order of their first ones."""
    taken_back: set[int] = set()
    given: list[Answer] = []
    for answer in answers:
        if answer.kind == "undo":
            taken_back.add(answer.undoes)
        elif answer.kind == "answer":
            given.append(answer)
    # A dict keeps the place of a key whose value is replaced: who changes their mind stays in line.
    return list({a.who: a for a in given if a.id not in taken_back}.values())


def assignment(answers: Sequence[Answer], run: str) -> Answer | None:
    """The last assignment that was not taken back, and that no night has seen to since."""
    taken_back = {a.undoes for a in answers if a.kind == "undo"}
    given = [a for a in answers if a.kind == "assigned" and a.run == run]
    return next((a for a in reversed(given) if a.id not in taken_back), None)


def settle(facts: Facts, answers: Sequence[Answer], pairs: Collection[str] = ()) -> Outcome:
    """The state of one case.

    Args:
        facts: From the run's store.
        answers: Everything said about these bytes, in order.
        pairs: Reason codes that need two reviewers: a NOT_ME answer too, if it is among them.
    """
    registry = _last(answers, "registry")
    student = _last(answers, "student")
    complaint = student if student and student.value != Verdict.OK else None
    assigned = assignment(answers, facts.run)
    if assigned and not any(
        a.id > assigned.id for a in (*standing(answers), *filter(None, [complaint]))
    ):
        return Outcome(State.NIGHT)
    current = [
        a
        for a in standing(answers)
        if (a.known_good or set(facts.codes) <= set(a.codes))
        and not (complaint and complaint.id > a.id)
    ]
    asked = facts.asked or bool(complaint) or bool(registry and registry.value)
    if not current:
        return _unanswered(facts, asked, student)
    # Who judged on a desk without accounts may have one now: nobody confirms themselves.
    fair = {a.who for a in answers if a.who != LOCAL and (a.blind or not facts.blind)}
    need, final = _resolve(current, facts, pairs, fair)
    if final is None:
        return Outcome(State.TODO, need)
    return _follow(final, answers, facts, registry, student)


def _unanswered(facts: Facts, asked: bool, student: Answer | None) -> Outcome:
    if asked:
        return Outcome(State.TODO, Need.FIRST)
    if facts.again:
        return Outcome(State.DONE if student else State.STUDENT)
    return Outcome(State.NONE)


def _resolve(
    current: Sequence[Answer], facts: Facts, pairs: Collection[str], fair: Collection[str]
) -> tuple[Need, Answer | None]:
    """The answer that counts, or whose is missing.

    `fair` are those who may confirm each other. Others may contradict, but no case is concluded by
    their consent: those who had seen the machine's answer before their own first one where that
    must not be, and whoever answered on a desk without accounts, where no name tells people apart.
    """
    doubted = any(a.verdict is Verdict.NOT_ME for a in current) and "NOT_ME" in pairs
    alone = len(current) == 1
    if not (facts.pair or doubted):
        last = max(current, key=lambda a: a.id)
        helpless = alone and last.verdict is Verdict.CANNOT_TELL
        return (Need.SECOND, None) if helpless else (Need.NOBODY, last)
    if alone:
        return Need.SECOND, None
    first, second, *rest = sorted(current, key=lambda a: a.who not in fair)
    if first.verdict is second.verdict and first.verdict is not Verdict.CANNOT_TELL:
        return (Need.NOBODY, second) if second.who in fair else (Need.SECOND, None)
    decided = [a for a in rest if a.lead and a.who != LOCAL]
    return (Need.NOBODY, decided[-1]) if decided else (Need.LEAD, None)


def _follow(
    final: Answer,
    answers: Sequence[Answer],
    facts: Facts,
    registry: Answer | None,
    student: Answer | None,
) -> Outcome:
    """What the answer that counts leads to, and how far that has been done."""
    outcome = Outcome(State.DONE, Need.NOBODY, final)
    steps = {a.kind for a in answers if a.id > final.id}
    remedy = outcome.remedy
    if registry and registry.value and final.verdict is Verdict.OK:
        remedy = Remedy.FILE  # each failure the registry names needs its proof on file
    if "closed" in steps:
        state = State.DONE
    elif remedy is Remedy.FILE:
        state = State.DONE if "handled" in steps else State.FILE
    elif remedy is not None:
        state = State.STUDENT if "handled" in steps else State(remedy.value)
    else:
        state = State.STUDENT if facts.again else State.DONE
    if state is State.STUDENT and student and student.value == Verdict.OK:
        state = State.DONE
    return Outcome(state, Need.NOBODY, final)


def _last(answers: Sequence[Answer], kind: str) -> Answer | None:
    return next((a for a in reversed(answers) if a.kind == kind), None)
