"""Nights begun in the browser: processes of their own, which outlive the server that began them."""

from __future__ import annotations

import os
import sys

from pipeline.core.errors import ConfigError
from pipeline.core.private import make_file
from pipeline.core.said import cause
from pipeline.hub.way import giving_way
from pipeline.site.config import Site
from pipeline.site.works import Recorder, Work, at_work, new_work, note_process

_SIGNALS = (1, 2, 15)  # SIGHUP, SIGINT, SIGTERM: as ever, whatever the server makes of them


def start(site: Site, cohort: str, by: str, *, force: bool = False) -> Work:
    """Begin `photoproof nightly` for one cohort.

    Args:
        site: From its file.
        cohort: Name of the cohort.
        by: Who begins it.
        force: Go on where the safety catch would stop.

    Raises:
        ConfigError: A night is at work already, or none can be begun.
    """
    if at_work(site):
        raise ConfigError("night_begun_already")
    try:
        work = new_work(site, by, (cohort,), force)
        command = [*giving_way(), sys.executable, "-P", "-m", "pipeline", "nightly", cohort]
        command += ["--site", str(site.file), "--record", work.identity, "--json"]
        command += ["--force"] * force
        note_process(work, _spawn(work, command))
    except OSError as error:
        raise ConfigError("night_not_begun", why=cause(error)) from error
    return work


def _spawn(work: Work, command: list[str]) -> int:
    """A process in a session of its own: what ends the server does not end it."""
    out, err = work.folder / "out.txt", work.folder / "err.txt"
    for file in (out, err):
        make_file(file)
    writing = os.O_WRONLY | os.O_APPEND
    try:
        return os.posix_spawn(
            command[0],
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(out), writing, 0),
                (os.POSIX_SPAWN_OPEN, 2, str(err), writing, 0),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=_SIGNALS,
        )
    except OSError as error:
        Recorder(work).end(1, error)
        raise
