"""Who may read what is written: its owner alone, unless the site says otherwise."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.core.errors import ConfigError

VARIABLE = "PHOTOPROOF_UMASK"
_OWNER_ALONE = 0o077


def umask() -> int:
    """The permissions that nothing written has: 077, or what `$PHOTOPROOF_UMASK` says in octal.

    Raises:
        ConfigError: The variable is no octal number, or would shut out the owner.
    """
    said = os.environ.get(VARIABLE, "")
    try:
        bits = int(said, 8) if said else _OWNER_ALONE
    except ValueError:
        bits = -1
    if not 0 <= bits <= _OWNER_ALONE:
        raise ConfigError("mask_malformed", variable=VARIABLE, text=said)
    return bits


def shield() -> None:
    """Let this process, and those that it starts, write for the site's readers only."""
    os.umask(umask())


def make_folder(path: Path) -> None:
    """Make a folder, and those above it; one that is there keeps its permissions.

    Raises:
        OSError: It cannot be made.
    """
    path.mkdir(mode=0o777 & ~umask(), parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file before others write into it; of one that is there readers are taken away.

    Raises:
        OSError: It cannot be made, or is another owner's and readable by too many.
    """
    closed = umask()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666 & ~closed)
    try:
        mode = os.fstat(descriptor).st_mode & 0o777
        if mode & closed:
            os.fchmod(descriptor, mode & ~closed)
    finally:
        os.close(descriptor)
