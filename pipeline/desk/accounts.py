"""Accounts, roles, sessions, and how often somebody may try a password."""

from __future__ import annotations

import enum
import hashlib
import time
from dataclasses import dataclass
from functools import cache
from secrets import compare_digest, token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from pipeline.core.errors import ConfigError
from pipeline.core.privacy import masked
from pipeline.desk.passwords import SHORTEST, fault
from pipeline.store import log
from pipeline.store.accounts import SessionRow
from pipeline.store.ledger import Ledger

SESSION_S = 12 * 3600  # a working day at most
IDLE_S = 60 * 60  # an hour without a click
TOUCH_S = 60  # how often a session's last use is written down
# Failed tries of late after which an address waits: for one name, for all. A name is never shut by
# what others do elsewhere, only slowed down.
WINDOW_S, TRIES_BOTH, TRIES_ADDRESS = 15 * 60, 5, 20
SLOWED_FROM, SLOWEST_S = 5, 8.0
TOKEN_EACH_S = 60  # how often wrong one-time tokens of one address are put on record
_SPENT = "token_spent"  # the note of a spent token and of the cookie that was given for it
LOCAL = "local"  # who judges on a desk without accounts


class Role(enum.StrEnum):
    """What somebody may do: judge; judge, resolve and oversee; read the record."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has come in. `csrf` must accompany everything they change."""

    who: str
    role: Role
    csrf: str


class TooManyTriesError(Exception):
    """The address has to wait so many seconds before it tries again."""

    def __init__(self, wait_s: int = WINDOW_S) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2id, RFC 9106's second recommendation


@cache
def _nobody() -> str:
    """A hash to check for unknown names, so that they take as long as known ones."""
    return _hasher().hash(token_urlsafe())


def add(ledger: Ledger, name: str, role: Role, password: str, by: str) -> None:
    """Make an account.

    Raises:
        ConfigError: The name is taken or unusable, or the password too short or too common.
    """
    if not name or len(name) > 40 or not name.isprintable() or name.strip() != name:
        raise ConfigError("account_name_length")
    if masked(name) != name:
        raise ConfigError("account_name_id")
    if name == LOCAL or name.startswith(("import:", "photoproof")):
        raise ConfigError("account_name_reserved", name=name)
    _good(password, name)
    hashed = _hasher().hash(password)
    with ledger.transaction():
        if not ledger.accounts.add(name, role.value, hashed, log.now()):
            raise ConfigError("account_exists", name=name)
        row = ledger.accounts.digest_of(name)
        ledger.log.append(by, "account_made", account=name, role=role.value, row=row)


def remove(ledger: Ledger, name: str, by: str) -> None:
    """Close an account and its sessions; what its owner has answered stays.

    Raises:
        ConfigError: There is no such account.
    """
    with ledger.transaction():
        if not ledger.accounts.remove(name):
            raise _no_account(name)
        ledger.accounts.end_sessions_of(name)
        ledger.log.append(by, "account_closed", account=name)


def imported(name: str) -> str:
    """How answers from a file are signed: by nobody's account, and with no ID number."""
    return f"import:{masked(name).removeprefix('import:')[:40]}"


def listed(ledger: Ledger) -> list[tuple[str, Role, str]]:
    """Name, role and date of every account, by name."""
    return [(name, Role(role), made) for name, role, made in ledger.accounts.listed()]


def log_in(ledger: Ledger, name: str, password: str, address: str) -> str | None:
    """The cookie of a new session, or None where name and password do not fit.

    Raises:
        TooManyTriesError: Too many failures for this name or from this address of late.
    """
    role = _fitting(ledger, name, password, address, "login_refused")
    return begin(ledger, name, role, address) if role else None


def change_own(
    ledger: Ledger, name: str, current: str, password: str, address: str, cookie: str
) -> bool:
    """Change one's own password; one's sessions elsewhere end. False if `current` is wrong.

    Raises:
        ConfigError: The new password is too short or too common.
        TooManyTriesError: Too many failures for this name or from this address of late.
    """
    _good(password, name)
    if _fitting(ledger, name, current, address, "password_refused") is None:
        return False
    change(ledger, name, password, name, keep=cookie)
    return True


def change(ledger: Ledger, name: str, password: str, by: str, keep: str = "") -> None:
    """Give an account another password; its sessions end, but for the one of the cookie `keep`.

    Raises:
        ConfigError: There is no such account, or the password is too short or too common.
    """
    _good(password, name)
    hashed = _hasher().hash(password)
    with ledger.transaction():
        if not ledger.accounts.change_password(name, hashed):
            raise _no_account(name)
        ended = ledger.accounts.end_sessions_of(name, but=_hashed(keep))
        row = ledger.accounts.digest_of(name)
        ledger.log.append(by, "password_changed", account=name, sessions_ended=ended, row=row)


def _good(password: str, name: str) -> None:
    match fault(password, name):
        case "too_short":
            raise ConfigError("password_short", least=SHORTEST)
        case "too_common":
            raise ConfigError("password_common")


