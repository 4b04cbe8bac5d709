"""Whether anything that is told of students has changed: one digest of it all."""

from __future__ import annotations

import hashlib
import sqlite3

# All that is told of students, in order; templates tell nothing.
_CONTENT = (
    "SELECT student.*, assessment FROM student LEFT JOIN decision USING (student_key)"
    " ORDER BY position",
    "SELECT * FROM comparison ORDER BY student_key, position",
    "SELECT * FROM conclusion ORDER BY student_key, name",
    "SELECT * FROM delivery ORDER BY position",
)
_PICTURES = "SELECT student_key, slot, jpeg FROM picture ORDER BY student_key, slot"


def content_digest(database: sqlite3.Connection, pictures: bool) -> str:
    """sha256 of all that is told of students; of their pictures too where these are asked for."""
    digest = hashlib.sha256()
    for query in _CONTENT:
        for row in database.execute(query):
            digest.update(repr(row).encode())
    if pictures:
        for student_key, slot, jpeg in database.execute(_PICTURES):
            digest.update(repr((student_key, slot, len(jpeg))).encode() + jpeg)
    return digest.hexdigest()
