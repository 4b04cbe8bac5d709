"""Digests, by which it is seen whether things or files have changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def digest_of(*parts: object) -> str:
    """sha256 of what JSON can say of them; the order of a table's keys does not matter."""
    # In ASCII: file names in another encoding come with surrogates, which UTF-8 refuses.
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def digest_of_table(rows: Iterable[tuple[str, str]], *others: object) -> str:
    """What `digest_of` says of a table and others, the table never in memory as a whole.

    Args:
        rows: Of the table, in the order of their keys.
        others: As for `digest_of`.
    """
    digest, between = hashlib.sha256(b"[{"), b""
    for key, value in rows:
        digest.update(between + f"{json.dumps(key)}: {json.dumps(value)}".encode())
        between = b", "
    rest = "".join(f", {json.dumps(other, sort_keys=True)}" for other in others)
    digest.update(f"}}{rest}]".encode())
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
