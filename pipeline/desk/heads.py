"""The log's last hash, written outside of the run's folder by itself.

Whoever can write the folder could rewrite the whole log; not a file of hashes that lies where they
cannot: of another account, on another machine. One file serves many desks.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from pipeline.core.errors import ConfigError
from pipeline.core.private import umask
from pipeline.core.said import cause
from pipeline.store import log
from pipeline.store.people import People

EACH_S = 60  # how often a head is written while people are at work
_NOTE = "head_file"


class Heads:
    """Writes heads while a desk is served: a line each, moment, ledger, entry and hash.

    Args:
        path: The file; lines are only ever added.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._written, self._hash = 0.0, ""
        self._lock = threading.Lock()

    def begin(self, ledger: People) -> None:
        """Write the first one, and remember in the ledger where `audit verify` finds them.

        Raises:
            ConfigError: The file cannot be written.
        """
        with ledger.transaction():
            ledger.note(_NOTE, str(self._path))
        try:
            self._write(ledger)
        except OSError as error:
            raise ConfigError("head_file_unwritable", path=self._path, why=cause(error)) from error

    def keep(self, ledger: People, *, now: bool = False) -> None:
        """Write the head, if it is another one and the last was not written just before.

        A file that cannot be written at this moment stops nobody's work; the log says so.
        """
        if not now and time.monotonic() - self._written < EACH_S:
            return
        try:
            self._write(ledger)
        except OSError:
            self._written = time.monotonic()
            ledger.record("photoproof", "head_not_written")

    def _write(self, ledger: People) -> None:
        with self._lock:
            seq, head = ledger.log.head()
            if head != self._hash:
                line = f"{log.now()} {ledger_name(ledger)} {seq} {head}\n"
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                file = os.open(self._path, flags, 0o666 & ~umask())
                try:
                    os.write(file, line.encode())
                    os.fsync(file)
                finally:
                    os.close(file)
                self._hash = head
            self._written = time.monotonic()


def fault(ledger: People, path: Path | None) -> str:
    """What the heads outside say against the log; "" where nothing was written outside.

    Args:
        ledger: Whose chain has been verified.
        path: The file; None for the one that the desk was told of last.
    """
    named = path or (Path(noted) if (noted := ledger.noted(_NOTE)) else None)
    if named is None:
        return ""
    try:
        lines = named.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        return f"the heads in {named} cannot be read ({error.strerror})"
    name, found = ledger_name(ledger), 0
    for number, line in enumerate(lines, 1):
        words = line.split()
        if len(words) != 4 or not words[2].isdecimal():
            return f"{named}, line {number}: is no head"
        if words[1] != name:
            continue
        found += 1
        if ledger.log.hash_of(int(words[2])) != words[3]:
            return (
                f"entry {words[2]} is not the one whose hash was written to {named} at {words[0]}:"
                " the log has been rewritten"
            )
    return "" if found else f"{named} holds no head of this log: it has been replaced"


def doubt_at_start(ledger: People, path: Path) -> str:
    """What `fault` says when a desk is opened; a file that other desks began knows nothing of it.

    Args:
        ledger: Whose chain may be anything.
        path: The file that the desk is told of.
    """
    try:
        known = ledger_name(ledger) in path.read_text("utf-8", "replace")
    except OSError:
        known = False
    return fault(ledger, path if known else None)


def ledger_name(ledger: People) -> str:
    """What a log is known by: the start of its first entry's hash."""
    return ledger.log.hash_of(1)[:16]
