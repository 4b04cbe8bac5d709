"""The one-time token that opens a desk without accounts, and the one session it is spent for."""

from __future__ import annotations

import time
from secrets import compare_digest, token_urlsafe

from pipeline.desk.accounts import (
    LOCAL,
    TRIES_ADDRESS,
    WINDOW_S,
    Role,
    TooManyTriesError,
    begin,
    digest_of,
)
from pipeline.store.people import People

TOKEN_EACH_S = 60  # how often wrong one-time tokens of one address are put on record
_SPENT = "token_spent"  # the note of a spent token and of the cookie that was given for it


def redeem(ledger: People, token: str, address: str, cookie: str = "") -> str | None:
    """The cookie of a session for the one-time token, which then is spent; None if it is wrong.

    A right token is always taken: nobody can guess it, so nobody need be kept from guessing. The
    browser that spent it may come again by it, as long as it keeps the cookie it was given.

    Raises:
        TooManyTriesError: A wrong one, after many from this address.
    """
    kept, spent = ledger.noted("token"), ledger.noted(_SPENT)
    again = bool(cookie) and compare_digest(spent, f"{digest_of(token)} {digest_of(cookie)}")
    if not again and (not kept or not compare_digest(kept, digest_of(token))):
        _token_refused(ledger, address)
        return None
    with ledger.transaction():
        if (ledger.noted("token"), ledger.noted(_SPENT)) != (kept, spent):
            return None  # another request has just spent it
        ledger.note("token", "")
        ledger.note(_SPENT, "")
        ledger.accounts.end_sessions_of(LOCAL)
    fresh = begin(ledger, LOCAL, Role.LEAD, address)
    with ledger.transaction():
        ledger.note(_SPENT, f"{digest_of(token)} {digest_of(fresh)}")
    return fresh


def _token_refused(ledger: People, address: str) -> None:
    """Put a wrong token on record, once a minute for an address; nothing is written for many."""
    moment, name = time.time(), digest_of("token")
    if ledger.accounts.failures(name, address, moment - WINDOW_S).of_both >= TRIES_ADDRESS:
        raise TooManyTriesError
    with ledger.transaction():
        if not ledger.accounts.failures(name, address, moment - TOKEN_EACH_S).of_both:
            ledger.log.append(LOCAL, "token_refused", address=address)
        ledger.accounts.add_failure(moment, name, address, moment - WINDOW_S)


def new_token(ledger: People) -> str:
    """A one-time token for a desk without accounts; earlier tokens and its sessions end."""
    token = token_urlsafe(24)
    with ledger.transaction():
        ledger.note("token", digest_of(token))
        ledger.note(_SPENT, "")
        ledger.accounts.end_sessions_of(LOCAL)
    return token


def close_local(ledger: People) -> None:
    """End what a desk without accounts left open: token and session."""
    with ledger.transaction():
        ledger.note("token", "")
        ledger.note(_SPENT, "")
        ledger.accounts.end_sessions_of(LOCAL)
