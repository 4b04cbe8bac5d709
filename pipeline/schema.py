"""The store's tables, and opening a database that has them."""

from __future__ import annotations

import json
import os
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from pipeline.errors import StoreError

SCHEMA = 3
_APPLICATION = 0x50507266  # "PPrf", so that a foreign database is recognised

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE student (
    key TEXT PRIMARY KEY, position INTEGER NOT NULL, subject TEXT NOT NULL, photo TEXT NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '', photo_sha256 TEXT NOT NULL DEFAULT '',
    measured TEXT NOT NULL DEFAULT '{}', units TEXT NOT NULL DEFAULT '{}',
    errors TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX student_photo ON student (photo_sha256);
CREATE INDEX student_position ON student (position);
CREATE TABLE decision (
    key TEXT PRIMARY KEY REFERENCES student ON DELETE CASCADE, assessment TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE conclusion (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, name TEXT NOT NULL,
    value ANY, unit TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (key, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE comparison (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, position INTEGER NOT NULL,
    kind TEXT NOT NULL, score REAL, model TEXT NOT NULL, error TEXT NOT NULL,
    turn_confidence REAL NOT NULL, role TEXT NOT NULL, adjusted REAL,
    PRIMARY KEY (key, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE picture (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, role TEXT NOT NULL,
    jpeg BLOB NOT NULL, PRIMARY KEY (key, role)
);
CREATE TABLE template (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, role TEXT NOT NULL,
    vector BLOB NOT NULL, PRIMARY KEY (key, role)
);
CREATE TABLE file (
    place TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

# From each older version to the next. 1: a row a measurement, those across students among them.
# 2: one text of measurements a student, {name: [value, unit, error]}.
_MIGRATIONS = {
    1: """
ALTER TABLE student ADD COLUMN measurements TEXT NOT NULL DEFAULT '{}';
UPDATE student SET measurements = (
    SELECT json_group_object(name, json_array(value, unit, error)) FROM measurement
    WHERE measurement.key = student.key AND substr(name, 1, 7) != 'cohort.'
);
CREATE TABLE conclusion (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, name TEXT NOT NULL,
    value ANY, unit TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (key, name)
) STRICT, WITHOUT ROWID;
INSERT INTO conclusion SELECT * FROM measurement WHERE substr(name, 1, 7) = 'cohort.';
DROP TABLE measurement;
CREATE INDEX student_position ON student (position);
CREATE TABLE file (
    place TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;
""",
    2: """
ALTER TABLE student ADD COLUMN measured TEXT NOT NULL DEFAULT '{}';
ALTER TABLE student ADD COLUMN units TEXT NOT NULL DEFAULT '{}';
ALTER TABLE student ADD COLUMN errors TEXT NOT NULL DEFAULT '{}';
UPDATE student SET measured = part(measurements, 0), units = part(measurements, 1),
    errors = part(measurements, 2);
ALTER TABLE student DROP COLUMN measurements;
CREATE TABLE decision (
    key TEXT PRIMARY KEY REFERENCES student ON DELETE CASCADE, assessment TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO decision SELECT key, assessment FROM student WHERE assessment IS NOT NULL;
ALTER TABLE student DROP COLUMN assessment;
""",
}


class Closing:
    """What has a database and closes it at the end of a `with` block."""

    def close(self) -> None:
        """Close the database."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """The object itself; closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self.close()


def open_database(path: Path, readonly: bool) -> sqlite3.Connection:
    """Open a store, making its tables where the file is new.

    Raises:
        StoreError: If the file cannot be opened, is no photoproof store or of another version.
    """
    try:
        database = sqlite3.connect(
            _address(path, readonly),
            uri=True,
            isolation_level=None,
            # A reader may be handed from thread to thread, one at a time.
            check_same_thread=not readonly,
        )
        try:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("PRAGMA secure_delete = ON")  # deleted templates leave no bytes
            _prepare(database, path, readonly)
        except BaseException:
            database.close()
            raise
    except sqlite3.Error as error:
        raise StoreError(
            f"{path}: cannot be used as a store ({error})",
            "Choose another --out folder, or remove this file if it is not needed.",
        ) from error
    return database


def emptied(database: sqlite3.Connection) -> bool:
    """Whether all that was written is in the file itself and the log beside it empty.

    Deleted bytes stay in the log as long as somebody reads.
    """
    (busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _address(path: Path, readonly: bool) -> str:
    uri = path.absolute().as_uri()
    if not readonly:
        return uri
    # A reader of a file in WAL mode makes files beside it. Where it cannot, and nobody is writing
    # (a writer's log lies beside the file), the file may be read as it is.
    written = path.with_name(f"{path.name}-wal").exists()
    alone = not written and not os.access(path.parent, os.W_OK)
    return f"{uri}?mode=ro&immutable=1" if alone else f"{uri}?mode=ro"


def _prepare(database: sqlite3.Connection, path: Path, readonly: bool) -> None:
    """Make, recognise or migrate the tables."""
    application = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if application == 0 and not database.execute("SELECT 1 FROM sqlite_master").fetchone():
        database.executescript(
            f"BEGIN; {_TABLES} PRAGMA application_id = {_APPLICATION};"
            f"PRAGMA user_version = {SCHEMA}; COMMIT;"
        )
    elif application != _APPLICATION or not 1 <= version <= SCHEMA:
        raise StoreError(
            f"{path}: not a photoproof store of version {SCHEMA}",
            "Choose another --out folder.",
        )
    elif version < SCHEMA and readonly:
        raise StoreError(
            f"{path}: a store of version {version}; this program reads version {SCHEMA}",
            "Bring it up to date: run `photoproof decide` on its folder once.",
        )
    database.create_function("part", 2, _part, deterministic=True)
    for old in range(version or SCHEMA, SCHEMA):
        database.executescript(
            f"BEGIN; {_MIGRATIONS[old]} PRAGMA user_version = {old + 1}; COMMIT;"
        )
    if not readonly:
        # Readers never wait for the night, and a commit waits for no disk: a killed process loses
        # nothing, a power cut at most the last students, who are looked at again.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")


def _part(measurements: str, place: int) -> str:
    """Values, units or errors of version 2's text; not by SQLite, which rounds to 15 digits."""
    rows = _rows(measurements).items()
    part = {name: row[place] for name, row in rows if place == 0 or row[place]}
    return json.dumps(part, ensure_ascii=False)


@lru_cache(maxsize=1)  # asked for once a part
def _rows(measurements: str) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = json.loads(measurements)
    return rows
