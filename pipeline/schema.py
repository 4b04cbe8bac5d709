"""The store's tables, and opening a database that has them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pipeline.errors import StoreError

SCHEMA = 1
_APPLICATION = 0x50507266  # "PPrf", so that a foreign database is recognised

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE student (
    key TEXT PRIMARY KEY, position INTEGER NOT NULL, subject TEXT NOT NULL, photo TEXT NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '', photo_sha256 TEXT NOT NULL DEFAULT '',
    assessment TEXT
);
CREATE INDEX student_photo ON student (photo_sha256);
CREATE TABLE measurement (
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
"""


def open_database(path: Path, readonly: bool) -> sqlite3.Connection:
    """Open a store, making its tables where the file is new.

    Raises:
        StoreError: If the file cannot be opened, is no photoproof store or of another version.
    """
    # A reader may be handed from thread to thread, one at a time.
    target = f"{path.absolute().as_uri()}?mode=ro" if readonly else str(path)
    try:
        database = sqlite3.connect(
            target, uri=readonly, isolation_level=None, check_same_thread=not readonly
        )
        try:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("PRAGMA secure_delete = ON")  # deleted templates leave no bytes
            _prepare(database, path)
        except BaseException:
            database.close()
            raise
    except sqlite3.Error as error:
        raise StoreError(
            f"{path}: cannot be used as a store ({error})",
            "Choose another --out folder, or remove this file if it is not needed.",
        ) from error
    return database


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    application = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if application == 0 and not database.execute("SELECT 1 FROM sqlite_master").fetchone():
        database.executescript(
            f"BEGIN; {_TABLES} PRAGMA application_id = {_APPLICATION};"
            f"PRAGMA user_version = {SCHEMA}; COMMIT;"
        )
    elif application != _APPLICATION or version != SCHEMA:
        raise StoreError(
            f"{path}: not a photoproof store of version {SCHEMA}",
            "Choose another --out folder.",
        )
