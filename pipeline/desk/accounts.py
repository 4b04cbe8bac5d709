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
from pipeline.store import log
from pipeline.store.accounts import SessionRow
from pipeline.store.ledger import Ledger

SESSION_S = 12 * 3600  # a working day at most
IDLE_S = 60 * 60  # an hour without a click
TOUCH_S = 60  # how often a session's last use is written down
WINDOW_S, TRIES_NAME, TRIES_ADDRESS = 15 * 60, 5, 20
MIN_PASSWORD = 10
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
    """The name or address has to wait before it tries another password."""


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
        ConfigError: The name is taken or unusable, or the password too short.
    """
    if not name or len(name) > 40 or not name.isprintable() or name.strip() != name:
        raise ConfigError("an account's name is 1 to 40 printable characters")
    if name == LOCAL or name.startswith(("import:", "photoproof")):
        raise ConfigError(f"the account name {name} is reserved", "Choose another name.")
    _long_enough(password)
    hashed = _hasher().hash(password)
    with ledger.transaction():
        if not ledger.accounts.add(name, role.value, hashed, log.now()):
            raise ConfigError(f"there is already an account {name}")
        ledger.log.append(by, "account_made", account=name, role=role.value)


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
        ConfigError: The new password is too short.
        TooManyTriesError: Too many failures for this name or from this address of late.
    """
    _long_enough(password)
    if _fitting(ledger, name, current, address, "password_refused") is None:
        return False
    change(ledger, name, password, name, keep=cookie)
    return True


def change(ledger: Ledger, name: str, password: str, by: str, keep: str = "") -> None:
    """Give an account another password; its sessions end, but for the one of the cookie `keep`.

    Raises:
        ConfigError: There is no such account, or the password is too short.
    """
    _long_enough(password)
    hashed = _hasher().hash(password)
    with ledger.transaction():
        if not ledger.accounts.change_password(name, hashed):
            raise _no_account(name)
        ended = ledger.accounts.end_sessions_of(name, but=_hashed(keep))
        ledger.log.append(by, "password_changed", account=name, sessions_ended=ended)


def _long_enough(password: str) -> None:
    if len(password) < MIN_PASSWORD:
        raise ConfigError(
            f"the password has fewer than {MIN_PASSWORD} characters", "Choose a longer one."
        )


def _no_account(name: str) -> ConfigError:
    return ConfigError(f"there is no account {masked(name)}", "See `photoproof users list`.")


def _fitting(ledger: Ledger, name: str, password: str, address: str, refusal: str) -> Role | None:
    """The role of the account that name and password fit; a failure is counted and logged."""
    _limit(ledger, name, address)
    row = ledger.accounts.password_and_role(name)
    try:
        _hasher().verify(row[0] if row else _nobody(), password)
    except VerificationError:
        with ledger.transaction():
            moment = time.time()
            ledger.accounts.add_failure(moment, _hashed(name), address, moment - WINDOW_S)
            # An unknown name may be a password in the wrong field.
            ledger.log.append(name if row else "unknown", refusal, address=address)
        return None
    return Role(row[1]) if row else None


def _limit(ledger: Ledger, name: str, address: str) -> None:
    since = time.time() - WINDOW_S
    by_name, by_address = ledger.accounts.failures(_hashed(name), address, since)
    if by_name >= TRIES_NAME or by_address >= TRIES_ADDRESS:
        raise TooManyTriesError


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
    return Session(row.who, Role(row.role), row.csrf)


def end(ledger: Ledger, cookie: str, who: str) -> None:
    """Close a session."""
    with ledger.transaction():
        ledger.accounts.end_session(_hashed(cookie))
        ledger.log.append(who, "logout")


def redeem(ledger: Ledger, token: str, address: str) -> str | None:
    """The cookie of a session for the one-time token, which then is spent; None if it is wrong."""
    with ledger.transaction():
        kept = ledger.noted("token")
        if not kept or not compare_digest(kept, _hashed(token)):
            ledger.log.append(LOCAL, "token_refused", address=address)
            return None
        ledger.note("token", "")
    return begin(ledger, LOCAL, Role.LEAD, address)


def new_token(ledger: Ledger) -> str:
    """A one-time token for a desk without accounts; earlier tokens and its sessions end."""
    token = token_urlsafe(24)
    with ledger.transaction():
        ledger.note("token", _hashed(token))
        ledger.accounts.end_sessions_of(LOCAL)
    return token


def close_local(ledger: Ledger) -> None:
    """End what a desk without accounts left open: token and session."""
    with ledger.transaction():
        ledger.note("token", "")
        ledger.accounts.end_sessions_of(LOCAL)


def _horizon() -> tuple[float, float]:
    return time.time() - SESSION_S, time.time() - IDLE_S


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
