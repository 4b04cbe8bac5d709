"""Two students and all that can be known of one, and a look into the store's file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from pipeline.core.types import (
    Assessment,
    Comparison,
    Decision,
    Evidence,
    Finding,
    Floats,
    Measurement,
    Severity,
    Subject,
)
from pipeline.store import Store

ANNA = Subject(
    "s1", 2, "安娜", "11010519491231002X", "s1", "k1", "female", "19491231", "院", "专业"
)
BERT = Subject("s2", 3, "Bert")
SHA = "ab" * 32


def template(seed: int) -> Floats:
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


FULL = Evidence(
    measurements=(
        Measurement("size_px", "480×640", "px"),
        Measurement("eye_line", 0.4, "px"),
        Measurement("roll", None, "°", "no face mesh"),
        Measurement("cohort.duplicate_of", "s2"),
    ),
    comparisons=(
        Comparison("idcard", 0.7, "sface", turn_confidence=0.9),
        Comparison("admission", None, "sface", "no face was found in it", 0.0),
        Comparison("idcard", -0.1, "sface"),
    ),
    photo_sha256=SHA,
    pictures={"photo": b"\xff\xd8 photo", "idcard": b"\xff\xd8 card"},
    templates={"photo": template(1), "idcard": template(2), "idcard#2": template(3)},
    sharp={"photo": b"\xff\xd8 large"},
)
JUDGED = Assessment(
    Decision.FLAG,
    "照片侧卧",
    (
        Finding("SIDEWAYS_LEFT", Severity.FLAG, 90.0, "0", "°"),
        Finding("NOT_ASSESSED", Severity.ADVICE, "roll (no face mesh)", clause="why"),
    ),
    turn_cw=90,
    roll_deg=-2.25,
    reference="idcard",
    score=0.7,
    looks_like="s2",
)


def state(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the file, table by table."""
    db = sqlite3.connect(path)
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    content = {t: sorted(db.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}  # noqa: S608
    db.close()
    return content


def measured(store: Store, key: str) -> dict[str, Measurement]:
    """All that was measured of one student; the store tells it of decided ones."""
    with store.transaction():
        store.decide(key, JUDGED)
    case = store.case(key)
    assert case is not None
    return dict(case.measurements)


class Crash(BaseException):
    """What a killed process looks like from inside."""
