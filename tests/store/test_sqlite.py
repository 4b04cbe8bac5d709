"""What every file of ours does: all or nothing, ours alone, readers beside the writer."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from store_cases import ANNA, FULL, JUDGED, state

from pipeline.core.errors import StoreError
from pipeline.core.private import make_file
from pipeline.core.types import (
    Evidence,
)
from pipeline.store import Store
from pipeline.store.ledger import Ledger
from pipeline.store.packing import keep
from pipeline.store.schema import RUN


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


def test_a_full_disk_is_told_and_leaves_the_old_state(store: Store, path: Path) -> None:
    before = state(path)
    pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    store.db.execute(f"PRAGMA max_page_count = {pages}")
    huge = Evidence(pictures={"photo": bytes(10**6)})
    with pytest.raises(StoreError, match="cannot be written") as refused:
        store.save(("s1", "print", keep(huge)))
    assert str(path) in refused.value.message
    assert refused.value.hint
    assert state(path) == before


def test_a_file_that_another_program_holds_is_told(store: Store, path: Path) -> None:
    store.db.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreError, match="locked"):
            store.save(("s1", "print", keep(FULL)))
    finally:
        other.close()


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
    db.execute(f"PRAGMA user_version = {RUN.version + 1}")
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


def test_a_reader_sees_the_store_while_a_run_writes(store: Store, path: Path) -> None:
    store.save(("s1", "print", keep(FULL)))
    with Store(path, readonly=True) as reader, store.transaction():
        store.decide("s1", JUDGED)
        assert list(reader.cases()) == [], "not before it is whole"
    with Store(path, readonly=True) as reader:
        assert len(list(reader.cases())) == 1


def test_a_reader_that_may_not_write_still_sees_what_was_just_written(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(("s1", "print", keep(FULL)))
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


def test_a_process_that_comes_and_goes_takes_no_log_from_under_another(tmp_path: Path) -> None:
    """A night looks at the ledgers of desks that are served: what people say then must stay."""
    path = tmp_path / "review.sqlite"
    comes_and_goes = (
        "import sys; from pathlib import Path; from pipeline.store.ledger import Ledger;"
        " Ledger(Path(sys.argv[1])).close()"
    )
    with Ledger(path) as desk:
        desk.record("wang", "case_seen")
        Ledger(path).close()  # another request's
        subprocess.run([sys.executable, "-c", comes_and_goes, str(path)], check=True)
        desk.record("wang", "face_seen")
        with Ledger(path) as another:  # it failed: the log had been deleted with what is in it
            entries = [entry.action for entry in another.log.entries()]
            assert entries[1:] == ["case_seen", "face_seen"]
            assert another.verify().fault == ""


@pytest.mark.skipif(os.name == "nt", reason="files have other permissions there")
def test_readers_are_taken_away_of_a_file_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "open"
    path.touch(0o644)
    make_file(path)
    make_file(tmp_path / "new")
    assert [file.stat().st_mode & 0o777 for file in (path, tmp_path / "new")] == [0o600, 0o600]
    with pytest.raises(IsADirectoryError):
        make_file(tmp_path)
