"""A file with people in it: their accounts, sessions and failed tries, and the log of their deeds.

One kind stands beside each run (`pipeline.store.ledger`), one beside a site's cohorts
(`pipeline.store.site_ledger`). Log entries are only ever added: triggers refuse anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.store.accounts import Accounts
from pipeline.store.log import Log
from pipeline.store.sqlite import Database, Schema
from pipeline.store.turns import turns_of

_WAIT_S = 20.0  # for other writers


class People(Database):
    """One open file. One thread uses it at a time; open one a request.

    Args:
        path: The file; made when it is not there.
        schema: What it must be.

    Attributes:
        log: Who did or saw what; hash-chained.
        accounts: People, their sessions and failed tries.

    Raises:
        StoreError: If the file cannot be opened, or is something else.
    """

    made_by = "`photoproof users`"  # who alone makes accounts here

    def __init__(self, path: Path, schema: Schema) -> None:
        super().__init__(path, schema, path.name, any_thread=True, wait_s=_WAIT_S)
        self.log = Log(self.db)
        self.accounts = Accounts(self.db)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        with turns_of(self.path, _WAIT_S), super()._whole():
            yield

    def record(self, who: str, action: str, subject: str = "", **detail: object) -> None:
        """Add one log entry in a transaction of its own."""
        with self.transaction():
            self.log.append(who, action, subject, **detail)

    def accounts_fault(self) -> str:
        """The first account that is not as the log says it was made and changed."""
        said: dict[str, dict[str, object]] = {}
        for entry in self.log.entries():
            if entry.action in ("account_made", "account_changed", "password_changed"):
                detail = json.loads(entry.detail)
                said.setdefault(detail["account"], {}).update(detail)
            elif entry.action == "account_closed":
                said.pop(json.loads(entry.detail)["account"], None)
        for name, role, row in self.accounts.digests():
            if (known := said.pop(name, None)) is None:
                return f"account {name} was not made by {self.made_by}"
            # Entries of the first version carry no digest of the account as a whole.
            if role != known["role"] or row != known.get("row", row):
                return f"account {name} has been changed: its role, its password or its date"
        return f"account {next(iter(said))} is missing" if said else ""
