"""While a night is at work: the desk goes on with the last one's results, and none is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from desk_runs import make_run, photos
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import StoreError
from pipeline.core.words import words
from pipeline.desk import accounts
from pipeline.desk.cases import queue
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.queue import Asker, Filters
from pipeline.night.folder import DATABASE, LEDGER, locked
from pipeline.night.purge import purge_run
from pipeline.store import Store
from pipeline.store.ledger import Ledger

MINE = Asker("an", accounts.Role.REVIEWER)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = make_run(tmp_path, photos(12))
    with Ledger(made / LEDGER) as ledger:
        accounts.add(ledger, "an", accounts.Role.REVIEWER, PASSWORD, "test")
    return made


def begin(run: Path, anew: Callable[[str], bool]) -> None:
    """What a night does first: take the end back, and forget whom it looks at anew."""
    with Store(run / DATABASE) as store:
        store.begin()
    with sqlite3.connect(run / DATABASE) as database:
        keys = [key for (key,) in database.execute("SELECT student_key FROM student") if anew(key)]
        database.executemany("DELETE FROM decision WHERE student_key = ?", [(k,) for k in keys])


def waiting(run: Path) -> list[tuple[str, str]]:
    """Key and id of the cases that come one after the other."""
    with opened(run) as desk:
        found: list[tuple[str, str]] = []
        after = None
        while True:
            after = queue.following(desk, Filters(), MINE, after)
            if after is None or (after.student_key, after.id) in found:
                return found
            found.append((after.student_key, after.id))


def test_the_desk_goes_on_without_those_who_are_looked_at_anew(run: Path) -> None:
    before = waiting(run)
    (first, _), (second, its_case), *_ = before
    told = words("desk", "zh")["night_at_work"]
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        assert told not in an.get("/").text
        begin(run, lambda key: key in (first, second))
        assert waiting(run) == before[2:]
        page = an.get("/")
        assert (page.status_code, told in page.text) == (200, True)
        assert an.get(f"/case/{its_case}").status_code == 503, "it says so, and to try again"
        assert an.get("/bulk").status_code == 200
        case = before[2][1]
        assert an.post(f"/case/{case}/answer", verdict="other").status_code == 303
    make_run(run.parent, photos(12))
    with opened(run) as desk:
        given = next(item for item in desk.items() if item.student_key == before[2][0])
        assert [answer.who for answer in desk.answers(given)] == ["an"]
    assert {key for key, _ in waiting(run)} >= {first, second}


def test_nobody_is_left_where_all_are_looked_at_anew(run: Path) -> None:
    assert waiting(run)
    begin(run, lambda _: True)
    assert waiting(run) == []


def test_what_wants_a_night_that_has_ended_still_refuses(run: Path) -> None:
    begin(run, lambda _: False)
    for command in (["decide", str(run)], ["privacy", str(run)]):
        done = CliRunner().invoke(app, command)
        assert isinstance(done.exception, StoreError)
        assert "cut off" in done.exception.message


def test_a_first_night_that_was_cut_off_has_no_desk(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos(2))
    with sqlite3.connect(run / DATABASE) as database:
        database.execute("DELETE FROM meta WHERE name = 'run'")
    with pytest.raises(StoreError, match="cut off"), opened(run):
        pass


def test_a_deleted_run_tells_nothing_of_the_night_before(run: Path) -> None:
    begin(run, lambda _: False)
    with locked(run):
        pass  # the night is dead
    purge_run(run, "test")
    with Store(run / DATABASE) as store, pytest.raises(StoreError, match="cut off"):
        store.latest()
