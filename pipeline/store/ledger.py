"""`review.sqlite`: accounts, sessions, answers and the action log of one run's folder.

It stands beside the run's own store and outlives re-runs. Answers and log entries are only ever
added: triggers refuse anything else. Every commit is on disk before the browser hears of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from pipeline.store.answers import Answers
from pipeline.store.items import Items
from pipeline.store.log import Entry, Log, Verification
from pipeline.store.people import People
from pipeline.store.schema import APPEND_ONLY, LEDGER

RUN_DECIDED = "run_decided"  # the action of `Ledger.decided`


class Ledger(People):
    """One run's people's data. One thread uses a ledger at a time; open one a request.

    Args:
        path: The file; made when it is not there.

    Attributes:
        answers: What people said.
        items: What the queue is asked for.

    Raises:
        StoreError: If the file cannot be opened, or is something else.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, LEDGER)
        self.answers = Answers(self.db, self.log, lambda: self.seal)
        self.items = Items(self.db)

    def _furnish(self) -> None:
        for trigger in APPEND_ONLY.values():
            self.db.execute(trigger)
        self.note("desk", token_hex(16))
        Log(self.db).append("photoproof", "ledger_made")

    def verify(self, noted_head: str = "") -> Verification:
        """Whether log, answers and accounts are as they were written.

        Args:
            noted_head: A head hash noted earlier; it must still be in the chain.
        """
        found = self.log.verify(self.answers.digests(), noted_head)
        return found if found.fault else replace(found, fault=self.accounts_fault())

    def decided(self, decisions: str, run: str) -> None:
        """Put on record what a run has decided at its end; nothing where the log says so already.

        Args:
            decisions: `Store.decisions_digest`.
            run: `Store.stamp`.
        """
        last = self.log.last(RUN_DECIDED)
        if last is None or json.loads(last.detail) != {"decisions": decisions, "run": run}:
            self.record("photoproof", RUN_DECIDED, decisions=decisions, run=run)

    def forget(self, who: str, **detail: Any) -> int:
        """Delete every answer, and from the log whom it is about; how many answers there were.

        The log's new last entry vouches for what is left of the others (`Log.redact`).

        Raises:
            StoreError: If the file cannot be written, say because the desk is at work.
        """
        with self._rewriting():
            answers = int(self.db.execute("SELECT count(*) FROM answer").fetchone()[0])
            self.db.execute("DELETE FROM answer")
            self.own_key.renew()
            self.log.redact(who, answers=answers, **detail)
        self.pack()
        return answers

    def forget_student(
        self, who: str, keys: Collection[str], named_in: Callable[[str], bool]
    ) -> tuple[int, int]:
        """Delete what was said about one student, and from the log that it is about them.

        What stands in other cases goes too where it names the student.

        Args:
            who: Orders it.
            keys: The student's.
            named_in: Whether a text names the student.

        Returns:
            How many answers were deleted and how many entries changed.

        Raises:
            StoreError: If the file cannot be written, say because the desk is at work.
        """
        gone = set(self.answers.about(keys, named_in))

        def about(entry: Entry) -> bool:
            told = json.loads(entry.detail).get("answer")
            return entry.subject in keys or told in gone or named_in(entry.detail)

        if not (gone or any(map(about, self.log.entries())) or self.items.name(keys)):
            return 0, 0
        with self._rewriting():
            self.db.executemany("DELETE FROM answer WHERE id = ?", [(one,) for one in gone])
            changed = self.log.redact(who, about, answers=len(gone), students=1)
        self.pack()
        return len(gone), changed

    @contextmanager
    def _rewriting(self) -> Iterator[None]:
        """Inside a transaction, what is only ever added may be deleted; the queue is made anew."""
        with self.transaction():
            for name in APPEND_ONLY:
                self.db.execute(f"DROP TRIGGER {name}")
            yield
            self.items.replace(())
            self.note("run", "")
            for trigger in APPEND_ONLY.values():
                self.db.execute(trigger)
