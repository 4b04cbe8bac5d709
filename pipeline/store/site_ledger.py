"""`site.sqlite`: the people of a site, their sessions, and the log of what is done in its hub.

It stands beside the cohorts' folders and outlives them. What people say of photos stands in the
ledger of each run (`pipeline.store.ledger`), signed with the names of these accounts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pipeline.core.errors import StoreError
from pipeline.core.said import cause
from pipeline.store.accounts import Accounts
from pipeline.store.log import Log, Verification
from pipeline.store.machines import Machines
from pipeline.store.people import People
from pipeline.store.schema import APPEND_ONLY, RECORD
from pipeline.store.sqlite import Schema

BY_PASSWORD, BY_SCHOOL = "password", "school"  # how somebody signs in

# When somebody did something last: machines do the same thing thousands of times. Files of before
# get it too, and remain files that an older version can use.
_INDEX = "CREATE INDEX IF NOT EXISTS log_of ON log (action, who, at)"
_TABLES = (
    """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, made_at TEXT NOT NULL,
    colleges TEXT NOT NULL, signs_in TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE machine (
    name TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, made_at TEXT NOT NULL, made_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
    + RECORD
)
_SCHEMA = Schema(
    application=0x50507273,  # "PPrs"
    version=1,
    tables=_TABLES,
    synchronous="FULL",
    unusable="ledger_unusable",
    foreign="ledger_foreign",
    damaged="ledger_damaged",
)


_MAKES_MACHINES = "`photoproof site token` or the machines' page"
_PERSON = "name, role, made_at, colleges, signs_in"


class Person(NamedTuple):
    """An account of a site.

    Attributes:
        made_at: UTC, ISO 8601.
        colleges: Whose students they may see and hand in for; empty for all.
        signs_in: `BY_PASSWORD` or `BY_SCHOOL`.
    """

    name: str
    role: str
    made_at: str
    colleges: tuple[str, ...]
    signs_in: str


class SiteAccounts(Accounts):
    """Accounts that say besides which colleges they are for, and how their owner signs in."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(db)

    def add(
        self,
        name: str,
        role: str,
        password: str,
        made_at: str,
        colleges: Sequence[str] = (),
        signs_in: str = BY_PASSWORD,
    ) -> bool:
        """Make an account; False if the name is taken."""
        row = (name, role, password, made_at, _text(colleges), signs_in)
        try:
            self._db.execute("INSERT INTO account VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            return False
        return True

    def change(
        self, name: str, role: str, colleges: Sequence[str], signs_in: str, password: str | None
    ) -> bool:
        """Keep another role and scope, and a password's hash if not None; False if unknown."""
        changed = self._db.execute(
            "UPDATE account SET role = ?, colleges = ?, signs_in = ?,"
            " password = coalesce(?, password) WHERE name = ?",
            (role, _text(colleges), signs_in, password, name),
        )
        return changed.rowcount > 0

    def colleges_of(self, name: str) -> tuple[str, ...]:
        """The colleges that somebody is for; empty for all."""
        person = self.person(name)
        return person.colleges if person else ()

    def person(self, name: str) -> Person | None:
        """Somebody's account."""
        asked = f"SELECT {_PERSON} FROM account WHERE name = ?"  # noqa: S608 - our own words
        row = self._db.execute(asked, (name,)).fetchone()
        return _person(row) if row else None

    def people(self) -> list[Person]:
        """Everybody, by name."""
        rows = self._db.execute(f"SELECT {_PERSON} FROM account ORDER BY name")  # noqa: S608
        return [_person(row) for row in rows]


class SiteLedger(People):
    """A site's people's data.

    Args:
        path: The file; made when it is not there.

    Raises:
        StoreError: If the file cannot be opened, or is something else.
    """

    made_by = "`photoproof site user` or the people's page"
    accounts: SiteAccounts

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)
        self.accounts = SiteAccounts(self.db)
        self.machines = Machines(self.db)
        try:
            self.db.execute(_INDEX)
        except sqlite3.Error as error:
            self.close()
            raise StoreError(_SCHEMA.unusable, label=path.name, why=cause(error)) from error

    def _furnish(self) -> None:
        for name in ("log_stays", "log_kept"):
            self.db.execute(APPEND_ONLY[name])
        Log(self.db).append("photoproof", "ledger_made")

    def verify(self, noted_head: str = "") -> Verification:
        """Whether log and accounts are as they were written.

        Args:
            noted_head: A head hash noted earlier; it must still be in the chain.
        """
        found = self.log.verify({}, noted_head)
        fault = found.fault or self.accounts_fault() or self._machines_fault()
        return replace(found, fault=fault)

    def _machines_fault(self) -> str:
        """The first machine's account that is not as the log says it was made."""
        said: dict[str, str] = {}
        for entry in self.log.entries():
            if entry.action == "machine_made":
                detail = json.loads(entry.detail)
                said[detail["machine"]] = detail["row"]
            elif entry.action == "machine_closed":
                said.pop(json.loads(entry.detail)["machine"], None)
        for machine in self.machines.listed():
            if said.pop(machine.name, None) != machine.digest:
                return f"machine {machine.name} was not made by {_MAKES_MACHINES}"
        return f"machine {next(iter(said))} is missing" if said else ""


def _person(row: tuple[str, str, str, str, str]) -> Person:
    name, role, made_at, colleges, signs_in = row
    return Person(name, role, made_at, tuple(json.loads(colleges)), signs_in)


def _text(colleges: Sequence[str]) -> str:
    return json.dumps(sorted(set(colleges)), ensure_ascii=False)
