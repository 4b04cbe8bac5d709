"""Stores as earlier versions made them, with two students."""

from __future__ import annotations

# As version 1 made them: a row a measurement, those across students among them.
VERSION_1 = """
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
INSERT INTO student (key, position, subject, photo, fingerprint) VALUES
    ('s1', 0, '{"subject_id": "s1", "row": 2}', 'a.jpg', 'print'),
    ('s2', 1, '{"subject_id": "s2", "row": 3}', '', '');
INSERT INTO measurement VALUES ('s1', 'roll', NULL, '°', 'no face mesh'),
    ('s1', 'eye_line', 0.4, 'px', ''), ('s1', 'cohort.copy_of', 's2', '', '');
PRAGMA application_id = 1347449446;
PRAGMA user_version = 1;
"""
# What differed in version 2: one text of measurements a student, the decision beside it.
VERSION_2 = """
CREATE TABLE conclusion (
    key TEXT NOT NULL REFERENCES student ON DELETE CASCADE, name TEXT NOT NULL,
    value ANY, unit TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (key, name)
) STRICT, WITHOUT ROWID;
INSERT INTO conclusion SELECT * FROM measurement WHERE name = 'cohort.copy_of';
DROP TABLE measurement;
CREATE INDEX student_position ON student (position);
CREATE TABLE file (
    place TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE student ADD COLUMN measurements TEXT NOT NULL DEFAULT '{}';
UPDATE student SET measurements = '{"roll": [null, "°", "no face mesh"],
    "eye_line": [0.4, "px", ""]}' WHERE key = 's1';
PRAGMA user_version = 2;
"""
