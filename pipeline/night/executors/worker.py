"""What runs in a worker process: tasks come over a pipe, results go back over it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from enum import Enum
from multiprocessing.connection import Connection
from typing import Any

from models.manifest import cache_dir
from pipeline.core.cage import close_cage
from pipeline.core.errors import PhotoproofError
from pipeline.night.executors import Duty
from pipeline.student.allowance import Terms, enforce

_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG, see prctl(2)


class Word(Enum):
    """What a worker tells; each comes with a value."""

    READY = "its tool is made, None"
    DONE = "the result of the task that it has had longest"
    FAULT = "the PhotoproofError that ends the work"


def serve(line: Connection, duty: Duty[Any, Any, Any], terms: Terms) -> None:
    """Work off what comes over `line`, each task in a tuple, until None comes."""
    die_with_parent()
    enforce(terms)
    try:
        tool = duty.begin()
        if duty.reads is not None:
            close_cage((*duty.reads, cache_dir()), [terms.turns])
        line.send((Word.READY, None))
        while (message := line.recv()) is not None:
            (task,) = message
            line.send((Word.DONE, duty.work(tool, task)))
        duty.end(tool)
    except PhotoproofError as error:
        line.send((Word.FAULT, error))
    except (EOFError, BrokenPipeError):
        return  # the parent wants nothing any more


def die_with_parent() -> None:
    """Call in a worker: it ends when its parent is killed, instead of waiting for work forever.

    On Linux the kernel does it, whatever the worker is doing. A thread does it everywhere, as soon
    as it gets its turn.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
