"""Who is at the school's sign-in now, whatever it speaks (`oidc`, `cas`)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_urlsafe
from threading import BoundedSemaphore, Lock

RETURN = "/login/school/return"  # where the provider sends people back to
WAIT_S = 10.0  # for the provider's answer
_PENDING_S, _MOST_PENDING = 600, 1000  # somebody is away at the provider so long, and so many
# Of the threads that answer everybody, so many wait for the provider at most (Starlette has 40).
_MOST_ASKING = 16


class SchoolError(Exception):
    """Nobody came in; `key` is of `[refusal]`, `why` for the log: a word, nobody's data."""

    def __init__(self, key: str, why: str, name: str = "") -> None:
        super().__init__(why)
        self.key, self.why, self.name = key, why, name


@dataclass(frozen=True, slots=True)
class Traveller:
    """Somebody who is at the provider now.

    Attributes:
        browser: What theirs is known by.
        back: Where they want to go then.
        secrets: Made for this way alone, which the provider must prove to know of.
    """

    browser: str
    back: str
    since: float
    secrets: tuple[str, ...]


class Away:
    """All who are at the provider, each by a state that nobody else can know."""

    def __init__(self) -> None:
        self._travellers: dict[str, Traveller] = {}
        self._lock = Lock()
        self._asking = BoundedSemaphore(_MOST_ASKING)

    def leave(self, browser: str, back: str, *secrets: str) -> str:
        """Note somebody who goes; their state.

        Raises:
            SchoolError: Too many are on their way.
        """
        state, now = token_urlsafe(24), time.monotonic()
        with self._lock:
            self._travellers = {
                known: one
                for known, one in self._travellers.items()
                if now - one.since < _PENDING_S
            }
            if len(self._travellers) >= _MOST_PENDING:
                raise SchoolError("too_many", "too_many_away")
            self._travellers[state] = Traveller(browser, back, now, secrets)
        return state

    def come_back(self, browser: str, state: str) -> Traveller:
        """Who comes back with this state; it is spent, however it ends.

        Raises:
            SchoolError: Nobody went with it, or another browser, or too long ago.
        """
        with self._lock:
            one = self._travellers.pop(state, None)
        if one is None or not browser or one.browser != browser:
            raise SchoolError("school_stale", "state")
        if time.monotonic() - one.since > _PENDING_S:
            raise SchoolError("school_stale", "late")
        return one

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While the provider is asked: a slow one never holds all threads.

        Raises:
            SchoolError: Too many ask it already.
        """
        if not self._asking.acquire(blocking=False):
            raise SchoolError("too_many", "too_many_asking")
        try:
            yield
        finally:
            self._asking.release()
