"""Accounts of machines in the site's ledger: a name and the hash of a token that nobody keeps."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from pipeline.store.log import digest


class Machine(NamedTuple):
    """A machine's account as it is kept; `made_by` is who ordered it."""

    name: str
    token: str
    made_at: str
    made_by: str

    @property
    def digest(self) -> str:
        """Of all that is kept; the log says it too."""
        return digest(self)


class Machines:
    """The table of machines; writing is done inside a transaction of the ledger."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, row: Machine) -> bool:
        """Keep an account; False if the name is taken."""
        try:
            self._db.execute("INSERT INTO machine VALUES (?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            return False
        return True

    def remove(self, name: str) -> bool:
        """Remove an account; False if there is none."""
        return self._db.execute("DELETE FROM machine WHERE name = ?", (name,)).rowcount > 0

    def listed(self) -> list[Machine]:
        """Every account, by name."""
        rows = self._db.execute("SELECT * FROM machine ORDER BY name")
        return [Machine(*row) for row in rows]

    def named_by(self, token: str) -> str | None:
        """The name of the account whose token has this hash; None if there is none."""
        asked = "SELECT name FROM machine WHERE token = ?"
        row = self._db.execute(asked, (token,)).fetchone()
        return str(row[0]) if row else None
