"""The desk of one run: its store, which is only read, joined with its ledger.

`refresh` makes the queue's table anew whenever a run or a new decision has changed the store;
answers stay, because they belong to a student and the bytes of a photo, not to a row of a table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path

from pipeline.core.errors import StoreError
from pipeline.core.policy import ReviewPolicy, load_policy
from pipeline.core.privacy import Mask
from pipeline.core.types import Case, Decision
from pipeline.desk.cases.made import VERSION, cases_of
from pipeline.desk.cases.scope import veiled
from pipeline.desk.cases.verdicts import (
    Answer,
    Facts,
    Outcome,
    Remedy,
    State,
    Verdict,
    settle,
    standing,
)
from pipeline.night.folder import LEDGER, database_of
from pipeline.store import RunSummary, Store
from pipeline.store.answers import AnswerRow
from pipeline.store.items import Item
from pipeline.store.ledger import RUN_DECIDED, Ledger
from pipeline.store.masking import mask_of

# What the queue calls these, and cases that came back from the registry and from students.
PERSON, REGISTRY, STUDENT = "PERSON", "REGISTRY", "STUDENT"


class Desk:
    """Store and ledger of one run's folder; for one request at a time.

    Who sees some colleges only is shown the same desk with fewer cases (`see_only`). While a night
    is at work people go on with what the last one decided; students whom it has looked at anew
    (`busy`) come back when it has ended.

    Raises:
        StoreError: No run in the folder has ever ended, or a file cannot be used.
    """

    def __init__(self, run: Path) -> None:
        self.store = Store(database_of(run), readonly=True)
        try:
            self.store.own_key.unlock()
            self.ledger = Ledger(run / LEDGER)
        except BaseException:
            self.store.__exit__(None, None, None)
            raise

    def close(self) -> None:
        """Close both files."""
        self.ledger.close()
        self.store.__exit__(None, None, None)

    def renew(self) -> bool:
        """Know the run as it is now and see every college; False where it must be opened anew."""
        for known in ("run", "at_work", "policy", "mask"):
            self.__dict__.pop(known, None)
        self.see_only(())
        return self.store.renew() and self.ledger.renew()

    @cached_property
    def run(self) -> RunSummary:
        """The summary of the last run that has ended."""
        return self.store.latest()

    @cached_property
    def at_work(self) -> bool:
        """Whether a run is at work, or was cut off."""
        return self.store.summary() is None

    def busy(self, item: Item) -> bool:
        """Whether a case has no decision, because a run has looked at the student anew."""
        return self.at_work and not self.store.decided_on(item.student_key)

    @property
    def identity(self) -> str:
        """What the folder's reports are known by; "" before the first that says so."""
        return self.store.noted("identity")

    @cached_property
    def policy(self) -> ReviewPolicy:
        """How people judge: the run's policy, the shipped one for what the run is too old for."""
        return ReviewPolicy.model_validate({**_shipped(), **self.run.review})

    @property
    def stamp(self) -> str:
        """What the queue's table was made of: the run, and how this version makes cases of it."""
        return f"{self.store.stamp()}:{VERSION}"

    def refresh(self) -> bool:
        """Make the queue's table anew if the store has changed; whether it had."""
        stamp = self.stamp
        if self.ledger.noted("run") == stamp:
            return False
        with self.ledger.transaction():
            if self.ledger.noted("run") == stamp:  # another request has just done it
                return False
            rows = list(self.cases_of_store())
            self.ledger.items.replace(rows)
            with self.ledger.items.whole():
                for item in self.items():
                    self.update(item)
            self.ledger.note("run", stamp)
            self.ledger.log.append("photoproof", "run_read", students=len(rows), run=stamp)
        # A run of a version that did not say.
        if not self.at_work and self.ledger.log.last(RUN_DECIDED) is None:
            self.ledger.decided(self.store.decisions_digest(), self.store.stamp())
        return True

    def cases_of_store(self) -> Iterator[Item]:
        """The store's students as cases, the seeded ones among them marked."""
        share, secret = self.policy.seeded_share, self.ledger.noted("desk")
        return cases_of(self.store, self.ledger.answers, self.mask, share, secret)

    def see_only(self, colleges: Collection[str]) -> None:
        """Know from now on no case but these colleges'; none named is all."""
        self.ledger.items.see_only(colleges)

    @property
    def scoped(self) -> bool:
        """Whether some colleges' cases alone are known."""
        return self.ledger.items.scoped

    def item(self, identifier: str) -> Item | None:
        """A case by its id."""
        return self.ledger.items.by_id(identifier)

    def student(self, student_key: str) -> Item | None:
        """A case by the student's key, or what is shown of one that holds an ID number."""
        return self.ledger.items.by_key(self.mask.key_of(student_key))

    @cached_property
    def mask(self) -> Mask:
        """What every text goes through that leaves the desk."""
        return _mask(self.store, self.store.path, self.store.stamp())

    def of_photo(self, answers_key: str, sha256: str) -> Item | None:
        """The case to which answers about these bytes belong."""
        return self.ledger.items.of_photo(answers_key, sha256)

    def items(self) -> Iterator[Item]:
        """Every case in the roster's order."""
        return self.ledger.items.listed()

    def queued(self) -> Iterator[Item]:
        """Cases that people look at or have looked at, in the roster's order."""
        return self.ledger.items.listed(queued=True)

    def about(self, answers_key: str) -> Iterator[Item]:
        """Cases to which a student's answers belong."""
        return self.ledger.items.about(answers_key)

    def case(self, item: Item) -> Case:
        """What the store holds of a case.

        Raises:
            StoreError: A run is at work on it just now.
        """
        case = self.store.case(item.student_key)
        if case is None:
            raise StoreError("case_busy")
        return veiled(self, case) if self.scoped else case

    def picture(self, item: Item, slot: str) -> bytes:
        """The best picture that is kept of a slot.

        Raises:
            StoreError: A run is at work on the case.
        """
        kept = self.store.large.picture(item.student_key, slot)
        if kept is None:
            raise StoreError("case_busy")
        return kept

    def answers(self, item: Item) -> list[Answer]:
        """Everything said about a case's bytes, in order."""
        return self.said(item.answers_key, item.photo_sha256)

    def settled(self, item: Item, answers: list[Answer] | None = None) -> Outcome:
        """The state of a case and the answer that counts."""
        known = self.answers(item) if answers is None else answers
        return settle(self._facts(item), known, self.policy.two_reviewers)

    def update(self, item: Item) -> None:
        """Keep a case's state for the queue; call inside a transaction."""
        known = self.answers(item)
        outcome = self.settled(item, known)
        queued = outcome.state is not State.NONE
        self.ledger.items.settle(
            item.id,
            queued=queued,
            state=outcome.state,
            need=outcome.need,
            standing=[a.who for a in standing(known)],
            reasons=_asked(item, known) if queued else (),
        )

    def _facts(self, item: Item) -> Facts:
        return Facts(
            asked=item.seeded or item.decision is not Decision.ACCEPT,
            codes=item.codes,
            pair=(item.blind and "NOT_ME" in self.policy.two_reviewers)
            or not set(item.codes).isdisjoint(self.policy.two_reviewers),
            blind=item.blind,
            again=self._faulty_before(item),
            run=self.store.stamp(),
        )

    def _faulty_before(self, item: Item) -> bool:
        """Whether another photo of this student was found faulty and people resolved so."""
        for sha256 in self.ledger.answers.other_photos(item.answers_key, item.photo_sha256):
            known = self.said(item.answers_key, sha256)
            past = settle(Facts(asked=True), known, self.policy.two_reviewers)
            if past.remedy in (Remedy.RESHOOT, Remedy.CORRECT):
                return True
        return False

    def said(self, answers_key: str, sha256: str) -> list[Answer]:
        """Everything said about one student's photo of these bytes, in order."""
        return [_answer(row) for row in self.ledger.answers.of(answers_key, sha256)]


