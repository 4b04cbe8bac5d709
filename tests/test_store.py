from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.packing import Seen, pack_assessment
from pipeline.schema import SCHEMA
from pipeline.store import Store
from pipeline.types import (
    Assessment,
    Case,
    Comparison,
    Decision,
    Evidence,
    Finding,
    Floats,
    Measurement,
    Severity,
    Subject,
)

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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "photoproof.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        opened.enrol([("s1", ANNA, "一.jpg"), ("s2", BERT, "")])
        yield opened


def state(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the file, table by table."""
    db = sqlite3.connect(path)
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    content = {t: sorted(db.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}
    db.close()
    return content


def test_evidence_comes_back_as_it_was(store: Store, path: Path) -> None:
    store.save("s1", "print", FULL)
    with Store(path) as reopened:
        (first, second) = reopened.evidence()
        assert first == ("s1", Seen.of(FULL.measurements), FULL.comparisons)
        assert second == ("s2", Seen({}, {}), ())
        assert list(reopened.comparisons()) == [("s1", FULL.comparisons)]
        assert reopened.fingerprints() == {"s1": "print"}
        templates = reopened.templates()
    assert set(templates) == set(FULL.templates)
    for role, (keys, vectors) in templates.items():
        assert keys == ["s1"]
        assert vectors.dtype == np.float32
        assert np.array_equal(vectors, [FULL.templates[role]])


def test_a_case_comes_back_as_it_was(store: Store, path: Path) -> None:
    store.save("s1", "print", FULL)
    with store.transaction():
        store.decide("s1", JUDGED)
    with Store(path) as reopened:
        (case,) = reopened.cases()
    assert case == Case(
        ANNA,
        "一.jpg",
        JUDGED,
        {m.name: m for m in FULL.measurements},
        FULL.comparisons,
        dict(FULL.pictures),
    )
    assert isinstance(case.assessment.decision, Decision)
    assert isinstance(case.assessment.findings[0].severity, Severity)


def measured(store: Store, key: str) -> dict[str, Measurement]:
    """All that was measured of one student; the store tells it of decided ones."""
    with store.transaction():
        store.decide(key, JUDGED)
    case = store.case(key)
    assert case is not None
    return dict(case.measurements)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
measurements = st.lists(
    st.builds(
        Measurement,
        name=words,
        value=st.none() | words | st.floats(allow_nan=False),
        unit=words,
        error=words,
    ),
    unique_by=lambda m: m.name,
)


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples: a file each would be slow."""
    with Store(tmp_path_factory.mktemp("store") / "a.sqlite") as opened:
        opened.enrol([("s1", ANNA, "")])
        yield opened


@given(taken=measurements)
def test_any_measurement_comes_back_as_it_was(
    shared_store: Store, taken: list[Measurement]
) -> None:
    shared_store.save("s1", "print", Evidence(measurements=tuple(taken)))
    ((_, seen, _),) = shared_store.evidence()
    assert seen == Seen.of(taken)
    found = measured(shared_store, "s1")
    assert found == {m.name: m for m in taken}
    assert {n: type(m.value) for n, m in found.items()} == {m.name: type(m.value) for m in taken}


def test_a_value_that_is_no_number_is_kept_as_none(store: Store) -> None:
    store.save("s1", "print", Evidence(measurements=(Measurement("roll", float("nan")),)))
    (_, found, _), *_ = store.evidence()
    assert found.values == {"roll": None}


findings = st.builds(
    Finding,
    code=words,
    severity=st.sampled_from(Severity),
    value=st.none() | words | st.floats(allow_nan=False, allow_infinity=False),
    limit=words,
    unit=words,
    clause=words,
)
assessments = st.builds(
    Assessment,
    decision=st.sampled_from(Decision),
    category=words,
    findings=st.lists(findings, max_size=3).map(tuple),
    turn_cw=st.sampled_from([None, 0, 90, 180, 270]),
    roll_deg=st.none() | st.floats(-180, 180),
    reference=words,
    score=st.none() | st.floats(-1, 1),
    looks_like=words,
)


@given(assessment=assessments)
def test_any_assessment_comes_back_as_it_was(shared_store: Store, assessment: Assessment) -> None:
    with shared_store.transaction():
        shared_store.decide("s1", assessment)
    (case,) = shared_store.cases()
    assert case.assessment == assessment


def test_templates_of_a_role_come_in_the_roster_s_order(store: Store) -> None:
    store.enrol([("s2", BERT, ""), ("s1", ANNA, "")])
    store.save("s1", "print", FULL)
    store.save("s2", "print", Evidence(templates={"photo": template(7)}))
    keys, vectors = store.templates()["photo"]
    assert keys == ["s2", "s1"]
    assert np.array_equal(vectors, [template(7), template(1)])
    assert store.templates()["idcard"][0] == ["s1"]


def test_an_infinite_value_of_a_finding_is_kept_as_none(store: Store) -> None:
    """JSON has no infinity, and one in the report would leave the page blank."""
    endless = Finding("FILE_TOO_LARGE", Severity.ADVICE, float("inf"))
    with store.transaction():
        store.decide("s1", Assessment(Decision.ACCEPT, "", (endless,)))
    ((_, _, _, assessment),) = store.decided()
    assert assessment.findings == (dataclasses.replace(endless, value=None),)


def test_saving_again_replaces_everything(store: Store) -> None:
    store.save("s1", "old", FULL)
    with store.transaction():
        store.decide("s1", JUDGED)
    store.save("s1", "new", Evidence(measurements=(Measurement("roll", 1.0),)))
    (_, found, comparisons), *_ = store.evidence()
    assert found == Seen({"roll": 1.0}, {})
    assert comparisons == ()
    assert store.templates() == {}
    assert store.fingerprints() == {"s1": "new"}
    assert list(store.cases()) == [], "the old decision rests on evidence that is gone"


class Crash(BaseException):
    """What a killed process looks like from inside."""


def test_a_save_that_is_cut_off_leaves_the_old_state(store: Store, path: Path) -> None:
    store.save("s1", "old", FULL)
    before = state(path)

    class Dying(dict[str, Floats]):
        def items(self) -> object:  # type: ignore[override]
            raise Crash

    with pytest.raises(Crash):
        store.save("s1", "new", dataclasses.replace(FULL, photo_sha256="", templates=Dying()))
    assert state(path) == before
    store.save("s1", "new", FULL)
    assert store.fingerprints() == {"s1": "new"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_inside_a_transaction_undoes_it(
    store: Store, path: Path, error: type[BaseException]
) -> None:
    before = state(path)
    with pytest.raises(error), store.transaction():
        store.decide("s1", JUDGED)
        store.note("run", "half")
        raise error
    assert state(path) == before


def test_evidence_of_an_unknown_student_is_refused_as_a_whole(store: Store, path: Path) -> None:
    before = state(path)
    with pytest.raises(sqlite3.IntegrityError):
        store.save("nobody", "print", FULL)
    assert state(path) == before


def test_a_full_disk_is_told_and_leaves_the_old_state(store: Store, path: Path) -> None:
    before = state(path)
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    huge = Evidence(pictures={"photo": bytes(10**6)})
    with pytest.raises(StoreError, match="cannot be written") as refused:
        store.save("s1", "print", huge)
    assert str(path) in refused.value.message
    assert refused.value.hint
    assert state(path) == before


def test_a_file_that_another_program_holds_is_told(store: Store, path: Path) -> None:
    store._db.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreError, match="locked"):
            store.save("s1", "print", FULL)
    finally:
        other.close()


def test_enrolling_again_keeps_what_is_known_and_drops_who_left(store: Store, path: Path) -> None:
    store.save("s1", "one", FULL)
    store.save("s2", "two", FULL)
    store.conclude((key, Measurement("cohort.copy_of", "s9")) for key in ("s1", "s2"))
    with store.transaction():
        store.decide("s2", JUDGED)
    married = dataclasses.replace(BERT, name="Bert B.")
    carl = Subject("s3", 4, "Carl")
    store.enrol([("s3", carl, "3.jpg"), ("s2", married, "2.jpg")])
    assert [key for key, _, _ in store.evidence()] == ["s3", "s2"], "in the new order"
    assert store.fingerprints() == {"s2": "two"}
    (case,) = store.cases()
    assert (case.subject, case.photo, case.comparisons) == (married, "2.jpg", FULL.comparisons)
    for table, rows in state(path).items():
        if table not in ("meta", "student", "file"):
            assert rows
            assert {row[0] for row in rows} == {"s2"}, f"{table} still holds who left"


def test_what_is_concluded_across_students_is_replaced_as_a_whole(store: Store) -> None:
    store.save("s1", "print", FULL)
    store.conclude([("s1", Measurement("cohort.copy_of", "s2")), ("s2", Measurement("x", 1.0))])
    store.conclude([("s1", Measurement("cohort.looks_like", "s2", "", "why"))])
    (_, found, _), (_, other, _) = store.evidence()
    like = Measurement("cohort.looks_like", "s2", "", "why")
    assert found == Seen.of([*FULL.measurements, like])
    assert other == Seen({}, {})
    assert measured(store, "s1")["cohort.looks_like"] == like


def test_undecided_students_are_no_cases_and_cases_come_in_order(store: Store) -> None:
    assert list(store.cases()) == []
    store.enrol([("s2", BERT, ""), ("s1", ANNA, "")])
    with store.transaction():
        for key in ("s1", "s2"):
            store.decide(key, JUDGED)
    assert [case.subject.subject_id for case in store.cases()] == ["s2", "s1"]


def test_groups_of_the_same_photo(store: Store) -> None:
    keys = ["s4", "s1", "s6", "s3", "s2", "s5", "s7"]
    store.enrol((key, Subject(key, 0), "") for key in keys)
    photos = {"s1": "x", "s2": "y", "s3": "x", "s4": "x", "s5": "y", "s6": "z", "s7": ""}
    for key, sha256 in photos.items():
        store.save(key, "print", Evidence(photo_sha256=sha256))
    assert store.same_photo() == [["s4", "s1", "s3"], ["s2", "s5"]]


def test_two_students_without_a_photo_do_not_have_the_same_one(store: Store) -> None:
    for key in ("s1", "s2"):
        store.save(key, "print", Evidence())
    assert store.same_photo() == []


def test_purged_templates_leave_no_bytes_in_the_file(path: Path) -> None:
    vectors = [template(seed) for seed in range(120)]
    with Store(path) as store:
        store.enrol((f"s{i}", Subject(f"s{i}", i), "") for i in range(40))
        # Saved twice in another order, so that the pages have been rearranged before the purge.
        for turn, order in enumerate((range(40), range(39, -1, -1))):
            for i in order:
                roles = {"photo": vectors[3 * i], "idcard": vectors[3 * i + 1]}
                late = {"admission": vectors[3 * i + 2]} if turn else {}
                store.save(f"s{i}", "print", Evidence(templates={**roles, **late}))
        parts = [v.tobytes()[start : start + 16] for v in vectors for start in (0, 256, 496)]
        before = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert all(part in before for part in parts)
        store.purge_templates()
        assert store.templates() == {}
        assert store.noted("templates_purged")
        assert len(store.fingerprints()) == 40, "the evidence stays"
        after = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert not any(part in after for part in parts), "not even while the store is open"


def test_a_replaced_template_leaves_no_bytes_either(path: Path) -> None:
    with Store(path) as store:
        store.enrol([("s1", ANNA, "")])
        store.save("s1", "print", FULL)
    assert template(1).tobytes() in path.read_bytes()
    with Store(path) as store:
        store.save("s1", "print", Evidence())
    (left,) = path.parent.iterdir()
    assert template(1).tobytes()[:16] not in left.read_bytes()


def test_restart_counts_everybody_as_not_seen_and_keeps_the_evidence(store: Store) -> None:
    store.save("s1", "print", FULL)
    store.purge_templates()
    store.restart()
    assert store.fingerprints() == {}
    assert store.noted("templates_purged") == ""
    (_, found, _), *_ = store.evidence()
    assert found


def test_notes(store: Store, path: Path) -> None:
    assert store.noted("run") == ""
    store.note("run", "一")
    store.note("run", "二")
    with Store(path) as reopened:
        assert reopened.noted("run") == "二"


def foreign_database(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE theirs (x)")
    db.commit()
    db.close()


def other_application(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA application_id = 1")
    db.commit()
    db.close()


def other_version(path: Path) -> None:
    Store(path).__exit__(None, None, None)
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    db.commit()
    db.close()


def text_file(path: Path) -> None:
    path.write_text("学号,姓名\n" * 200, "utf-8")


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    "spoil", [foreign_database, other_application, other_version, text_file, folder]
)
def test_what_is_no_store_of_ours_is_refused_and_left_alone(
    path: Path, spoil: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def recorded(*args: object, **options: object) -> sqlite3.Connection:
        opened.append(connect(*args, **options))  # type: ignore[call-overload]
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", recorded)
    with pytest.raises(StoreError) as refused:
        Store(path)
    assert str(path) in refused.value.message
    assert refused.value.hint
    assert refused.value.exit_code == 16
    if before is not None:
        assert path.read_bytes() == before
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_a_store_is_opened_again(path: Path) -> None:
    with Store(path) as first:
        first.enrol([("s1", ANNA, "")])
    with Store(path) as second:
        assert [key for key, _, _ in second.evidence()] == ["s1"]


def test_files_are_known_by_size_and_time(store: Store) -> None:
    store.know_files({"a": (1, 2, "x"), "b": (3, 4, "y")})
    store.know_files({"b": (3, 2**62, "z")})
    assert store.known_files() == {"b": (3, 2**62, "z")}


def test_a_reader_sees_the_store_while_a_run_writes(store: Store, path: Path) -> None:
    store.save("s1", "print", FULL)
    with Store(path, readonly=True) as reader, store.transaction():
        store.decide("s1", JUDGED)
        assert list(reader.cases()) == [], "not before it is whole"
    with Store(path, readonly=True) as reader:
        assert len(list(reader.cases())) == 1


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


@pytest.fixture(params=[1, 2])
def older(path: Path, request: pytest.FixtureRequest) -> Path:
    db = sqlite3.connect(path)
    db.executescript(VERSION_1)
    if request.param == 2:
        db.executescript(VERSION_2)
    db.close()
    return path


def test_an_older_store_is_brought_up_to_date(older: Path, tmp_path: Path) -> None:
    with Store(older) as store:
        (key, found, _), other = store.evidence()
        assert (key, other) == ("s1", ("s2", Seen({}, {}), ()))
        assert found == Seen(
            {"roll": None, "eye_line": 0.4, "cohort.copy_of": "s2"}, {"roll": "no face mesh"}
        )
        assert measured(store, "s1") == {
            "roll": Measurement("roll", None, "°", "no face mesh"),
            "eye_line": Measurement("eye_line", 0.4, "px"),
            "cohort.copy_of": Measurement("cohort.copy_of", "s2"),
        }
        assert store.fingerprints() == {"s1": "print"}
    fresh = tmp_path / "fresh.sqlite"
    Store(fresh).__exit__(None, None, None)
    assert columns(older) == columns(fresh), "migrated and new stores are alike"


def test_a_migrated_store_keeps_every_digit_word_and_decision(path: Path) -> None:
    db = sqlite3.connect(path)
    db.executescript(VERSION_1 + VERSION_2)
    exact = 0.1234567890123456  # SQLite's own JSON writes 15 digits
    text = json.dumps({"a": [exact, "px", ""], "b": ["", "", "why"], "c": [None, "", ""]})
    db.execute("UPDATE student SET measurements = ? WHERE key = 's1'", (text,))
    db.execute("UPDATE student SET assessment = ? WHERE key = 's1'", (pack_assessment(JUDGED),))
    db.commit()
    db.close()
    with Store(path) as store:
        ((key, _, _, assessment),) = store.decided()
        assert (key, assessment) == ("s1", JUDGED)
        found = measured(store, "s1")
    del found["cohort.copy_of"]
    assert found == {
        "a": Measurement("a", exact, "px"),
        "b": Measurement("b", "", "", "why"),
        "c": Measurement("c", None),
    }


def test_students_are_decided_while_they_are_read(store: Store) -> None:
    """Nothing but the student in hand is in memory, and each comes once."""
    keys = [f"k{(7 * number) % 1000:03}" for number in range(1000)]
    store.enrol((key, Subject(key, 0), "") for key in keys)
    compared = (Comparison("idcard", 0.7, "sface"), Comparison("admission", None, "sface", "no"))
    for key in keys[::2]:
        store.save(key, "print", Evidence((Measurement("luminance", 1.0),), compared))
    met = []
    with store.transaction():
        for key, seen, comparisons in store.evidence():
            store.decide(key, JUDGED)
            met.append(key)
            saved = len(met) % 2 == 1
            assert (len(seen.values), comparisons) == ((1, compared) if saved else (0, ()))
    assert met == keys
    assert [key for key, *_ in store.decided()] == keys
    assert store.unseen() == set(keys[1::2])


def test_the_same_decision_is_not_written_again(store: Store) -> None:
    store.save("s1", "print", FULL)
    for assessment, written in (
        (JUDGED, 1),
        (JUDGED, 0),
        (dataclasses.replace(JUDGED, score=0.8), 1),
    ):
        before = store._db.total_changes
        with store.transaction():
            store.decide("s1", assessment)
        assert store._db.total_changes - before == written
        assert next(store.decided())[3] == assessment


def columns(path: Path) -> dict[str, object]:
    db = sqlite3.connect(path)
    names = [
        r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE '%auto%'")
    ]
    table = {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in sorted(names)}
    db.close()
    return table


def test_a_reader_does_not_migrate_but_says_what_does(older: Path) -> None:
    before = older.read_bytes()
    with pytest.raises(StoreError, match=r"a store of version [12];") as refused:
        Store(older, readonly=True)
    assert "photoproof decide" in refused.value.hint
    assert older.read_bytes() == before


def test_a_reader_that_may_not_write_still_sees_what_was_just_written(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save("s1", "print", FULL)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Store(path, readonly=True) as reader:
        assert reader.fingerprints() == {"s1": "print"}


def test_a_finished_store_is_read_from_a_folder_that_cannot_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(path) as store:
        store.enrol([("s1", ANNA, "")])
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Store(path, readonly=True) as reader:
        assert [key for key, _, _ in reader.evidence()] == ["s1"]
    assert [file.name for file in path.parent.iterdir()] == [path.name], "nothing was made"
