"""Accounts, roles, sessions, and how often somebody may try a password."""

from __future__ import annotations

import enum
import hashlib
import time
from dataclasses import dataclass
from functools import cache
from secrets import token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from pipeline.core.errors import ConfigError
from pipeline.core.privacy import masked
from pipeline.desk.passwords import SHORTEST, fault
from pipeline.store import log
from pipeline.store.accounts import SessionRow
from pipeline.store.people import People

SESSION_S = 12 * 3600  # a working day at most
IDLE_S = 60 * 60  # an hour without a click
TOUCH_S = 60  # how often a session's last use is written down
# Failed tries of late after which an address waits: for one name, for all. A name is never shut by
# what others do elsewhere, only slowed down.
WINDOW_S, TRIES_BOTH, TRIES_ADDRESS = 15 * 60, 5, 20
SLOWED_FROM, SLOWEST_S = 5, 8.0
LOCAL = "local"  # who judges on a desk without accounts


class Role(enum.StrEnum):
    """What somebody may do: judge; judge, resolve and oversee; read the record.

    In a site's hub also: hand in files (a college's secretary), and see to people and to how long
    data is kept (the administrator); neither of them comes to a desk.
    """

    REVIEWER = "reviewer"
    LEAD = "lead"
    AUDITOR = "auditor"
    UPLOADER = "uploader"
    ADMINISTRATOR = "administrator"


DESK_ROLES = (Role.REVIEWER, Role.LEAD, Role.AUDITOR)  # who has something to do at a desk


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has come in.

    Attributes:
        csrf: Must accompany everything they change.
        colleges: Whose students they may see; empty for all.
    """

    who: str
    role: Role
    csrf: str
    colleges: tuple[str, ...] = ()


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


def add(ledger: People, name: str, role: Role, password: str, by: str) -> None:
    """Make an account.

    Raises:
        ConfigError: The name is taken or unusable, or the password too short or too common.
    """
    check_name(name)
    check_password(password, name)
    hashed = hashed_password(password)
    with ledger.transaction():
        if not ledger.accounts.add(name, role.value, hashed, log.now()):
            raise ConfigError("account_exists", name=name)
        row = ledger.accounts.digest_of(name)
        ledger.log.append(by, "account_made", account=name, role=role.value, row=row)


def check_name(name: str) -> None:
    """See that an account can be called so.

    Raises:
        ConfigError: It is empty, too long, an ID number, or what others' answers are signed with.
    """
    if not name or len(name) > 40 or not name.isprintable() or name.strip() != name:
        raise ConfigError("account_name_length")
    if masked(name) != name:
        raise ConfigError("account_name_id")
    if name == LOCAL or name.startswith(("import:", "photoproof")):
        raise ConfigError("account_name_reserved", name=name)


def check_password(password: str, name: str) -> None:
    """See that a password is good enough for the account of this name.

    Raises:
        ConfigError: It is too short or too common.
    """
    match fault(password, name):
        case "too_short":
            raise ConfigError("password_short", least=SHORTEST)
        case "too_common":
            raise ConfigError("password_common")


def hashed_password(password: str) -> str:
    """What is kept of a password."""
    return _hasher().hash(password)


def remove(ledger: People, name: str, by: str) -> None:
    """Close an account and its sessions; what its owner has answered stays.

    Raises:
        ConfigError: There is no such account.
    """
    with ledger.transaction():
        if not ledger.accounts.remove(name):
            raise no_account(name)
        ledger.accounts.end_sessions_of(name)
        ledger.log.append(by, "account_closed", account=name)


def imported(name: str) -> str:
    """How answers from a file are signed: by nobody's account, and with no ID number."""
    return f"import:{masked(name).removeprefix('import:')[:40]}"


def listed(ledger: People) -> list[tuple[str, Role, str]]:
    """Name, role and date of every account, by name."""
    return [(name, Role(role), made) for name, role, made in ledger.accounts.listed()]


def log_in(ledger: People, name: str, password: str, address: str) -> str | None:
    """The cookie of a new session, or None where name and password do not fit.

    Raises:
        TooManyTriesError: Too many failures for this name or from this address of late.
    """
    role = _fitting(ledger, name, password, address, "login_refused")
    return begin(ledger, name, role, address) if role else None


