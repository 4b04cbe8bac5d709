"""`review.sqlite`: accounts, sessions, answers and the action log of one run's folder.

It stands beside the run's own store and outlives re-runs. Answers and log entries are only ever
added: triggers refuse anything else. Every commit is on disk before the browser hears of it.
"""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex

from pipeline.store import log
from pipeline.store.schema import APPEND_ONLY, LEDGER
from pipeline.store.sqlite import Database


class Ledger(Database):
    """One run's people's data. One thread uses a ledger at a time; open one a request.

    Args:
        path: The file; made when it is not there.

    Raises:
        StoreError: If the file cannot be opened, or is something else.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, LEDGER, path.name, any_thread=True, wait_s=20.0)

    def _furnish(self) -> None:
        for trigger in APPEND_ONLY.values():
            self.db.execute(trigger)
        self.path.chmod(0o600)  # names, password hashes: nobody else's business
        self.note("desk", token_hex(16))
        log.append(self.db, "photoproof", "ledger_made")

    def record(self, who: str, action: str, subject: str = "", **detail: object) -> None:
        """Add one log entry in a transaction of its own."""
        with self.transaction():
            log.append(self.db, who, action, subject, **detail)

    def forget(self, who: str, **detail: object) -> int:
        """Delete every answer, and from the log whom it is about; how many answers there were.

        The log's new last entry vouches for what is left of the others (`log.redact`).

        Raises:
            StoreError: If the file cannot be written, say because the desk is at work.
        """
        with self.transaction() as db:
            for name in APPEND_ONLY:
                db.execute(f"DROP TRIGGER {name}")
            answers = int(db.execute("SELECT count(*) FROM answer").fetchone()[0])
            for table in ("answer", "item", "item_reason", "standing"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608
            self.note("run", "")  # the queue is to be made anew
            log.redact(db, who, answers=answers, **detail)
            for trigger in APPEND_ONLY.values():
                db.execute(trigger)
        self.pack()
        return answers
