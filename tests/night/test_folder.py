"""The output folder: who holds it, and whether there is a run in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.core.errors import StoreError
from pipeline.night.folder import DATABASE, database_of, locked


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
