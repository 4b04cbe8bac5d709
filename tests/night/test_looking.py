"""What comes back is saved, many together where it comes fast, and before a fault too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.core.errors import ModelError
from pipeline.core.types import Cohort, Evidence, Job, Measurement, Subject
from pipeline.night.looking import Results, look
from pipeline.night.roll import Prints, Roll
from pipeline.store import Store
from pipeline.store.packing import Kept, keep

NUMBER = 150


@pytest.fixture
def roll() -> Roll:
    jobs = (Job(Subject(f"s{n:03}", n), None, (), ()) for n in range(1, NUMBER + 1))
    return Roll(Cohort(tuple(jobs)))


@pytest.fixture
def prints() -> Prints:
    return Prints(f"{n:064x}" for n in range(NUMBER))


def seen(due: Iterable[tuple[str, Job]], at_most: int = NUMBER) -> Results:
    """At once, until the fault."""
    for number, (student_key, _) in enumerate(due):
        if number == at_most:
            raise ModelError("worker_died_starting")
        yield student_key, keep(Evidence((Measurement("number", float(number)),)))


def test_what_comes_fast_is_saved_together(
    tmp_path: Path, roll: Roll, prints: Prints, monkeypatch: pytest.MonkeyPatch
) -> None:
    together: list[int] = []
    save = Store.save

    def watched(store: Store, *told: tuple[str, str, Kept]) -> None:
        together.append(len(told))
        save(store, *told)

    monkeypatch.setattr(Store, "save", watched)
    with Store(tmp_path / "s.sqlite") as store:
        store.enrol((key, job.subject, "") for key, job in roll)
        told: list[tuple[int, int]] = []
        assert look(store, roll, prints, seen, lambda *now: told.append(now))[0] == NUMBER
        assert store.fingerprints() == {f"s{n:03}": prints[n - 1] for n in range(1, NUMBER + 1)}
    assert sum(together) == NUMBER
    assert max(together) <= 64
    assert told == [(done, NUMBER) for done in range(NUMBER + 1)]


def test_what_came_before_a_fault_is_saved(tmp_path: Path, roll: Roll, prints: Prints) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.enrol((key, job.subject, "") for key, job in roll)
        with pytest.raises(ModelError):
            look(store, roll, prints, lambda due: seen(due, at_most=7), lambda *_: None)
        assert len(store.fingerprints()) == 7
