"""Open files handed on from one request to the next, instead of being opened anew for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Generic, Protocol, TypeVar

_MOST_IDLE = 8  # of one kind; more than work at once on a small machine


class Lendable(Protocol):
    """What is lent."""

    def renew(self) -> bool:
        """Forget what was read for the one before; False where it has to be opened anew."""

    def close(self) -> None:
        """Close it."""


_L = TypeVar("_L", bound=Lendable)


class Lending(Generic[_L]):
    """Lends open files, each to one borrower at a time.

    Args:
        opens: Opens one more; raises what goes wrong.
    """

    def __init__(self, opens: Callable[[], _L]) -> None:
        self._opens = opens
        self._idle: list[_L] = []
        self._lock, self._closed = Lock(), False

    @contextmanager
    def lent(self) -> Iterator[_L]:
        """One for as long as the block lasts; where something fails in it, it is not lent again."""
        one = self._known() or self._opens()
        try:
            yield one
        except BaseException:
            one.close()
            raise
        self._back(one)

    def close(self) -> None:
        """Close those that nobody has, and later ones when they come back."""
        with self._lock:
            self._closed, idle = True, self._idle
            self._idle = []
        for one in idle:
            one.close()

    def _known(self) -> _L | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                one = self._idle.pop()
            if one.renew():
                return one
            one.close()

    def _back(self, one: _L) -> None:
        with self._lock:
            kept = not self._closed and len(self._idle) < _MOST_IDLE
            if kept:
                self._idle.append(one)
        if not kept:
            one.close()