@cache
def _shipped() -> Mapping[str, object]:
    """How people judge by the shipped policy, read once: each request opens a desk."""
    return load_policy().review.model_dump()


_MASKS: dict[Path, tuple[str, Mask]] = {}


def _mask(store: Store, path: Path, stamp: str) -> Mask:
    """A run's mask, made once as long as the run stays the same: each request opens a desk."""
    known = _MASKS.get(path)
    if known is None or known[0] != stamp:
        _MASKS[path] = known = (stamp, mask_of(store))
    return known[1]


@contextmanager
def opened(run: Path) -> Iterator[Desk]:
    """A desk with its queue up to date, closed at the end of the block."""
    desk = Desk(run)
    try:
        desk.refresh()
        yield desk
    finally:
        desk.close()


def _answer(row: AnswerRow) -> Answer:
    fields = dict(row.content)
    if fields.get("verdict"):
        fields["verdict"] = Verdict(fields["verdict"])
    for name in ("row", "before"):  # what `giving` alone reads
        fields.pop(name, None)
    remedy = fields.pop("measure", None)  # the ledger's word since its first version
    fields["remedy"] = Remedy(remedy) if remedy else None
    fields["codes"] = tuple(fields.get("codes", ()))
    return Answer(row.id, row.who, row.kind, at=row.at, **fields)


def _asked(item: Item, answers: Iterable[Answer]) -> Iterator[str]:
    """Why a case is in the queue, in words that give no blind answer away."""
    yield from (PERSON,) if item.blind else item.codes
    by_kind: dict[str, str] = defaultdict(str)
    by_kind.update({a.kind: a.value for a in answers})
    if by_kind["registry"]:
        yield REGISTRY
    if by_kind["student"] and by_kind["student"] != Verdict.OK:
        yield STUDENT
