"""`review.sqlite`: accounts, sessions, answers and the action log of one run's folder.

It stands beside the run's own store and outlives re-runs. Answers and log entries are only ever
added: triggers refuse anything else. Every commit is on disk before the browser hears of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from pipeline.errors import StoreError
from pipeline.review import log
from pipeline.schema import Closing, emptied

SCHEMA = 1
_APPLICATION = 0x50507276  # "PPrv"
_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE session (
    id TEXT PRIMARY KEY, who TEXT NOT NULL, role TEXT NOT NULL, csrf TEXT NOT NULL,
    began REAL NOT NULL, seen REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE failure (at REAL NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL) STRICT;
CREATE TABLE log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,
    action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TABLE answer (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,
    subject TEXT NOT NULL, photo_sha256 TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL
) STRICT;
CREATE INDEX answer_of ON answer (subject, photo_sha256, id);
CREATE INDEX answer_by ON answer (who, id);
-- What queues are asked for: made anew from store and answers, so it may be lost at any time.
CREATE TABLE item (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, subject TEXT NOT NULL, photo_sha256 TEXT NOT NULL,
    position INTEGER NOT NULL, name TEXT NOT NULL, numbers TEXT NOT NULL, college TEXT NOT NULL,
    class TEXT NOT NULL, decision TEXT NOT NULL, blind INTEGER NOT NULL, seeded INTEGER NOT NULL,
    codes TEXT NOT NULL, queued INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT '',
    need TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX item_key ON item (key);
CREATE INDEX item_of ON item (subject, photo_sha256);
CREATE INDEX item_state ON item (queued, state, position);
CREATE TABLE item_reason (
    code TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (code, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX reason_of ON item_reason (item);
CREATE TABLE standing (
    item TEXT NOT NULL, who TEXT NOT NULL, PRIMARY KEY (item, who)
) STRICT, WITHOUT ROWID;
"""
_TRIGGERS = {
    f"{table}_{name}": f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table}"
    " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    for table in ("log", "answer")
    for name, event in (("stays", "UPDATE"), ("kept", "DELETE"))
}


class Ledger(Closing):
    """One run's people's data. One thread uses a ledger at a time; open one a request.

    Raises:
        StoreError: If the file cannot be opened, or is something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=20
            )
            try:
                self._prepare()
            except BaseException:
                self.db.close()
                raise
        except sqlite3.Error as error:
            raise StoreError(
                f"{path.name}: cannot be used ({error})",
                "Check that the run's folder is writable and the file undamaged.",
            ) from error

    def _prepare(self) -> None:
        self.db.execute("PRAGMA synchronous = FULL")  # a confirmed answer survives a power cut
        if self.db.execute("PRAGMA application_id").fetchone()[0] == 0:
            self.db.execute("PRAGMA journal_mode = WAL")  # readers never wait for a writer
            with self.transaction():
                if not self.db.execute("SELECT 1 FROM sqlite_master").fetchone():
                    self._create()
        application = self.db.execute("PRAGMA application_id").fetchone()[0]
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        if (application, version) != (_APPLICATION, SCHEMA):
            raise StoreError(f"{self.path.name}: no review ledger of version {SCHEMA}")

    def _create(self) -> None:
        statement = ""
        for line in _TABLES.splitlines(keepends=True):  # executescript would end the transaction
            statement += line
            if sqlite3.complete_statement(statement):
                self.db.execute(statement)
                statement = ""
        for trigger in _TRIGGERS.values():
            self.db.execute(trigger)
        self.path.chmod(0o600)  # names, password hashes: nobody else's business
        self.db.execute("INSERT INTO meta VALUES ('desk', ?)", (token_hex(16),))
        self.db.execute(f"PRAGMA application_id = {_APPLICATION}")
        self.db.execute(f"PRAGMA user_version = {SCHEMA}")
        log.append(self.db, "photoproof", "ledger_made")

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing of what is written inside; others wait, so that no answer is lost.

        Raises:
            StoreError: If the file cannot be written.
        """
        try:
            self.db.execute("BEGIN IMMEDIATE")
            yield self.db
            self.db.execute("COMMIT")
        except BaseException as error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(
                    f"{self.path.name}: cannot be written ({error})",
                    "Make room on the disk and close other programs that use the file.",
                ) from error
            raise

    def note(self, name: str, value: str) -> None:
        """Keep a fact; call inside a transaction."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def noted(self, name: str) -> str:
        """A fact kept by `note`; "" if there is none."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

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
        self.db.execute("PRAGMA secure_delete = ON")
        with self.transaction() as db:
            for name in _TRIGGERS:
                db.execute(f"DROP TRIGGER {name}")
            answers = int(db.execute("SELECT count(*) FROM answer").fetchone()[0])
            for table in ("answer", "item", "item_reason", "standing"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608
            self.note("run", "")  # the queue is to be made anew
            log.redact(db, who, answers=answers, **detail)
            for trigger in _TRIGGERS.values():
                db.execute(trigger)
        try:
            self.db.execute("VACUUM")
            if not emptied(self.db):
                raise sqlite3.OperationalError("somebody is reading it")
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"{self.path.name}: cannot be packed ({error})",
                "End the review desk, and give the command again.",
            ) from error
        return answers
