"""Who is asking the hub: the same rules as at a desk, for the accounts of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from pipeline.core.words import Language
from pipeline.desk import accounts
from pipeline.desk.accounts import Role, Session
from pipeline.desk.cases.desk import Desk
from pipeline.desk.web.cookies import COOKIE, kept
from pipeline.desk.web.visits import RefusedError, Token, admitted, language
from pipeline.site.config import Cohort, Site
from pipeline.site.people import site_ledger
from pipeline.store.lending import Lending
from pipeline.store.site_ledger import SiteLedger


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may make it."""

    session: Session
    lang: Language
    site: Site
    ledger: SiteLedger

    @property
    def who(self) -> str:
        """The account's name, with which everything is signed."""
        return self.session.who

    @property
    def scoped(self) -> bool:
        """Whether they see some colleges only."""
        return bool(self.session.colleges)

    def record(self, action: str, subject: str = "", **detail: object) -> None:
        """Put a deed of theirs into the site's log."""
        self.ledger.record(self.who, action, subject, **detail)


class SiteGate:
    """The gate of a hub and of its desks: the site's accounts."""

    def __init__(self, site: Site) -> None:
        self._lending = Lending(partial(site_ledger, site))

    def close(self) -> None:
        """Close what is kept open between requests."""
        self._lending.close()

    @contextmanager
    def people(self, request: Request) -> Iterator[SiteLedger]:
        """The site's ledger, its last hash written outside by and by."""
        with self._lending.lent() as opened:
            yield opened
            if (heads := getattr(request.app.state, "heads", None)) is not None:
                heads.keep(opened)

    def session(self, _opened: Desk, cookie: str) -> Session | None:
        """Whose cookie comes to a desk."""
        with self._lending.lent() as opened:
            return accounts.session(opened, cookie)


def ledger(request: Request) -> Iterator[SiteLedger]:
    """The site's ledger for one request."""
    gate: SiteGate = request.app.state.gate
    with gate.people(request) as opened:
        yield opened


OpenLedger = Annotated[SiteLedger, Depends(ledger)]


def admits(*roles: Role) -> Callable[..., Visit]:
    """A dependency that lets in these roles only.

    Raises:
        RefusedError: 401 without a session, 403 with the wrong role or a forged token.
    """

    def visit(request: Request, opened: OpenLedger, csrf: Token) -> Visit:
        known = accounts.session(opened, kept(request, COOKIE))
        session = admitted(request, opened, known, roles, csrf)
        return Visit(session, language(request), request.app.state.site, opened)

    return visit


AnyVisit = Annotated[Visit, Depends(admits(*Role))]
# Lists and pages of cohorts: everybody but who sees to people alone.
CohortVisit = Annotated[
    Visit, Depends(admits(Role.REVIEWER, Role.LEAD, Role.AUDITOR, Role.UPLOADER))
]
LeadVisit = Annotated[Visit, Depends(admits(Role.LEAD))]
HandInVisit = Annotated[Visit, Depends(admits(Role.LEAD, Role.UPLOADER))]
AdministratorVisit = Annotated[Visit, Depends(admits(Role.ADMINISTRATOR))]
OverseerVisit = Annotated[Visit, Depends(admits(Role.LEAD, Role.AUDITOR, Role.ADMINISTRATOR))]


@dataclass(frozen=True, slots=True)
class Named:
    """A cohort that an address names."""

    name: str
    cohort: Cohort

    @property
    def title(self) -> str:
        """What people call it."""
        return self.cohort.title or self.name


def named(request: Request, cohort: str) -> Named:
    """The cohort in an address. Raises RefusedError: 404 where there is none."""
    site: Site = request.app.state.site
    if cohort not in site.cohorts:
        raise RefusedError(404, "not_found")
    return Named(cohort, site.cohorts[cohort])


AskedCohort = Annotated[Named, Depends(named)]
