"""The site's structured log: one JSON object a line, made of known fields alone.

A field that is not in `FIELDS` is refused, so that no name, number or path of a person gets in by
a careless line. Messages of others (libraries, tracebacks) are told by their type.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.core.errors import ConfigError
from pipeline.core.private import make_file
from pipeline.core.said import cause

# What a line may hold beside `at`, `level`, `event`: counts, names of cohorts and codes of ours.
FIELDS = frozenset(
    {
        *("night", "cohort", "outcome", "students", "assessed", "waiting", "seconds", "arriving"),
        *("accept", "review", "flag", "error", "code", "channel", "files", "nights", "bytes"),
    }
)
_LOGGER = "photoproof"


class JsonLines(logging.Formatter):
    """A record as one JSON object; moments are local, with their zone."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "event": record.msg}
        line |= getattr(record, "fields", {})
        return json.dumps(line, ensure_ascii=False)


class Log:
    """Tells events; each line has the night's id.

    Args:
        night: One id for all lines of a night.
    """

    def __init__(self, night: str) -> None:
        self.night = night
        self._logger = logging.getLogger(_LOGGER)

    def info(self, event: str, **fields: object) -> None:
        """Something that went as it should."""
        self._tell(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something that needs a person."""
        self._tell(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Something that is broken."""
        self._tell(logging.ERROR, event, fields)

    def _tell(self, level: int, event: str, fields: dict[str, object]) -> None:
        unknown = fields.keys() - FIELDS
        if unknown:
            raise ValueError(f"no log field: {', '.join(sorted(unknown))}")
        self._logger.log(level, event, extra={"fields": {"night": self.night, **fields}})


def open_log(file: Path | None, level: str) -> None:
    """Send the log to a file, or to standard error; the level is the lowest that is told.

    A terminal is spared it: whoever sits there is told in words.

    The file is only appended to, and opened by name again when it was rotated away.

    Raises:
        ConfigError: The file cannot be written.
    """
    handler: logging.Handler
    if file is None:
        terminal = sys.stderr.isatty()
        handler = logging.NullHandler() if terminal else logging.StreamHandler(sys.stderr)
    else:
        from logging.handlers import WatchedFileHandler

        try:
            make_file(file)
            handler = WatchedFileHandler(file, encoding="utf-8")
        except OSError as error:
            raise ConfigError("log_unwritable", file=file, why=cause(error)) from error
    handler.setFormatter(JsonLines())
    logger = logging.getLogger(_LOGGER)
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    logger.propagate = False
