"""The people of a site: where their accounts are kept, and what may be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.privacy import masked
from pipeline.core.private import make_folder
from pipeline.core.said import cause
from pipeline.desk.accounts import (
    Role,
    check_name,
    check_password,
    hashed_password,
)
from pipeline.site.config import Site
from pipeline.store import log
from pipeline.store.site_ledger import BY_PASSWORD, BY_SCHOOL, SiteLedger

FILE = "site.sqlite"
_LONGEST, _MOST = 200, 200  # of a college's name, and of colleges of one account


def ledger_file(site: Site) -> Path:
    """Where a site's people are kept: beside its cohorts."""
    return site.path(site.home) / FILE


def site_ledger(site: Site) -> SiteLedger:
    """A site's people's data, open; made when it is not there.

    Raises:
        StoreError: It cannot be opened or made.
    """
    path = ledger_file(site)
    try:
        make_folder(path.parent)
    except OSError as error:
        raise StoreError("out_unwritable", out=path.parent, why=cause(error)) from error
    return SiteLedger(path)


def add(
    ledger: SiteLedger,
    name: str,
    role: Role,
    colleges: Sequence[str],
    password: str | None,
    by: str,
) -> None:
    """Make an account; without a password its owner signs in through the school.

    Raises:
        ConfigError: The name is taken or unusable, or the password too short or too common.
    """
    check_name(name)
    wanted = _checked(colleges, role)
    hashed = _hashed(password, name)
    with ledger.transaction():
        put_in(ledger, name, role, wanted, hashed, by)


def put_in(
    ledger: SiteLedger,
    name: str,
    role: Role,
    colleges: Sequence[str],
    hashed: str,
    by: str,
    taken_from: str = "",
) -> None:
    """Keep a new account whose password's hash is known; call inside a transaction.

    Args:
        ledger: Of the site.
        name: Of the account.
        role: What its owner may do.
        colleges: For whom; empty for all.
        hashed: "" where its owner signs in through the school.
        by: Who makes it.
        taken_from: The cohort whose desk had it before.

    Raises:
        ConfigError: The name is taken.
    """
    signs_in = BY_PASSWORD if hashed else BY_SCHOOL
    if not ledger.accounts.add(name, role.value, hashed, log.now(), colleges, signs_in):
        raise ConfigError("account_exists", name=name)
    detail = {"taken_from": taken_from} if taken_from else {}
    _put_down(ledger, by, "account_made", name, role, colleges, signs_in, **detail)


def change(ledger: SiteLedger, name: str, role: Role, colleges: Sequence[str], by: str) -> None:
    """Give an account another role and scope; its sessions end, so that nothing old is on show.

    Raises:
        ConfigError: There is no such account, or nobody would be left to see to people.
    """
    wanted = _checked(colleges, role)
    with ledger.transaction():
        person = ledger.accounts.person(name)
        if person is None:
            raise ConfigError("no_person", name=masked(name))
        if role is not Role.ADMINISTRATOR:
            _others_see_to_people(ledger, name)
        ledger.accounts.change(name, role.value, wanted, person.signs_in, None)
        ledger.accounts.end_sessions_of(name)
        _put_down(ledger, by, "account_changed", name, role, wanted, person.signs_in)


def remove(ledger: SiteLedger, name: str, by: str) -> None:
    """Close an account and its sessions; what its owner has answered stays.

    Raises:
        ConfigError: There is no such account, or nobody would be left to see to people.
    """
    with ledger.transaction():
        if ledger.accounts.person(name) is None:
            raise ConfigError("no_person", name=masked(name))
        _others_see_to_people(ledger, name)
        ledger.accounts.remove(name)
        ledger.accounts.end_sessions_of(name)
        ledger.log.append(by, "account_closed", account=name)


def set_password(ledger: SiteLedger, name: str, password: str | None, by: str) -> None:
    """Give an account a password, or None for the school's sign-in; its sessions end.

    Raises:
        ConfigError: There is no such account, or the password is too short or too common.
    """
    hashed = _hashed(password, name)
    with ledger.transaction():
        person = ledger.accounts.person(name)
        if person is None:
            raise ConfigError("no_person", name=masked(name))
        signs_in = BY_PASSWORD if hashed else BY_SCHOOL
        ledger.accounts.change(name, person.role, person.colleges, signs_in, hashed)
        ended = ledger.accounts.end_sessions_of(name)
        role, row = Role(person.role), ledger.accounts.digest_of(name)
        ledger.log.append(
            by,
            "password_changed",
            account=name,
            role=role.value,
            signs_in=signs_in,
            sessions_ended=ended,
            row=row,
        )


def _others_see_to_people(ledger: SiteLedger, name: str) -> None:
    """Raises ConfigError where this one is the only administrator."""
    known = [p.name for p in ledger.accounts.people() if p.role == Role.ADMINISTRATOR]
    if known == [name]:
        raise ConfigError("last_administrator", name=name)


def _put_down(
    ledger: SiteLedger,
    by: str,
    action: str,
    name: str,
    role: Role,
    colleges: Sequence[str],
    signs_in: str,
    **detail: str,
) -> None:
    ledger.log.append(
        by,
        action,
        account=name,
        role=role.value,
        colleges=list(colleges),
        signs_in=signs_in,
        row=ledger.accounts.digest_of(name),
        **detail,
    )


def _hashed(password: str | None, name: str) -> str:
    if password is None:
        return ""
    check_password(password, name)
    return hashed_password(password)


def _checked(colleges: Sequence[str], role: Role) -> list[str]:
    """The colleges as they are kept; who sees to people sees to everybody's."""
    if role is Role.ADMINISTRATOR:
        return []
    wanted = sorted({text for one in colleges if (text := one.strip())})
    if len(wanted) > _MOST or any(len(one) > _LONGEST or not one.isprintable() for one in wanted):
        raise ConfigError("colleges_malformed", most=_MOST, longest=_LONGEST)
    return wanted
