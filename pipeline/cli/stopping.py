"""Ctrl-C, `kill` and a closed terminal: one way out, which says what is kept and how to go on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from pipeline.core.said import said

# Exit codes are those of a shell: 128 and the signal's number.
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_SHOW_CURSOR = "\x1b[?25h"  # a progress bar hides it


class Stopped(BaseException):
    """The user, the system or the terminal wants an end; no `except` for errors meets it.

    Attributes:
        message: A sentence for people, with what has been done so far.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number
        self.message: str = said("line.stopped")


_asked_instead: list[Callable[[int], None]] = []  # of `gently`, the innermost last


def heed_signals() -> None:
    """Raise `Stopped` at the first signal, and end at once at a second.

    What was to be ignored when the program started, as by `nohup`, stays ignored.
    """
    asked = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            for worker in multiprocessing.active_children():
                worker.kill()
            if sys.stderr.isatty():
                os.write(2, _SHOW_CURSOR.encode())
            os._exit(128 + number)
        asked = True
        if not _asked_instead:
            raise Stopped(number)
        _asked_instead[-1](number)

    for name in _SIGNALS:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


@contextmanager
def gently(stop: Callable[[], None]) -> Iterator[None]:
    """A block that a signal asks to end, by `stop`, instead of breaking it off.

    Raises:
        Stopped: It was asked, and has ended.
    """
    numbers: list[int] = []

    def ask(number: int) -> None:
        numbers.append(number)
        stop()

    _asked_instead.append(ask)
    try:
        yield
    finally:
        _asked_instead.remove(ask)
    if numbers:
        raise Stopped(numbers[0])


class Count:
    """Of students done and in all, as the progress has told it last."""

    def __init__(self) -> None:
        self.done, self.total = 0, 0

    def __call__(self, done: int, total: int) -> None:
        """Take what is told."""
        self.done, self.total = done, total


@contextmanager
def telling(count: Count, out: object) -> Iterator[None]:
    """A night; where it is stopped, it is told what the folder `out` holds."""
    try:
        yield
    except Stopped as stop:
        if count.total:
            stop.message = said("line.stopped_kept", done=count.done, total=count.total, out=out)
        else:
            stop.message = said("line.stopped_early")
        raise