def _no_account(name: str) -> ConfigError:
    return ConfigError("no_account", name=masked(name))


def _fitting(ledger: Ledger, name: str, password: str, address: str, refusal: str) -> Role | None:
    """The role of the account that name and password fit; a failure is counted and logged."""
    attempt = _attempt(ledger, name, address)
    row = ledger.accounts.password_and_role(name)
    try:
        _hasher().verify(row[0] if row else _nobody(), password)
    except VerificationError:
        # An unknown name may be a password in the wrong field.
        ledger.record(name if row else "unknown", refusal, address=address)
        return None
    if row is None:
        return None
    with ledger.transaction():
        ledger.accounts.drop_failure(attempt)
    return Role(row[1])


def _attempt(ledger: Ledger, name: str, address: str) -> int:
    """Count a try as failed before its password is looked at; its number.

    Tries at the same moment can so be no more than tries one by one.
    """
    with ledger.transaction():
        moment = time.time()
        failed = ledger.accounts.failures(_hashed(name), address, moment - WINDOW_S)
        if failed.of_both >= TRIES_BOTH or failed.from_address >= TRIES_ADDRESS:
            raise TooManyTriesError
        return ledger.accounts.add_failure(moment, _hashed(name), address, moment - WINDOW_S)


def slowed_s(ledger: Ledger, name: str) -> float:
    """How long a try for this name is to wait, for all that has failed of late from anywhere."""
    failed = ledger.accounts.failures(_hashed(name), "", time.time() - WINDOW_S).of_name
    over = failed - SLOWED_FROM
    return min(SLOWEST_S, 0.5 * 2 ** min(over, 8)) if over > 0 else 0.0


def begin(ledger: Ledger, who: str, role: Role, address: str) -> str:
    """Open a session; its cookie, of which only a hash is kept."""
    cookie, began = token_urlsafe(32), time.time()
    row = SessionRow(_hashed(cookie), who, role.value, token_urlsafe(24), began, began)
    with ledger.transaction():
        ledger.accounts.drop_sessions_before(*_horizon())
        ledger.accounts.add_session(row)
        ledger.log.append(who, "login", address=address, role=role.value)
    return cookie


def session(ledger: Ledger, cookie: str) -> Session | None:
    """The session of a cookie, None where it is unknown or has expired."""
    row = ledger.accounts.session(_hashed(cookie), *_horizon())
    if row is None:
        return None
    if time.time() - row.seen > TOUCH_S:
        with ledger.transaction():
            ledger.accounts.touch_session(row.id, time.time())
    # The account's role counts, which the log vouches for, not what a session says of it.
    account = ledger.accounts.password_and_role(row.who)
    if account is None and row.who != LOCAL:
        return None
    return Session(row.who, Role(account[1] if account else row.role), row.csrf)


def end(ledger: Ledger, cookie: str, who: str) -> None:
    """Close a session."""
    with ledger.transaction():
        ledger.accounts.end_session(_hashed(cookie))
        ledger.log.append(who, "logout")


def redeem(ledger: Ledger, token: str, address: str, cookie: str = "") -> str | None:
    """The cookie of a session for the one-time token, which then is spent; None if it is wrong.

    A right token is always taken: nobody can guess it, so nobody need be kept from guessing. The
    browser that spent it may come again by it, as long as it keeps the cookie it was given.

    Raises:
        TooManyTriesError: A wrong one, after many from this address.
    """
    kept, spent = ledger.noted("token"), ledger.noted(_SPENT)
    again = bool(cookie) and compare_digest(spent, f"{_hashed(token)} {_hashed(cookie)}")
    if not again and (not kept or not compare_digest(kept, _hashed(token))):
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
        ledger.note(_SPENT, f"{_hashed(token)} {_hashed(fresh)}")
    return fresh


def _token_refused(ledger: Ledger, address: str) -> None:
    """Put a wrong token on record, once a minute for an address; nothing is written for many."""
    moment, name = time.time(), _hashed("token")
    if ledger.accounts.failures(name, address, moment - WINDOW_S).of_both >= TRIES_ADDRESS:
        raise TooManyTriesError
    with ledger.transaction():
        if not ledger.accounts.failures(name, address, moment - TOKEN_EACH_S).of_both:
            ledger.log.append(LOCAL, "token_refused", address=address)
        ledger.accounts.add_failure(moment, name, address, moment - WINDOW_S)


def new_token(ledger: Ledger) -> str:
    """A one-time token for a desk without accounts; earlier tokens and its sessions end."""
    token = token_urlsafe(24)
    with ledger.transaction():
        ledger.note("token", _hashed(token))
        ledger.note(_SPENT, "")
        ledger.accounts.end_sessions_of(LOCAL)
    return token


def close_local(ledger: Ledger) -> None:
    """End what a desk without accounts left open: token and session."""
    with ledger.transaction():
        ledger.note("token", "")
        ledger.note(_SPENT, "")
        ledger.accounts.end_sessions_of(LOCAL)


def _horizon() -> tuple[float, float]:
    return time.time() - SESSION_S, time.time() - IDLE_S


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
