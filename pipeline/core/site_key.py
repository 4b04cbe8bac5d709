"""The site's keys, which encrypt the keys of stores: from a file, the environment or systemd.

A source holds one key a line, as 64 hexadecimal digits. The first is the one in use; the others
open what they closed until `photoproof key rotate` has closed it anew.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from pipeline.core.errors import ConfigError
from pipeline.core.said import cause

FILE, TEXT, SYSTEMD = "PHOTOPROOF_KEY_FILE", "PHOTOPROOF_KEY", "CREDENTIALS_DIRECTORY"
CREDENTIAL = "photoproof-key"  # systemd: LoadCredential=photoproof-key:/etc/photoproof/key


def given(environment: Mapping[str, str] | None = None) -> tuple[bytes, ...]:
    """The site's keys of 32 bytes, the one in use first; none where none is configured.

    Raises:
        ConfigError: A source that is named cannot be read, can be read by others, or holds no key.
    """
    environment = os.environ if environment is None else environment
    if name := environment.get(FILE):
        path = Path(name)
        _mine_alone(path)
        return _parsed(_text(path), name)
    if text := environment.get(TEXT):
        return _parsed(text, f"${TEXT}")
    if folder := environment.get(SYSTEMD):
        path = Path(folder, CREDENTIAL)
        return _parsed(_text(path), str(path)) if path.is_file() else ()
    return ()


def make(path: Path) -> None:
    """Write a new key that its owner alone may read.

    Raises:
        ConfigError: There is such a file already, or it cannot be written.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w") as out:
            out.write(f"{secrets.token_hex(32)}\n")
    except OSError as error:
        raise ConfigError("key_unwritable", path=path, why=cause(error)) from error


def _mine_alone(path: Path) -> None:
    try:
        mode = path.stat().st_mode & 0o777
    except OSError as error:
        raise ConfigError("key_unreadable", path=path, why=cause(error)) from error
    if mode & 0o077:
        raise ConfigError("key_open", path=path, mode=mode)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise ConfigError("key_unreadable", path=path, why=cause(error)) from error


def _parsed(text: str, source: str) -> tuple[bytes, ...]:
    """The keys of a source; messages name lines, never what stands in them."""
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        if not word:
            continue
        if not re.fullmatch(r"[0-9A-Fa-f]{64}", word):
            raise ConfigError("key_malformed", source=source, number=number)
        keys.append(bytes.fromhex(word))
    if not keys:
        raise ConfigError("key_missing", source=source)
    return tuple(keys)
