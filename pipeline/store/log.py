"""The action log: who did or saw what and when, each entry chained to the one before by sha256.

Whoever edits, removes or inserts an entry breaks the chain from there on. Two things stand outside
it: SQLite's own counter, which remembers how many entries there have ever been, and the last hash,
which a lead can note elsewhere: someone who rewrites the whole file cannot rewrite that.

When students' data must go (`redact`), entries keep their place, hash, time, person and deed, and
lose whom they are about. Their own hashes can then not be computed any more; the entry that says so
carries one over all that is left.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from typing import Any

START = "0" * 64  # what the first entry is chained to
PURGED = "purged"  # the action of `redact`
# What details say of a student: answers, photos, and addresses that name one.
_PERSONAL = ("answer", "digest", "photo", "path")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log.

    Attributes:
        at: UTC, ISO 8601.
        subject: Whose case: `subject_id`, never an ID number; "" where it is about nobody.
        detail: JSON object.
    """

    seq: int
    at: str
    who: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str

    def redacted(self) -> Entry:
        """This entry without what says whom it is about; the same if it is about nobody."""
        detail = json.loads(self.detail)
        kept = {key: value for key, value in detail.items() if key not in _PERSONAL}
        text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
        return replace(self, subject="", detail=text)

    def expected(self) -> str:
        """The hash this entry must have."""
        parts = [self.seq, self.at, self.who, self.action, self.subject, self.detail]
        return digest([*parts, self.previous])


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a check.

    Attributes:
        fault: "" when all is as it was written.
        unchecked: What could not be looked at just now, and why.
    """

    entries: int
    head: str
    fault: str = ""
    unchecked: str = ""


def digest(content: object) -> str:
    """sha256 of a value's canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def now() -> str:
    """The time as the log writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Log:
    """The table of the log; writing is done inside a transaction that holds the write lock."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def append(self, who: str, action: str, subject: str = "", **detail: Any) -> None:
        """Add an entry."""
        last, previous = self.head()
        seq = last + 1
        text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
        entry = Entry(seq, now(), who, action, subject, text, previous, "")
        self._db.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, entry.at, who, action, subject, text, previous, entry.expected()),
        )

    def entries(self) -> Iterator[Entry]:
        """All, in the order of writing."""
        for row in self._db.execute("SELECT * FROM log ORDER BY seq"):
            yield Entry(*row)

    def last(self, action: str) -> Entry | None:
        """The last entry of this action."""
        row = self._db.execute(
            "SELECT * FROM log WHERE action = ? ORDER BY seq DESC LIMIT 1", (action,)
        ).fetchone()
        return Entry(*row) if row else None

    def last_time(self, who: str, action: str) -> str:
        """When somebody did this last, UTC, ISO 8601; "" for never.

        One look where the table has the index `log_of` (a site's has), else a walk.
        """
        asked = "SELECT max(at) FROM log WHERE action = ? AND who = ?"
        (at,) = self._db.execute(asked, (action, who)).fetchone()
        return at or ""

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry; 0 and `START` where there is none."""
        row = self._db.execute("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, START)

    def hash_of(self, seq: int) -> str:
        """The hash of the entry of this number; "" where there is none."""
        row = self._db.execute("SELECT hash FROM log WHERE seq = ?", (seq,)).fetchone()
        return str(row[0]) if row else ""

    def latest(self, before: int, limit: int) -> list[Entry]:
        """The last entries below a number, newest first."""
        rows = self._db.execute(
            "SELECT * FROM log WHERE seq < ? ORDER BY seq DESC LIMIT ?", (before, limit)
        )
        return [Entry(*row) for row in rows]

    def redact(
        self, who: str, about: Callable[[Entry], bool] = lambda _: True, **detail: Any
    ) -> int:
        """Take out of entries whom they are about; a new entry vouches for what is left.

        Call where the log may be changed.

        Args:
            who: Orders it.
            about: Which entries; all of them by default.
            detail: Of the new entry.

        Returns:
            How many entries were changed.
        """
        left, last, count = hashlib.sha256(), 0, 0
        for entry in list(self.entries()):
            changed, last = entry.redacted() if about(entry) else entry, entry.seq
            if changed != entry:
                count += 1
                ask = "UPDATE log SET subject = ?, detail = ? WHERE seq = ?"
                self._db.execute(ask, (changed.subject, changed.detail, changed.seq))
            left.update(_line(changed))
        self.append(who, PURGED, upto=last, left=left.hexdigest(), **detail)
        return count

    def verify(self, answers: Mapping[int, str], noted_head: str = "") -> Verification:
        """Walk the chain.

        Args:
            answers: Digest by id of every answer now in the ledger; each must be the one logged.
            noted_head: A head hash noted earlier; it must still be in the chain.
        """
        previous, count, seen, unlogged = START, 0, noted_head in ("", START), dict(answers)
        purge, left = self.last(PURGED), hashlib.sha256()
        upto = json.loads(purge.detail)["upto"] if purge else 0
        for count, entry in enumerate(self.entries(), 1):
            if entry.seq != count:
                return Verification(count - 1, previous, f"entry {count} is missing")
            if entry.previous != previous or not _as_written(entry, upto):
                return Verification(count - 1, previous, f"entry {count} has been changed")
            if count <= upto:
                left.update(_line(entry))
            if (
                purge
                and count == purge.seq
                and left.hexdigest() != json.loads(purge.detail)["left"]
            ):
                fault = f"an entry up to {upto} has been changed since the purge in entry {count}"
                return Verification(count, entry.hash, fault)
            detail = json.loads(entry.detail)
            number = detail.get("answer")
            if number is not None and unlogged.pop(number, None) != detail["digest"]:
                fault = f"answer {number}, logged in entry {count}, is missing or has been changed"
                return Verification(count, entry.hash, fault)
            previous = entry.hash
            seen = seen or previous == noted_head
        return Verification(count, previous, self._fault_of_whole(count, unlogged, seen))

    def _fault_of_whole(self, count: int, unlogged: Mapping[int, str], seen: bool) -> str:
        """What is wrong with a chain whose entries are good one by one."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'log'").fetchone()
        if (written := row[0] if row else 0) > count:
            return f"entry {count + 1} is missing: {written} were written"
        if unlogged:
            return f"answer {min(unlogged)} is not in the log (after entry {count})"
        return "" if seen else "the noted head is not in the chain: the log has been replaced"


def _as_written(entry: Entry, upto: int) -> bool:
    """Whether an entry is what its hash says, or what a purge has left of such a one."""
    return entry.hash == entry.expected() or (entry.seq <= upto and entry == entry.redacted())


def _line(entry: Entry) -> bytes:
    return (digest(astuple(entry)) + "\n").encode()
