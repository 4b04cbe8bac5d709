"""Whether a run has come to its end, and what is told of it then."""

from __future__ import annotations

import hashlib

from pipeline.core.errors import StoreError
from pipeline.store.sqlite import Database
from pipeline.store.summary import RunSummary

# Notes: of a run that has come to its end, and of the last one while another has not yet.
SUMMARY, BEFORE = "run", "run_before"


class Ending(Database):
    """The part of a run's store that knows its end."""

    def summary(self) -> RunSummary | None:
        """What is told of the run as a whole; None of one that was cut off.

        Raises:
            StoreError: It is damaged, or of a newer program.
        """
        noted = self.noted(SUMMARY)
        return RunSummary.read(noted, self._label) if noted else None

    def finished(self) -> RunSummary:
        """The same of a run that has come to its end.

        Raises:
            StoreError: It was cut off.
        """
        summary = self.summary()
        if summary is None:
            raise StoreError("run_cut_off", run=self.path.parent)
        return summary

    def begin(self) -> None:
        """Take back that a run has come to its end, until this one has.

        Decisions stay, each until its student is looked at anew, and what was told of them.
        """
        with self.transaction():
            if before := self.noted(SUMMARY):
                self.note(BEFORE, before)
            self.drop_notes("cohort_key", SUMMARY)

    def latest(self) -> RunSummary:
        """What is told of the last run that has come to its end; another may be at work.

        Raises:
            StoreError: None has.
        """
        noted = self._latest()
        return RunSummary.read(noted, self._label) if noted else self.finished()

    def stamp(self) -> str:
        """What changes with every run and every decision anew; 64 hexadecimal digits."""
        return hashlib.sha256(self._latest().encode()).hexdigest()

    def _latest(self) -> str:
        return self.noted(SUMMARY) or self.noted(BEFORE)

    def finish(self, summary: RunSummary) -> None:
        """Keep what is told of the run as a whole, in one transaction: it has come to its end."""
        with self.transaction():
            self.note(SUMMARY, summary.text())
            self.drop_notes(BEFORE)
