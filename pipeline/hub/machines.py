"""Accounts of machines that ask for single checks: a name, and a token that is shown once."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import NamedTuple

from pipeline.core.errors import ConfigError
from pipeline.core.privacy import masked
from pipeline.desk.accounts import check_name, digest_of
from pipeline.store import log
from pipeline.store.machines import Machine
from pipeline.store.site_ledger import SiteLedger

MARK = "pp_"  # so that a token in a script or a log is known for what it is


class Known(NamedTuple):
    """A machine's account as people are shown it.

    Attributes:
        used_at: When it last had a picture checked, UTC; "" for never.
    """

    name: str
    made_at: str
    made_by: str
    used_at: str


def signed(name: str) -> str:
    """How the log says that a machine did something."""
    return f"machine:{name}"


def add(ledger: SiteLedger, name: str, by: str) -> str:
    """Make a machine's account; its token, of which only a hash is kept.

    Raises:
        ConfigError: The name is taken or unusable.
    """
    check_name(name)
    token = MARK + token_urlsafe(32)
    row = Machine(name, digest_of(token), log.now(), by)
    with ledger.transaction():
        if not ledger.machines.add(row):
            raise ConfigError("machine_exists", name=name)
        ledger.log.append(by, "machine_made", machine=name, row=row.digest)
    return token


def remove(ledger: SiteLedger, name: str, by: str) -> None:
    """Close a machine's account; its token opens nothing from now on.

    Raises:
        ConfigError: There is no such account.
    """
    with ledger.transaction():
        if not ledger.machines.remove(name):
            raise ConfigError("no_machine", name=masked(name))
        ledger.log.append(by, "machine_closed", machine=name)


def known(ledger: SiteLedger) -> list[Known]:
    """Every machine's account, by name."""
    return [
        Known(one.name, one.made_at, one.made_by, last if last >= one.made_at else "")
        for one in ledger.machines.listed()
        # An account of the same name may have been there before.
        for last in (ledger.log.last_time(signed(one.name), "checked"),)
    ]


def named_by(ledger: SiteLedger, token: str) -> str | None:
    """The name of the account that a token is of; None of none."""
    return ledger.machines.named_by(digest_of(token))
