"""Accounts of the cohorts' run folders, taken over into the site once.

A name signs answers, so nobody is guessed to be somebody: what the folders say differently of one
name, or what the site has by itself already, is told and left to the administrator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.desk.accounts import Role
from pipeline.desk.heads import ledger_name
from pipeline.night.folder import LEDGER
from pipeline.site import people
from pipeline.site.config import Site
from pipeline.store.ledger import Ledger
from pipeline.store.site_ledger import SiteLedger

BY = "photoproof"  # who takes them over


@dataclass(frozen=True, slots=True)
class Found:
    """An account of a run folder.

    Attributes:
        note: What the site remembers by that it has been taken over.
    """

    cohort: str
    note: str
    name: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the accounts of run folders.

    Attributes:
        names: Taken over now.
        clashes: Not taken over: name, and the cohorts that know it.
    """

    names: tuple[str, ...]
    clashes: tuple[tuple[str, tuple[str, ...]], ...]


def take_over(site: Site, ledger: SiteLedger) -> Taken:
    """Take over each account that can only be one person's, with its password; all of it logged.

    An account is taken over once: what the administrator does with it afterwards stays.

    Raises:
        StoreError: A ledger cannot be read or written.
    """
    by_name: dict[str, list[Found]] = {}
    for one in _found(site):
        if not ledger.noted(one.note):
            by_name.setdefault(one.name, []).append(one)
    names, clashes = [], []
    for name, every in sorted(by_name.items()):
        alike = len({(one.role, one.password) for one in every}) == 1
        if not alike or ledger.accounts.person(name):
            clashes.append((name, tuple(one.cohort for one in every)))
            continue
        first = every[0]
        with ledger.transaction():
            people.put_in(ledger, name, Role(first.role), (), first.password, BY, first.cohort)
            for one in every:
                ledger.note(one.note, "taken")
        names.append(name)
    return Taken(tuple(names), tuple(clashes))


def _found(site: Site) -> Iterator[Found]:
    for cohort in site.cohorts:
        path = site.run_of(cohort) / LEDGER
        if path.is_file():
            with Ledger(path) as opened:
                known = ledger_name(opened)
                for name, role, password in opened.accounts.kept():
                    yield Found(cohort, f"taken {known} {name}", name, role, password)
