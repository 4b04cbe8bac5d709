"""Accounts, sessions and failed tries in the ledger; who may do what is `desk.accounts`'s."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from pipeline.store.log import digest


class SessionRow(NamedTuple):
    """A session as it is kept: `id` is a hash of its cookie, times are seconds since 1970."""

    id: str
    who: str
    role: str
    csrf: str
    began: float
    seen: float


class Failures(NamedTuple):
    """Failed tries: of a name from anywhere, from an address for any name, of both together."""

    of_name: int
    from_address: int
    of_both: int


class Accounts:
    """The tables about people; writing is done inside a transaction of the ledger."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, name: str, role: str, password: str, made_at: str) -> bool:
        """Make an account; False if the name is taken."""
        try:
            self._db.execute(
                "INSERT INTO account VALUES (?, ?, ?, ?)", (name, role, password, made_at)
            )
        except sqlite3.IntegrityError:
            return False
        return True

    def remove(self, name: str) -> bool:
        """Remove an account; False if there is none."""
        return self._db.execute("DELETE FROM account WHERE name = ?", (name,)).rowcount > 0

    def listed(self) -> list[tuple[str, str, str]]:
        """Name, role and date of every account, by name."""
        return self._db.execute("SELECT name, role, made_at FROM account ORDER BY name").fetchall()

    def kept(self) -> list[tuple[str, str, str]]:
        """Name, role and the password's hash of every account, by name."""
        return self._db.execute("SELECT name, role, password FROM account ORDER BY name").fetchall()

    def digests(self) -> list[tuple[str, str, str]]:
        """Name, role and a digest of all that is kept of every account, by name."""
        rows = self._db.execute("SELECT * FROM account ORDER BY name")
        return [(name, role, digest([name, role, *rest])) for name, role, *rest in rows]

    def digest_of(self, name: str) -> str:
        """The digest of one account that is there."""
        return next(row for one, _, row in self.digests() if one == name)

    def password_and_role(self, name: str) -> tuple[str, str] | None:
        """The password's hash and the role; None if there is no such account."""
        asked = "SELECT password, role FROM account WHERE name = ?"
        found: tuple[str, str] | None = self._db.execute(asked, (name,)).fetchone()
        return found

    def colleges_of(self, _name: str) -> tuple[str, ...]:
        """The colleges that somebody is for; empty for all, as every account of a run is."""
        return ()

    def change_password(self, name: str, password: str) -> bool:
        """Keep another hash; False if there is no such account."""
        changed = "UPDATE account SET password = ? WHERE name = ?"
        return self._db.execute(changed, (password, name)).rowcount > 0

    def add_session(self, row: SessionRow) -> None:
        """Keep a new session."""
        self._db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", row)

    def session(self, identifier: str, began: float, seen: float) -> SessionRow | None:
        """The session of this id, if it began and was last seen no earlier than these times."""
        row = self._db.execute(
            "SELECT * FROM session WHERE id = ? AND began >= ? AND seen >= ?",
            (identifier, began, seen),
        ).fetchone()
        return SessionRow(*row) if row else None

    def touch_session(self, identifier: str, seen: float) -> None:
        """Note when a session was last used."""
        self._db.execute("UPDATE session SET seen = ? WHERE id = ?", (seen, identifier))

    def end_session(self, identifier: str) -> None:
        """Forget one session."""
        self._db.execute("DELETE FROM session WHERE id = ?", (identifier,))

    def end_sessions_of(self, who: str, but: str = "") -> int:
        """Forget somebody's sessions, except one; how many there were."""
        ended = "DELETE FROM session WHERE who = ? AND id != ?"
        return self._db.execute(ended, (who, but)).rowcount

    def drop_sessions_before(self, began: float, seen: float) -> None:
        """Forget sessions that began, or were last seen, earlier than this."""
        self._db.execute("DELETE FROM session WHERE began < ? OR seen < ?", (began, seen))

    def add_failure(self, at: float, name: str, address: str, keep_from: float) -> int:
        """Note a try as failed and forget those before `keep_from`; its number.

        Args:
            at: Seconds since 1970, as `keep_from`.
            name: A hash.
            address: Where it came from.
            keep_from: None before this is asked for any more.
        """
        self._db.execute("DELETE FROM failure WHERE at < ?", (keep_from,))
        row = self._db.execute("INSERT INTO failure VALUES (?, ?, ?)", (at, name, address))
        return int(row.lastrowid or 0)

    def drop_failure(self, number: int) -> None:
        """Forget a try that has not failed after all."""
        self._db.execute("DELETE FROM failure WHERE rowid = ?", (number,))

    def failures(self, name: str, address: str, since: float) -> Failures:
        """How many tries have failed after `since`."""
        row = self._db.execute(
            "SELECT count(*) FILTER (WHERE name = ?1), count(*) FILTER (WHERE address = ?2),"
            " count(*) FILTER (WHERE name = ?1 AND address = ?2) FROM failure WHERE at > ?3",
            (name, address, since),
        ).fetchone()
        return Failures(*row)
