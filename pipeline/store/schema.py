"""Tables of the run's store and of the review desk's ledger, of this version and before."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from pipeline.store.sqlite import Schema

_RUN_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE student (
    student_key TEXT PRIMARY KEY, position INTEGER NOT NULL, subject TEXT NOT NULL,
    photo TEXT NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '', photo_sha256 TEXT NOT NULL DEFAULT '',
    measured TEXT NOT NULL DEFAULT '{}', units TEXT NOT NULL DEFAULT '{}',
    errors TEXT NOT NULL DEFAULT '{}', faces INTEGER NOT NULL DEFAULT 0,
    points TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX student_photo ON student (photo_sha256);
CREATE INDEX student_position ON student (position);
CREATE TABLE decision (
    student_key TEXT PRIMARY KEY REFERENCES student ON DELETE CASCADE, assessment TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE conclusion (
    student_key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, name TEXT NOT NULL,
    value ANY, unit TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (student_key, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE comparison (
    student_key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, position INTEGER NOT NULL,
    kind TEXT NOT NULL, score REAL, model TEXT NOT NULL, error TEXT NOT NULL,
    turn_confidence REAL NOT NULL, slot TEXT NOT NULL, adjusted REAL,
    PRIMARY KEY (student_key, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE picture (
    student_key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, slot TEXT NOT NULL,
    jpeg BLOB NOT NULL, PRIMARY KEY (student_key, slot)
);
CREATE TABLE template (
    student_key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, slot TEXT NOT NULL,
    vector BLOB NOT NULL, PRIMARY KEY (student_key, slot)
);
CREATE TABLE file (
    place TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL, read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
# Every file of the last delivery, and what became of it (`pipeline.core.delivery.Delivered`).
_DELIVERY = """
CREATE TABLE delivery (
    position INTEGER PRIMARY KEY, path TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    fate TEXT NOT NULL, student_key TEXT NOT NULL, matched_by TEXT NOT NULL, why TEXT NOT NULL,
    weak TEXT NOT NULL, near TEXT NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_of ON delivery (student_key);
"""
_RUN_TABLES += _DELIVERY
# Pictures to compare by, and of each student the photo before this one with what was decided of it.
_LARGE = """
CREATE TABLE sharp (
    student_key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, slot TEXT NOT NULL,
    jpeg BLOB NOT NULL, PRIMARY KEY (student_key, slot)
);
CREATE TABLE former (
    student_key TEXT PRIMARY KEY REFERENCES student ON DELETE CASCADE,
    photo_sha256 TEXT NOT NULL, assessment TEXT NOT NULL, jpeg BLOB NOT NULL
);
"""
_RUN_TABLES += _LARGE

# The table of templates where they live in memory alone: it takes the place of the file's own.
TEMPLATES_IN_MEMORY = """
CREATE TEMP TABLE template (
    student_key TEXT NOT NULL, slot TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (student_key, slot)
)
"""

# From each older version to the next. 1: a row a measurement, those across students among them.
# 2: one text of measurements a student, {name: [value, unit, error]}. 3: a student's key was `key`,
# in the roster's row `subject_id`; a picture's slot was `role`.
_RUN_MIGRATIONS = {
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
    3: """
ALTER TABLE student RENAME COLUMN key TO student_key;
ALTER TABLE decision RENAME COLUMN key TO student_key;
ALTER TABLE conclusion RENAME COLUMN key TO student_key;
ALTER TABLE comparison RENAME COLUMN key TO student_key;
ALTER TABLE comparison RENAME COLUMN role TO slot;
ALTER TABLE picture RENAME COLUMN key TO student_key;
ALTER TABLE picture RENAME COLUMN role TO slot;
ALTER TABLE template RENAME COLUMN key TO student_key;
ALTER TABLE template RENAME COLUMN role TO slot;
UPDATE student SET subject = json_remove(
    json_set(subject, '$.student_key', json_extract(subject, '$.subject_id')), '$.subject_id'
);
""",
    4: """
ALTER TABLE student ADD COLUMN faces INTEGER NOT NULL DEFAULT 0;
UPDATE student SET faces = max(
    (SELECT count(*) FROM template WHERE template.student_key = student.student_key),
    fingerprint != '' AND EXISTS (
        SELECT 1 FROM meta WHERE name = 'templates_purged' AND value != ''
    )
);
DELETE FROM meta WHERE name = 'templates_purged';
DROP TABLE file;
CREATE TABLE file (
    place TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL, read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
""",
    5: _DELIVERY,
    6: _LARGE,
    7: "ALTER TABLE student ADD COLUMN points TEXT NOT NULL DEFAULT '{}';\n",
}

# What every ledger has of those at work: sessions, failed tries, the chained log.
RECORD = """
CREATE TABLE session (
    id TEXT PRIMARY KEY, who TEXT NOT NULL, role TEXT NOT NULL, csrf TEXT NOT NULL,
    began REAL NOT NULL, seen REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE failure (at REAL NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL) STRICT;
CREATE TABLE log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,
    action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
"""
_LEDGER_TABLES = (
    """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
    + RECORD
    + """
CREATE TABLE answer (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,
    subject TEXT NOT NULL, photo_sha256 TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL
) STRICT;
CREATE INDEX answer_of ON answer (subject, photo_sha256, id);
CREATE INDEX answer_by ON answer (who, id);
-- What queues are asked for: made anew from store and answers, so it may be lost at any time.
CREATE TABLE item (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, subject TEXT NOT NULL, photo_sha256 TEXT NOT NULL,
    position INTEGER NOT NULL, name TEXT NOT NULL, numbers TEXT NOT NULL, college TEXT NOT NULL,
    class TEXT NOT NULL, decision TEXT NOT NULL, blind INTEGER NOT NULL, seeded INTEGER NOT NULL,
    codes TEXT NOT NULL, queued INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT '',
    need TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX item_key ON item (key);
CREATE INDEX item_of ON item (subject, photo_sha256);
CREATE INDEX item_state ON item (queued, state, position);
CREATE TABLE item_reason (
    code TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (code, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX reason_of ON item_reason (item);
CREATE TABLE standing (
    item TEXT NOT NULL, who TEXT NOT NULL, PRIMARY KEY (item, who)
) STRICT, WITHOUT ROWID;
"""
)
# Answers and log entries are only ever added.
APPEND_ONLY = {
    f"{table}_{name}": f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table}"
    " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    for table in ("log", "answer")
    for name, event in (("stays", "UPDATE"), ("kept", "DELETE"))
}


def _part(measurements: str, place: int) -> str:
    """Values, units or errors of version 2's text; not by SQLite, which rounds to 15 digits."""
    rows = _rows(measurements).items()
    part = {name: row[place] for name, row in rows if place == 0 or row[place]}
    return json.dumps(part, ensure_ascii=False)


@lru_cache(maxsize=1)  # asked for once a part
def _rows(measurements: str) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = json.loads(measurements)
    return rows


RUN = Schema(
    application=0x50507266,  # "PPrf"
    version=8,
    tables=_RUN_TABLES,
    # A commit waits for no disk: a killed process loses nothing, a power cut at most the last
    # students, who are looked at again.
    synchronous="NORMAL",
    unusable="store_unusable",
    foreign="store_foreign",
    damaged="store_damaged",
    migrations=_RUN_MIGRATIONS,
    functions={"part": _part},
)
LEDGER = Schema(
    application=0x50507276,  # "PPrv"
    version=1,
    tables=_LEDGER_TABLES,
    synchronous="FULL",  # a confirmed answer survives a power cut
    unusable="ledger_unusable",
    foreign="ledger_foreign",
    damaged="ledger_damaged",
)
