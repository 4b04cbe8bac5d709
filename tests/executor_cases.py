"""Duties for tests of executors; workers import them from here."""

from __future__ import annotations

import hashlib
import os
import signal
import time

from pipeline.core.errors import ModelError, SourceError
from pipeline.core.policy import InputLimits
from pipeline.night.executors import Duty
from pipeline.student.allowance import time_for_one


def ten() -> int:
    return 10


def add(tool: int, task: int) -> int:
    """A negative task takes its process along."""
    if task == 99:
        raise SourceError("99 cannot be added")
    if task < 0:
        os._exit(1)
    time.sleep(0.01)
    return tool + task


def given_up(task: int, reason: str) -> int:
    assert "died twice" in reason
    return task * 1000


def put_away(tool: int) -> None:
    assert tool == 10


ADDING = Duty(ten, add, given_up, put_away)
LIMITS = InputLimits(max_bytes=1, max_megapixels=1, max_seconds=1)


def nothing() -> None:
    pass


def decoding(_tool: None, task: int) -> str:
    """Task 3 is a decoder that never comes back and does not hear Python's signals."""
    with time_for_one(LIMITS):
        if task == 3:
            hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
    return "decoded"


def told(_task: int, reason: str) -> str:
    return reason


def leave(_tool: None) -> None:
    pass


DECODING = Duty(nothing, decoding, told, leave)


def kills_its_parent(_tool: int, task: int) -> int:
    """Task 5 takes along the process that has started this one."""
    if task == 5:
        os.kill(os.getppid(), signal.SIGKILL)
    return task


def wrong_machine(_sent: object) -> None:
    raise ModelError("node n1 has another photoproof", "Install the same.")
