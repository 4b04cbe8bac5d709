"""Whether anything that is told of students has changed: one digest of it all."""

from __future__ import annotations

import hashlib
import sqlite3

# All that is told of students, in order; templates tell nothing.
_CONTENT = (
    "SELECT student.*, assessment FROM student LEFT JOIN decision USING (key) ORDER BY position",
    "SELECT * FROM comparison ORDER BY key, position",
    "SELECT * FROM conclusion ORDER BY key, name",
)
_PICTURES = "SELECT key, role, jpeg FROM picture ORDER BY key, role"


def content_digest(database: sqlite3.Connection, pictures: bool) -> str:
    """sha256 of all that is told of students; of their pictures too where these are asked for."""
    digest = hashlib.sha256()
    for query in _CONTENT:
        for row in database.execute(query):
            digest.update(repr(row).encode())
    if pictures:
        for key, role, jpeg in database.execute(_PICTURES):
            digest.update(repr((key, role, len(jpeg))).encode() + jpeg)
    return digest.hexdigest()
