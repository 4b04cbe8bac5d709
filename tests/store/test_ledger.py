"""The ledger's tables: what the queue is asked for, what people said, who they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pipeline.core.errors import StoreError
from pipeline.core.types import Decision
from pipeline.store.accounts import Failures, SessionRow
from pipeline.store.items import Item, State, Wanted
from pipeline.store.ledger import Ledger
from pipeline.store.schema import APPEND_ONLY

SHA, OTHER = "ab" * 32, "cd" * 32


def row(number: int, college: str = "文学院") -> Item:
    return Item(
        id=f"i{number}",
        student_key=f"s{number}",
        answers_key=f"s{number}",
        photo_sha256=SHA,
        position=number,
        name=f"张{number}",
        numbers=f"2021{number}",
        college=college,
        class_name="一班",
        decision=Decision.REVIEW,
        blind=number == 0,
        seeded=False,
        codes=("NOT_ME", "BLUR") if number == 0 else ("BLUR",),
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Four cases: three in the queue, one of them done."""
    with Ledger(tmp_path / "review.sqlite") as opened, opened.transaction():
        opened.items.replace([row(0), row(1), row(2, "理学院"), row(3)])
        for number, state, need in ((0, "todo", "lead"), (1, "todo", "first"), (2, "done", "")):
            opened.items.settle(
                f"i{number}",
                queued=True,
                state=state,
                need=need,
                standing=["an"] if number else [],
                reasons=row(number).codes,
            )
        yield opened


def keys(rows: Iterable[Item]) -> list[str]:
    return [row.student_key for row in rows]


def test_a_case_comes_back_as_it_was(ledger: Ledger) -> None:
    assert ledger.items.by_id("i3") == row(3)
    assert ledger.items.by_key("s0") == row(0)._replace(queued=True, state=State.TODO, need="lead")
    assert ledger.items.of_photo("s3", SHA) == row(3)
    assert ledger.items.of_photo("s3", OTHER) is None
    assert list(ledger.items.about("s3")) == [row(3)]
    assert keys(list(ledger.items.listed())) == ["s0", "s1", "s2", "s3"]
    assert keys(list(ledger.items.listed(queued=True))) == ["s0", "s1", "s2"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["s0", "s1", "s2"]),
        (Wanted(search="张3"), ["s3"]),
        (Wanted(search="%"), []),
        (Wanted(state="todo"), ["s0", "s1"]),
        (Wanted(state=""), []),
        (Wanted(state="todo", unanswered_by="an"), ["s0"]),
        (Wanted(answered_by="an"), ["s1", "s2"]),
        (Wanted(except_need="lead"), ["s1", "s2"]),
        (Wanted(college="理学院", class_name="一班"), ["s2"]),
        (Wanted(reason="NOT_ME"), ["s0"]),
        (Wanted(college="' OR 1 --"), []),
    ],
)
def test_what_is_wanted_is_found(ledger: Ledger, wanted: Wanted, found: list[str]) -> None:
    assert keys(ledger.items.page(wanted, 9, 1)) == found
    assert ledger.items.count(wanted) == len(found)


def test_pages_neighbours_and_counts(ledger: Ledger) -> None:
    items, all_of_them = ledger.items, Wanted()
    assert keys(items.page(all_of_them, 2, 2)) == ["s2"]
    assert keys(items.before(all_of_them, 2)) == ["s1", "s0"]
    assert keys(items.after(all_of_them, 0)) == ["s1", "s2"]
    assert keys(items.after(all_of_them, 2)) == []
    assert items.counts(all_of_them, "reason") == [("BLUR", 3), ("NOT_ME", 1)]
    assert items.counts(all_of_them, "state") == [("done", 1), ("todo", 2)]
    assert items.counts(all_of_them, "class_name") == [("一班", 3)]


def test_settling_again_replaces_what_was(ledger: Ledger) -> None:
    ledger.items.settle("i1", queued=False, state="", need="", standing=[], reasons=())
    assert ledger.items.by_id("i1") == row(1)
    assert ledger.items.counts(Wanted(), "reason") == [("BLUR", 2), ("NOT_ME", 1)]
    assert keys(ledger.items.page(Wanted(answered_by="an"), 9, 1)) == ["s2"]


def test_the_last_answer_that_stands_is_found(ledger: Ledger) -> None:
    said = ledger.answers
    said.add("an", "s1", SHA, "answer", {"verdict": "ok"})
    said.add("an", "s2", OTHER, "answer", {"verdict": "other"})
    assert said.last_of("an") == (2, "s2", OTHER)
    said.add("an", "s2", OTHER, "undo", {"undoes": 2})
    assert said.last_of("an") == (1, "s1", SHA)
    assert said.last_of("bo") is None
    assert said.answered("s2", OTHER, "an"), "taken back or not"
    assert not said.answered("s2", SHA, "an")
    assert [(one.kind, dict(one.content)) for one in said.of("s2", OTHER)] == [
        ("answer", {"verdict": "other"}),
        ("undo", {"undoes": 2}),
    ]
    assert said.photos() == {("s1", SHA), ("s2", OTHER)}
    assert said.other_photos("s1", OTHER) == [SHA]


def test_accounts_sessions_and_failed_tries(ledger: Ledger) -> None:
    people = ledger.accounts
    assert people.add("an", "lead", "hash", "2026")
    assert not people.add("an", "auditor", "hash", "2026")
    assert people.listed() == [("an", "lead", "2026")]
    assert people.password_and_role("bo") is None
    assert not people.change_password("bo", "x")
    session = SessionRow("id", "an", "lead", "token", 100.0, 100.0)
    people.add_session(session)
    people.add_session(session._replace(id="other"))
    assert people.session("id", 100.0, 100.0) == session
    assert people.session("id", 100.0, 100.5) is None
    people.touch_session("id", 200.0)
    people.drop_sessions_before(50.0, 150.0)
    assert people.end_sessions_of("an", but="id") == 0, "the other one has been idle too long"
    assert people.end_sessions_of("an") == 1
    tries = ((1.0, "n", "a"), (50.0, "n", "a"), (60.0, "n", "b"), (61.0, "m", "a"))
    numbers = [people.add_failure(*one, keep_from=10.0) for one in tries]
    assert people.failures("n", "a", since=0.0) == Failures(2, 2, 1)
    assert people.failures("n", "a", since=55.0) == Failures(1, 1, 0)
    people.drop_failure(numbers[2])
    assert people.failures("n", "b", since=0.0) == Failures(1, 0, 0)
    assert people.remove("an")
    assert not people.remove("an")


def test_a_ledger_is_forgotten_and_kept_append_only(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    with Ledger(path) as ledger:
        ledger.record("an", "face_seen", "s1", picture="photo")
        with ledger.transaction():
            ledger.answers.add("an", "s1", SHA, "answer", {"verdict": "ok", "comment": "mole"})
        assert ledger.forget("cli:test", files=[]) == 1
        assert ledger.verify().fault == ""
        triggers = ledger.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        assert {name for (name,) in triggers} == set(APPEND_ONLY)
    assert b"mole" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_kind_of_file_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    with Ledger(path) as ledger:
        ledger.db.execute("PRAGMA application_id = 2")
    with pytest.raises(StoreError, match=r"review\.sqlite: no review ledger of version 1"):
        Ledger(path)
