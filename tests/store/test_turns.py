"""Writers wait in the order of their coming, and nobody is passed over."""

from __future__ import annotations

import itertools
import sqlite3
import statistics
import threading
import time
from pathlib import Path

import pytest

from pipeline.core.errors import StoreError
from pipeline.store import people
from pipeline.store.ledger import Ledger
from pipeline.store.turns import Turns


def test_turns_are_given_in_the_order_of_coming() -> None:
    turns, came = Turns(10), []

    def take(number: int) -> None:
        with turns:
            came.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    with turns:
        for number, thread in enumerate(threads, 1):
            thread.start()
            while len(turns._waiting) < number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert came == list(range(20))


def test_who_waits_too_long_is_told_and_the_others_go_on() -> None:
    turns = Turns(0.05)
    with turns, pytest.raises(sqlite3.OperationalError), turns:
        pass
    with turns:
        pass


def test_no_writer_of_many_is_passed_over(tmp_path: Path) -> None:
    """Whoever has written waits until the others have; without turns most write again at once."""
    Ledger(tmp_path / "review.sqlite").close()
    wrote: list[int] = []
    ready = threading.Barrier(20)

    def write(number: int) -> None:
        with Ledger(tmp_path / "review.sqlite") as ledger:
            ready.wait()
            for _ in range(10):
                ledger.record("an", "log_read")
                wrote.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    places = [[at for at, number in enumerate(wrote) if number == one] for one in range(20)]
    waits = [late - early for own in places for early, late in itertools.pairwise(own)]
    assert statistics.median(waits) > 10


def test_a_file_that_others_hold_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_WAIT_S", 0.1)
    with Ledger(tmp_path / "review.sqlite") as one, Ledger(tmp_path / "review.sqlite") as two:
        with one.transaction(), pytest.raises(StoreError, match="cannot be written"):
            two.record("an", "log_read")
        two.record("an", "log_read")
