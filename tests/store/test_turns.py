"""Writers wait in the order of their coming, and nobody is passed over."""

from __future__ import annotations

import sqlite3
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
    """Without turns the longest wait of so many is past five seconds, half of them wait 10 ms."""
    Ledger(tmp_path / "review.sqlite").close()
    waits: list[float] = []
    end = time.monotonic() + 4

    def write() -> None:
        with Ledger(tmp_path / "review.sqlite") as ledger:
            while time.monotonic() < end:
                began = time.monotonic()
                ledger.record("an", "log_read")
                waits.append(time.monotonic() - began)

    threads = [threading.Thread(target=write) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) > 100
    assert max(waits) < 1


def test_a_file_that_others_hold_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_WAIT_S", 0.1)
    with Ledger(tmp_path / "review.sqlite") as one, Ledger(tmp_path / "review.sqlite") as two:
        with one.transaction(), pytest.raises(StoreError, match="cannot be written"):
            two.record("an", "log_read")
        two.record("an", "log_read")
