"""Digests, by which it is seen whether things or files have changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def digest_of(*parts: object) -> str:
    """sha256 of what JSON can say of them; the order of a table's keys does not matter."""
    # In ASCII: file names in another encoding come with surrogates, which UTF-8 refuses.
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