def change_own(
    ledger: People, name: str, current: str, password: str, address: str, cookie: str
) -> bool:
    """Change one's own password; one's sessions elsewhere end. False if `current` is wrong.

    Raises:
        ConfigError: The new password is too short or too common.
        TooManyTriesError: Too many failures for this name or from this address of late.
    """
    check_password(password, name)
    if _fitting(ledger, name, current, address, "password_refused") is None:
        return False
    change(ledger, name, password, name, keep=cookie)
    return True


def change(ledger: People, name: str, password: str, by: str, keep: str = "") -> None:
    """Give an account another password; its sessions end, but for the one of the cookie `keep`.

    Raises:
        ConfigError: There is no such account, or the password is too short or too common.
    """
    check_password(password, name)
    hashed = hashed_password(password)
    with ledger.transaction():
        if not ledger.accounts.change_password(name, hashed):
            raise no_account(name)
        ended = ledger.accounts.end_sessions_of(name, but=digest_of(keep))
        row = ledger.accounts.digest_of(name)
        ledger.log.append(by, "password_changed", account=name, sessions_ended=ended, row=row)


def no_account(name: str) -> ConfigError:
    """What is said of a name that nobody has."""
    return ConfigError("no_account", name=masked(name))


def _fitting(ledger: People, name: str, password: str, address: str, refusal: str) -> Role | None:
    """The role of the account that name and password fit; a failure is counted and logged."""
    attempt = _attempt(ledger, name, address)
    row = ledger.accounts.password_and_role(name)
    try:
        _hasher().verify(row[0] if row and row[0] else _nobody(), password)
    except VerificationError:
        # An unknown name may be a password in the wrong field.
        ledger.record(name if row else "unknown", refusal, address=address)
        return None
    if row is None or not row[0]:  # who signs in through the school has no password here
        return None
    with ledger.transaction():
        ledger.accounts.drop_failure(attempt)
    return Role(row[1])


def _attempt(ledger: People, name: str, address: str) -> int:
    """Count a try as failed before its password is looked at; its number.

    Tries at the same moment can so be no more than tries one by one.
    """
    with ledger.transaction():
        moment = time.time()
        failed = ledger.accounts.failures(digest_of(name), address, moment - WINDOW_S)
        if failed.of_both >= TRIES_BOTH or failed.from_address >= TRIES_ADDRESS:
            raise TooManyTriesError
        return ledger.accounts.add_failure(moment, digest_of(name), address, moment - WINDOW_S)


def slowed_s(ledger: People, name: str) -> float:
    """How long a try for this name is to wait, for all that has failed of late from anywhere."""
    failed = ledger.accounts.failures(digest_of(name), "", time.time() - WINDOW_S).of_name
    over = failed - SLOWED_FROM
    return min(SLOWEST_S, 0.5 * 2 ** min(over, 8)) if over > 0 else 0.0


def begin(ledger: People, who: str, role: Role, address: str) -> str:
    """Open a session; its cookie, of which only a hash is kept."""
    cookie, began = token_urlsafe(32), time.time()
    row = SessionRow(digest_of(cookie), who, role.value, token_urlsafe(24), began, began)
    with ledger.transaction():
        ledger.accounts.drop_sessions_before(*_horizon())
        ledger.accounts.add_session(row)
        ledger.log.append(who, "login", address=address, role=role.value)
    return cookie


def session(ledger: People, cookie: str) -> Session | None:
    """The session of a cookie, None where it is unknown or has expired."""
    row = ledger.accounts.session(digest_of(cookie), *_horizon())
    if row is None:
        return None
    if time.time() - row.seen > TOUCH_S:
        with ledger.transaction():
            ledger.accounts.touch_session(row.id, time.time())
    # The account's role counts, which the log vouches for, not what a session says of it.
    account = ledger.accounts.password_and_role(row.who)
    if account is None and row.who != LOCAL:
        return None
    colleges = ledger.accounts.colleges_of(row.who)
    return Session(row.who, Role(account[1] if account else row.role), row.csrf, colleges)


def end(ledger: People, cookie: str, who: str) -> None:
    """Close a session."""
    with ledger.transaction():
        ledger.accounts.end_session(digest_of(cookie))
        ledger.log.append(who, "logout")


def _horizon() -> tuple[float, float]:
    return time.time() - SESSION_S, time.time() - IDLE_S


def digest_of(secret: str) -> str:
    """What is kept of a secret that nobody could guess."""
    return hashlib.sha256(secret.encode()).hexdigest()
