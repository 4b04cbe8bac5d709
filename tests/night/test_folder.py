"""The output folder: who holds it, and whether there is a run in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from filelock import FileLock
from night_cases import Go

from pipeline.core.errors import ConfigError, StoreError
from pipeline.core.private import VARIABLE
from pipeline.desk.cases.desk import opened
from pipeline.desk.exchange.exports import table
from pipeline.night.folder import DATABASE, LEDGER, REPORTS, SUMMARY, database_of, locked
from pipeline.store import Store


def test_a_folder_in_use_is_refused_and_the_owner_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    named = rf"another run is working.*process {os.getpid()} on .+ since"
    with locked(out), pytest.raises(StoreError, match=named), locked(out):
        pass
    assert not (out / ".owner").exists()
    with locked(out):
        assert (out / ".owner").exists()


def test_a_lock_without_a_name_is_refused_too(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".lock"),
        pytest.raises(StoreError, match=r"another run is working.*not known which"),
        locked(tmp_path),
    ):
        pass


@pytest.mark.parametrize(("said", "closed"), [("", 0o077), ("027", 0o027)])
def test_nobody_reads_what_is_written_but_whom_the_site_names(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, closed: int
) -> None:
    monkeypatch.setenv(VARIABLE, said)
    before = os.umask(0)
    try:
        go({"a": "good"})
        with opened(tmp_path / "out") as desk:
            table(desk, tmp_path / "out" / "csv", "test")
            names = {path.name for path in (tmp_path / "out").rglob("*")}
            modes = {
                path: path.stat().st_mode for path in (tmp_path / "out", *everything(tmp_path))
            }
    finally:
        os.umask(before)
    assert {LEDGER, f"{LEDGER}-wal", DATABASE, *REPORTS, SUMMARY, "decisions.csv"} <= names
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & closed} == {}
    folder = stat.S_IMODE((tmp_path / "out").stat().st_mode)
    assert folder == 0o777 & ~closed


def everything(base: Path) -> list[Path]:
    return list((base / "out").rglob("*"))


def test_readers_of_an_older_store_are_taken_away(tmp_path: Path) -> None:
    with Store(tmp_path / DATABASE):
        (tmp_path / DATABASE).chmod(0o644)
    with Store(tmp_path / DATABASE):
        pass
    assert stat.S_IMODE((tmp_path / DATABASE).stat().st_mode) == 0o600


@pytest.mark.parametrize("said", ["9", "rwx", "777", "-1"])
def test_a_site_cannot_shut_itself_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv(VARIABLE, said)
    with pytest.raises(ConfigError, match=VARIABLE) as refused, locked(tmp_path / "out"):
        pass
    assert "octal" in refused.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o555)
    with pytest.raises(StoreError, match="cannot be written") as refused, locked(out):
        pass
    assert refused.value.hint


def test_a_folder_without_a_run_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no run") as refused:
        database_of(tmp_path / "out")
    assert "--out" in refused.value.hint
    assert not (tmp_path / "out").exists()
    (tmp_path / DATABASE).touch()
    assert database_of(tmp_path) == tmp_path / DATABASE
