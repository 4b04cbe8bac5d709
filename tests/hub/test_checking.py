"""Single pictures, many at once: none is lost, none is kept, and a bad one harms no other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from booth_cases import fake_engine

from pipeline.core.cage import bars
from pipeline.core.policy import altered, load_policy, load_profile
from pipeline.hub.checking import BusyError, Checking, Rates, Rules


@pytest.fixture(scope="module")
def checking() -> Iterator[Checking]:
    one = Checking(workers=2, waiting=10, makes_engine=fake_engine)
    yield one
    one.close()


@pytest.fixture(scope="module")
def rules() -> Rules:
    policy = load_policy()
    return Rules(policy, load_profile(policy.profile))


def test_of_many_at_once_everyone_gets_the_own_answer(checking: Checking, rules: Rules) -> None:
    def ask(number: int) -> float | None:
        with checking.place():
            done = checking.submit(f"turn={number % 4 * 90}".encode(), f"{number}.jpg", rules)
            checked = done.result()
        assert checked.as_json()["photo"] == f"{number}.jpg"
        return checked.assessment.turn_cw

    with ThreadPoolExecutor(12) as callers:
        assert list(callers.map(ask, range(200))) == [n % 4 * 90 for n in range(200)]


def test_who_finds_no_place_is_told_when_to_come_again(checking: Checking) -> None:
    with ExitStack() as places:
        for _ in range(12):
            places.enter_context(checking.place())
        with pytest.raises(BusyError) as busy, checking.place():
            pass
        assert 1 <= busy.value.wait_s <= 60
    with checking.place():
        pass


def test_a_picture_that_ends_its_worker_is_a_finding_and_the_next_is_looked_at(
    checking: Checking, rules: Rules
) -> None:
    dead = checking.submit(b"die", "die.jpg", rules).result()
    assert [f.code for f in dead.assessment.findings] == ["NOT_ASSESSED"]
    assert checking.submit(b"turn=90", "a.jpg", rules).result().assessment.turn_cw == 90


@pytest.mark.skipif("Landlock" not in bars(), reason="this system has no Landlock")
def test_a_picture_reads_and_writes_nothing_of_the_site(
    checking: Checking, rules: Rules, tmp_path: Path
) -> None:
    secret = tmp_path / "site.sqlite"
    secret.write_bytes(b"secret")
    seen = checking.submit(f"pry:{secret}".encode(), "p.jpg", rules).result()
    assert seen.measurements["pried"].value == "refused refused"
    assert list(tmp_path.iterdir()) == [secret]


def test_what_waits_at_the_end_is_cancelled(rules: Rules) -> None:
    ending = Checking(workers=1, waiting=5, makes_engine=fake_engine)
    first = ending.submit(b"sleep=0.2", "", rules)
    waiting = [ending.submit(b"turn=90", "", rules) for _ in range(3)]
    ending.close()
    assert first.result().assessment is not None
    assert all(one.cancelled() for one in waiting)


def test_a_name_comes_so_often_in_any_minute() -> None:
    now = [0.0]
    rates = Rates(3, lambda: now[0])
    assert [rates.take("booth") for _ in range(3)] == [0, 0, 0]
    now[0] = 20
    assert rates.take("booth") == 40
    assert rates.take("other") == 0
    now[0] = 60.5
    assert rates.take("booth") == 0


def test_another_limit_of_pictures_has_another_worker(checking: Checking, rules: Rules) -> None:
    other = Rules(altered(rules.policy, {"input": {"max_seconds": 3.0}}), rules.profile)
    for one in (rules, other):
        assert checking.submit(b"turn=180", "", one).result().assessment.turn_cw == 180
