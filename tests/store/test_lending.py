"""Open files between requests: lent to one at a time, and never one that is another by now."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from pipeline.store import Store
from pipeline.store.lending import Lending


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store(tmp_path / "run.sqlite"):
        pass
    return tmp_path / "run.sqlite"


@pytest.fixture
def lending(path: Path) -> Lending[Store]:
    return Lending(lambda: Store(path, readonly=True))


def lent(lending: Lending[Store]) -> Store:
    with lending.lent() as one:
        assert one.count("student") == 0
    return one


def is_closed(store: Store) -> bool:
    try:
        store.noted("x")
    except sqlite3.ProgrammingError:
        return True
    return False


def test_one_is_lent_again_but_never_to_two_at_once(lending: Lending[Store]) -> None:
    first = lent(lending)
    assert lent(lending) is first
    with lending.lent() as one, lending.lent() as other:
        assert one is first is not other


def test_what_failed_is_not_lent_again(lending: Lending[Store]) -> None:
    with pytest.raises(KeyError), lending.lent() as one:
        raise KeyError
    assert is_closed(one)
    assert lent(lending) is not one


def test_a_file_that_took_its_place_is_opened(lending: Lending[Store], path: Path) -> None:
    first = lent(lending)
    shutil.copy(path, path.with_name("other"))
    path.with_name("other").replace(path)
    assert lent(lending) is not first
    assert is_closed(first)


def test_a_file_of_a_newer_program_is_opened_anew(lending: Lending[Store], path: Path) -> None:
    first = lent(lending)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(Exception, match="newer"):
        lent(lending)
    assert is_closed(first)


def test_another_key_is_heeded(lending: Lending[Store], path: Path) -> None:
    first = lent(lending)
    known = first.seal
    with Store(path) as store, store.transaction():
        store.own_key.renew()
    assert lent(lending).seal is not known


def test_nobody_who_is_done_holds_the_log_back(lending: Lending[Store], path: Path) -> None:
    lent(lending)
    with Store(path) as store, store.transaction():
        store.note("x", "y")
    with Store(path) as store:
        assert store.empty_log()


def test_all_are_closed_at_the_end_late_ones_too(lending: Lending[Store]) -> None:
    idle = lent(lending)
    with lending.lent() as one, lending.lent() as late:
        assert one is idle
        lending.close()
    assert is_closed(one)
    assert is_closed(late)
