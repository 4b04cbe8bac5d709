"""The intake of a large cohort in a process of its own, which takes its memory along.

To know whose a file is takes several kilobytes a student for as long as it is asked. What comes of
it comes over a pipe and waits on the disk (`source.spool`).
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from pipeline.core.errors import PhotoproofError, SourceError
from pipeline.core.types import Cohort
from pipeline.night.executors.processes import kept_from_terminal
from pipeline.night.executors.worker import die_with_parent
from pipeline.source import spool

# Of tables; a row of a roster takes from 20 to 200 bytes in its file.
LARGE_FROM = 2 << 20
_END = b""  # no block is empty

T = TypeVar("T")


def is_large(roster: Iterable[Path]) -> bool:
    """Whether a roster is of many students, told by its files; what is no file has no size."""
    sizes = sum(path.stat().st_size for path in roster if path.is_file())
    return sizes >= LARGE_FROM and not multiprocessing.current_process().daemon


def gathered_apart(gather: Callable[..., Cohort]) -> Cohort:
    """What `gather` comes to; jobs and files are on the disk.

    Args:
        gather: `pipeline.source.gather` with its arguments; picklable.

    Raises:
        PhotoproofError: As `gather`.
        SourceError: The process was ended from outside.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, gather), daemon=True)
    with kept_from_terminal():
        process.start()
    theirs.close()  # so that the line ends when the process does
    try:
        delivered = spool.Spool(spool.unpacked_delivered, _received(ours))
        jobs = spool.Spool(spool.unpacked_job, _received(ours))
        rest = ours.recv()
    except EOFError as error:
        raise SourceError("intake_died") from error
    finally:
        process.kill()
        process.join()
        ours.close()
    if isinstance(rest, PhotoproofError):
        raise rest
    cohort: Cohort = rest
    return replace(cohort, jobs=jobs, delivered=delivered)


def _received(line: Connection) -> Iterator[bytes]:
    return iter(line.recv_bytes, _END)


def _serve(line: Connection, gather: Callable[..., Cohort]) -> None:
    """Gather, and send files, jobs and the rest; a PhotoproofError in the place of the rest."""
    die_with_parent()
    gc.disable()  # it ends with its work, and would look through tens of millions of objects
    sent = 0

    def send(packed: Callable[[T], spool.Record], found: Iterator[T]) -> Sequence[T]:
        nonlocal sent
        for block in spool.blocks(map(packed, found)):
            line.send_bytes(block)
        line.send_bytes(_END)
        sent += 1
        return ()

    try:
        rest: Cohort | PhotoproofError = gather(
            keep_files=partial(send, spool.packed_delivered),
            keep_jobs=partial(send, spool.packed_job),
        )
    except PhotoproofError as error:
        rest = error
    for _ in range(sent, 2):
        line.send_bytes(_END)
    line.send(rest)
