"""Who may read what is written: its owner alone, unless the site says otherwise."""

from __future__ import annotations

import errno
import os
import stat
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

    One that is there is not opened: who closes a file gives up every lock that the process holds on
    it (POSIX), and with them those of SQLite's connections, whose log another process would then
    delete.

    Raises:
        OSError: It cannot be made, or is another owner's and readable by too many.
    """
    closed = umask()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, 0o666 & ~closed))
    except FileExistsError:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path)) from None
        if stat.S_IMODE(mode) & closed:
            path.chmod(stat.S_IMODE(mode) & ~closed)
