"""`python tests/filtered_program.py UNIT PROGRAM…`: PROGRAM under the filters that a unit sets.

As systemd sets them by libseccomp: `SystemCallFilter`, `RestrictAddressFamilies`,
`MemoryDenyWriteExecute`; and no new privileges. For machines where systemd itself does not run.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyseccomp as seccomp

_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS
_WRITE, _EXECUTE = 2, 4  # PROT_*
REFUSED = seccomp.ERRNO(errno.EPERM)


def settings(unit: Path) -> dict[str, list[str]]:
    """A unit's values by key, in order; a key may come more than once."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def calls_of(name: str) -> Iterator[str]:
    """The system calls of a group that systemd knows; of a call, itself."""
    if not name.startswith("@"):
        yield name
        return
    command = ["systemd-analyze", "syscall-filter", name]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in told.splitlines()[1:]:
        if (word := line.strip()) and not word.startswith("#"):
            yield from calls_of(word)


def allowed(lines: list[str]) -> set[str]:
    """The calls that a unit's lines leave."""
    left: set[str] = set()
    for line in lines:
        names = {call for name in line.removeprefix("~").split() for call in calls_of(name)}
        left = left - names if line.startswith("~") else left | names
    return left


def shut(unit: Path) -> None:
    """Put this process, and all that it starts, under the unit's filters."""
    said = settings(unit)
    # systemd sets the filter in the process that then becomes the program.
    calls = seccomp.SyscallFilter(REFUSED)
    for name in allowed(said["SystemCallFilter"]) | {"execve"}:
        try:
            calls.add_rule(seccomp.ALLOW, name)
        except (OSError, ValueError, RuntimeError):
            continue  # not a call of this processor
    more = seccomp.SyscallFilter(seccomp.ALLOW)
    families = {getattr(socket, name) for name in said["RestrictAddressFamilies"][-1].split()}
    for family in set(range(1, 45)) - families:
        more.add_rule(REFUSED, "socket", seccomp.Arg(0, seccomp.EQ, int(family)))
    if said.get("MemoryDenyWriteExecute") == ["yes"]:
        both = _WRITE | _EXECUTE
        more.add_rule(REFUSED, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, both, both))
        for name in ("mprotect", "pkey_mprotect"):
            more.add_rule(REFUSED, name, seccomp.Arg(2, seccomp.MASKED_EQ, _EXECUTE, _EXECUTE))
    assert ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    more.load()
    calls.load()


if __name__ == "__main__":
    program = sys.argv[2:]
    shut(Path(sys.argv[1]))
    os.execv(program[0], program)  # noqa: S606 - the test's own
