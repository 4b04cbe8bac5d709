"""The desk of one run: its store, which is only read, joined with its ledger.

`refresh` makes the queue's table anew whenever a run or a new decision has changed the store;
answers stay, because they belong to a student and the bytes of a photo, not to a row of a table.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from math import ceil
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.night.folder import LEDGER, database_of
from pipeline.policy import ReviewPolicy, load_policy
from pipeline.review.item import INSERT, Item, item_of
from pipeline.review.verdicts import (
    Answer,
    Facts,
    Measure,
    Outcome,
    State,
    Verdict,
    settle,
    standing,
)
from pipeline.store import RunSummary, Store, log
from pipeline.store.ledger import Ledger
from pipeline.types import Assessment, Case, Decision, Severity, Subject

# Reasons about whose face it is: such cases are judged before the machine's answer is shown.
IDENTITY = ("NOT_ME", "LOOKS_LIKE_OTHER")
# What the queue calls these, and cases that came back from the registry and from students.
PERSON, REGISTRY, STUDENT = "PERSON", "REGISTRY", "STUDENT"


class Desk:
    """Store and ledger of one run's folder; open one a request and close it.

    Raises:
        StoreError: There is no finished run in the folder, or a file cannot be used.
    """

    def __init__(self, run: Path) -> None:
        self.store = Store(database_of(run), readonly=True)
        try:
            self.ledger = Ledger(run / LEDGER)
        except BaseException:
            self.store.__exit__(None, None, None)
            raise
        self.db = self.ledger.db

    def close(self) -> None:
        """Close both files."""
        self.ledger.close()
        self.store.__exit__(None, None, None)

    @cached_property
    def run(self) -> RunSummary:
        """The run's summary."""
        return self.store.finished()

    @property
    def identity(self) -> str:
        """What the folder's reports are known by; "" before the first that says so."""
        return self.store.noted("identity")

    @cached_property
    def policy(self) -> ReviewPolicy:
        """How people judge: the run's policy, the shipped one for what the run is too old for."""
        shipped = load_policy().review.model_dump()
        return ReviewPolicy.model_validate({**shipped, **self.run.review})

    def refresh(self) -> bool:
        """Make the queue's table anew if the store has changed; whether it had."""
        stamp = self.store.stamp()
        if self.ledger.noted("run") == stamp:
            return False
        with self.ledger.transaction() as db:
            if self.ledger.noted("run") == stamp:  # another request has just done it
                return False
            rows = list(self._rows())
            for table in ("item", "item_reason", "standing"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608
            db.executemany(INSERT, rows)
            for item in self._items("1"):
                self._settle(item)
            self.ledger.note("run", stamp)
            log.append(db, "photoproof", "run_read", students=len(rows), run=stamp)
        return True

    def _rows(self) -> Iterator[tuple[object, ...]]:
        """The store's students as rows of `item`, the seeded ones among them marked."""
        secret = self.ledger.noted("desk")
        decided = list(self.store.decided())
        in_doubt = sum(_in_doubt(found) for *_, found in decided)
        wanted = ceil(self.policy.seeded_share * in_doubt)
        judged = set(self.ledger.db.execute("SELECT DISTINCT subject, photo_sha256 FROM answer"))
        known = {subject for subject, _ in judged}
        # A photo that replaces one people have judged is their case, never a seed.
        sure = [
            key
            for key, subject, sha256, found in decided
            if _known(found)
            and ((owner := _owner(key, subject, sha256)) not in known or (owner, sha256) in judged)
        ]
        seeded = set(sorted(sure, key=lambda key: _identifier(secret, "seed", key))[:wanted])
        for position, (key, subject, sha256, found) in enumerate(decided):
            blind = key in seeded or _in_doubt(found)
            yield (
                *(_identifier(secret, "case", key), key, _owner(key, subject, sha256), sha256),
                *(position, subject.name, _numbers(subject), subject.college, subject.class_name),
                *(found.decision.value, blind, key in seeded, ";".join(_codes(found))),
            )

    def item(self, identifier: str) -> Item | None:
        """A case by its id."""
        return next(self._items("id = ?", identifier), None)

    def student(self, subject: str) -> Item | None:
        """A case by the student's number."""
        return next(self._items("key = ?", subject), None)

    def items(self, where: str = "1", *values: object) -> Iterator[Item]:
        """Cases in the roster's order."""
        return self._items(where, *values)

    def case(self, item: Item) -> Case:
        """What the store holds of a case.

        Raises:
            StoreError: A run is at work on it just now.
        """
        case = self.store.case(item.key)
        if case is None:
            raise StoreError("A run is at work on this case", "Try again when it has ended.")
        return case

    def answers(self, item: Item) -> list[Answer]:
        """Everything said about a case's bytes, in order."""
        return self.said(item.subject, item.photo_sha256)

    def settled(self, item: Item, answers: list[Answer] | None = None) -> Outcome:
        """The state of a case and the answer that counts."""
        known = self.answers(item) if answers is None else answers
        return settle(self._facts(item), known, self.policy.two_reviewers)

    def update(self, item: Item) -> None:
        """Write a case's state into the queue's table; call inside a transaction."""
        for table in ("item_reason", "standing"):
            self.db.execute(f"DELETE FROM {table} WHERE item = ?", (item.id,))  # noqa: S608
        self._settle(item)

    def _settle(self, item: Item) -> None:
        known = self.answers(item)
        outcome = self.settled(item, known)
        self.db.execute(
            "UPDATE item SET queued = ?, state = ?, need = ? WHERE id = ?",
            (outcome.state is not State.NONE, outcome.state, outcome.need, item.id),
        )
        self.db.executemany(
            "INSERT INTO standing VALUES (?, ?)", [(item.id, a.who) for a in standing(known)]
        )
        if outcome.state is not State.NONE:
            reasons = {(code, item.id) for code in _asked(item, known)}
            self.db.executemany("INSERT INTO item_reason VALUES (?, ?)", reasons)

    def _facts(self, item: Item) -> Facts:
        return Facts(
            look=item.seeded or item.decision is not Decision.ACCEPT,
            codes=item.codes,
            pair=(item.blind and "NOT_ME" in self.policy.two_reviewers)
            or not set(item.codes).isdisjoint(self.policy.two_reviewers),
            blind=item.blind,
            again=self._faulty_before(item),
        )

    def _faulty_before(self, item: Item) -> bool:
        """Whether another photo of this student was found faulty and people resolved so."""
        others = self.db.execute(
            "SELECT DISTINCT photo_sha256 FROM answer WHERE subject = ? AND photo_sha256 != ?",
            (item.subject, item.photo_sha256),
        ).fetchall()
        for (sha256,) in others:
            known = self.said(item.subject, sha256)
            past = settle(Facts(look=True), known, self.policy.two_reviewers)
            if past.measure in (Measure.RESHOOT, Measure.CORRECT):
                return True
        return False

    def said(self, subject: str, sha256: str) -> list[Answer]:
        """Everything said about one student's photo of these bytes, in order."""
        rows = self.db.execute(
            "SELECT id, at, who, kind, content FROM answer WHERE subject = ? AND photo_sha256 = ?"
            " ORDER BY id",
            (subject, sha256),
        )
        return [_answer(*row) for row in rows]

    def _items(self, where: str, *values: object) -> Iterator[Item]:
        rows = self.db.execute(
            f"SELECT * FROM item WHERE {where} ORDER BY position",  # noqa: S608 - our own words
            values,
        ).fetchall()
        return map(item_of, rows)


@contextmanager
def opened(run: Path) -> Iterator[Desk]:
    """A desk with its queue up to date, closed at the end of the block."""
    desk = Desk(run)
    try:
        desk.refresh()
        yield desk
    finally:
        desk.close()


def _answer(number: int, at: str, who: str, kind: str, content: str) -> Answer:
    fields = json.loads(content)
    if fields.get("verdict"):
        fields["verdict"] = Verdict(fields["verdict"])
    if fields.get("measure"):
        fields["measure"] = Measure(fields["measure"])
    fields["codes"] = tuple(fields.get("codes", ()))
    return Answer(number, who, kind, at=at, **fields)


def _asked(item: Item, answers: Iterable[Answer]) -> Iterator[str]:
    """Why a case is in the queue, in words that give no blind answer away."""
    yield from (PERSON,) if item.blind else item.codes
    by_kind: dict[str, str] = defaultdict(str)
    by_kind.update({a.kind: a.value for a in answers})
    if by_kind["registry"]:
        yield REGISTRY
    if by_kind["student"] and by_kind["student"] != Verdict.OK:
        yield STUDENT


def _in_doubt(found: Assessment) -> bool:
    return not set(IDENTITY).isdisjoint(_codes(found))


def _known(found: Assessment) -> bool:
    return found.decision is Decision.ACCEPT and found.score is not None


def _codes(found: Assessment) -> list[str]:
    return list(dict.fromkeys(f.code for f in found.findings if f.severity > Severity.ADVICE))


def _numbers(subject: Subject) -> str:
    """What a search finds a student by, the ID number not among it."""
    return " ".join(
        dict.fromkeys(
            n for n in (subject.subject_id, subject.student_no, subject.candidate_no) if n
        )
    )


def _owner(key: str, subject: Subject, sha256: str) -> str:
    """Whose answers: the student's; for a photo that nobody claims, those of its bytes."""
    return subject.subject_id or f"extra:{(sha256 or _identifier('', 'extra', key))[:16]}"


def _identifier(secret: str, purpose: str, key: str) -> str:
    return hashlib.sha256(f"{secret}\0{purpose}\0{key}".encode()).hexdigest()[:20]
