"""What the desk's queue is asked for: a row a case, made anew from store and answers."""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, NamedTuple

from pipeline.core.reasons import STRAY
from pipeline.core.types import Decision

Field = Literal["reason", "college", "class_name", "state"]
_COLUMNS = {"college": "college", "class_name": "class", "state": "state"}
_MADE = 13  # columns of a row that are known when it is made
# Every sheet says how many cases wait: counted by this index alone, which goes with the rows.
_WAITING = "CREATE INDEX IF NOT EXISTS item_waiting ON item (queued, state, college, need)"


class State(enum.StrEnum):
    """Where a case is: 待核, 重采, 勘误, 备案, 学生复核, 待下次核验, 完成; NONE: not looked at."""

    NONE = ""
    TODO = "todo"
    RESHOOT = "reshoot"
    CORRECT = "correct"
    FILE = "file"
    STUDENT = "student"
    NIGHT = "night"
    DONE = "done"


class Item(NamedTuple):
    """One case of the queue.

    Attributes:
        id: What addresses name: unlike a student number it cannot be guessed, and another run's
            ids mean nothing here.
        answers_key: Whose answers belong here, together with `photo_sha256`: the student's key; for
            a photo that nobody claims one made of its bytes.
        decision: The machine's.
        blind: Judged before the machine's answer is shown.
        codes: The machine's reasons above advice.
        need: Whose answer a case waits for; `desk.cases.verdicts.Need`.
    """

    id: str
    student_key: str
    answers_key: str
    photo_sha256: str
    position: int
    name: str
    numbers: str
    college: str
    class_name: str
    decision: Decision
    blind: bool
    seeded: bool
    codes: tuple[str, ...]
    queued: bool = False
    state: State = State.NONE
    need: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases of the queue; what has no value excludes none.

    Attributes:
        search: Part of a name or number; searches everybody, not the queued alone.
        unanswered_by: They have no standing answer of this person.
        answered_by: They have one of this person.
        except_need: They do not wait for this.
        reason: A code they were queued for.
    """

    search: str = ""
    state: str | None = None
    unanswered_by: str = ""
    answered_by: str = ""
    except_need: str = ""
    college: str = ""
    class_name: str = ""
    reason: str = ""


class Items:
    """The tables of the queue; writing is done inside a transaction of the ledger."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._colleges: tuple[str, ...] = ()

    def see_only(self, colleges: Collection[str]) -> None:
        """Answer from now on as if there were no case but these colleges'; none named is all.

        Every question goes through this, so that what lies outside cannot be told from what is not
        there. Writing is not held back: a case has to be seen first.
        """
        self._colleges = tuple(colleges)

    @property
    def scoped(self) -> bool:
        """Whether some colleges' cases alone are seen."""
        return bool(self._colleges)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Inside, every case is seen: for what is made or verified, not shown."""
        kept, self._colleges = self._colleges, ()
        try:
            yield
        finally:
            self._colleges = kept

    def replace(self, rows: Iterable[Item]) -> None:
        """Make the cases exactly these, none of them settled."""
        for table in ("item", "item_reason", "standing"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own words
        self._db.executemany(
            "INSERT INTO item (id, key, subject, photo_sha256, position, name, numbers, college,"
            " class, decision, blind, seeded, codes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((*row[: _MADE - 1], ";".join(row.codes)) for row in rows),
        )
        self._db.execute(_WAITING)

    def settle(
        self,
        identifier: str,
        *,
        queued: bool,
        state: str,
        need: str,
        standing: Iterable[str],
        reasons: Iterable[str],
    ) -> None:
        """Keep what state a case is in, who has a standing answer, and why it is queued."""
        for table in ("item_reason", "standing"):
            self._db.execute(f"DELETE FROM {table} WHERE item = ?", (identifier,))  # noqa: S608
        self._db.execute(
            "UPDATE item SET queued = ?, state = ?, need = ? WHERE id = ?",
            (queued, state, need, identifier),
        )
        self._db.executemany(
            "INSERT INTO standing VALUES (?, ?)", [(identifier, who) for who in standing]
        )
        self._db.executemany(
            "INSERT INTO item_reason VALUES (?, ?)", {(code, identifier) for code in reasons}
        )

    def listed(self, *, queued: bool = False) -> Iterator[Item]:
        """Every case, or those in the queue, in the roster's order."""
        return self._select("queued = 1" if queued else "1")

    def by_id(self, identifier: str) -> Item | None:
        """The case of this id."""
        return next(self._select("id = ?", identifier), None)

    def by_key(self, student_key: str) -> Item | None:
        """The case of this student."""
        return next(self._select("key = ?", student_key), None)

    def name(self, keys: Collection[str]) -> bool:
        """Whether a case is one of these students'."""
        return any(self.by_key(key) for key in keys)

    def about(self, answers_key: str) -> Iterator[Item]:
        """Cases to which a student's answers belong."""
        return self._select("subject = ?", answers_key)

    def of_photo(self, answers_key: str, sha256: str) -> Item | None:
        """The case to which answers about a student's photo of these bytes belong."""
        return next(self._select("subject = ? AND photo_sha256 = ?", answers_key, sha256), None)

    def colleges(self) -> list[str]:
        """The colleges that there are cases of."""
        rows = self._db.execute("SELECT DISTINCT college FROM item WHERE college != '' ORDER BY 1")
        return [str(college) for (college,) in rows]

    def balance(self) -> tuple[int, int]:
        """How many students there are, and how many of them have a photo."""
        within, colleges = self._within()
        counted = "SELECT count(*), sum(photo_sha256 != '') FROM item WHERE subject NOT LIKE ?"
        row = self._db.execute(counted + within, (f"{STRAY}%", *colleges)).fetchone()
        return int(row[0]), int(row[1] or 0)

    def lacking(self, most: int) -> list[Item]:
        """Students without a photo, in the roster's order."""
        return list(islice(self._select("photo_sha256 = '' AND subject != ''"), most))

    def count(self, wanted: Wanted) -> int:
        """How many are wanted.

        Whom somebody has not answered yet is counted by the few whom they have: an index counts
        all at once, but would have to ask for each of them whether there is an answer.
        """
        if wanted.unanswered_by and not wanted.answered_by:
            everybody = replace(wanted, unanswered_by="")
            answered = replace(everybody, answered_by=wanted.unanswered_by)
            return self.count(everybody) - self.count(answered)
        where, values = self._where(wanted)
        asked = f"SELECT count(*) FROM item WHERE {where}"  # noqa: S608 - our own words
        return int(self._db.execute(asked, values).fetchone()[0])

    def page(self, wanted: Wanted, size: int, number: int) -> list[Item]:
        """One page of those wanted in the roster's order; the first is 1."""
        where, values = self._where(wanted)
        rows = self._db.execute(
            f"SELECT * FROM item WHERE {where} ORDER BY position LIMIT ? OFFSET ?",  # noqa: S608
            (*values, size, size * (number - 1)),
        )
        return [_row(row) for row in rows.fetchall()]

    def after(self, wanted: Wanted, position: int) -> Iterator[Item]:
        """Those wanted that lie behind a position, the nearest first."""
        return self._from(wanted, "position > ? ORDER BY position ASC", position)

    def before(self, wanted: Wanted, position: int) -> Iterator[Item]:
        """Those wanted that lie before a position, the nearest first."""
        return self._from(wanted, "position < ? ORDER BY position DESC", position)

    def counts(self, wanted: Wanted, field: Field) -> list[tuple[str, int]]:
        """Those wanted by what stands in a field; reasons most frequent first."""
        where, values = self._where(wanted)
        if field == "reason":
            joined = "item JOIN item_reason ON item_reason.item = item.id"
            column, order = "code", "2 DESC, 1"
        else:
            joined, column, order = "item", _COLUMNS[field], "1"
        asked = f"SELECT {column}, count(*) FROM {joined} WHERE {where} GROUP BY 1 ORDER BY {order}"  # noqa: S608
        return [(str(name), count) for name, count in self._db.execute(asked, values) if name]

    def _from(self, wanted: Wanted, place: str, position: int) -> Iterator[Item]:
        where, values = self._where(wanted)
        asked = f"SELECT * FROM item WHERE {where} AND {place}"  # noqa: S608 - our own words
        with closing(self._db.execute(asked, (*values, position))) as rows:
            yield from map(_row, rows)

    def _select(self, where: str, *values: str) -> Iterator[Item]:
        within, colleges = self._within()
        rows = self._db.execute(
            f"SELECT * FROM item WHERE ({where}){within} ORDER BY position",  # noqa: S608
            (*values, *colleges),
        ).fetchall()
        return map(_row, rows)

    def _where(self, wanted: Wanted) -> tuple[str, list[str]]:
        where, values = _where(wanted)
        within, colleges = self._within()
        return where + within, [*values, *colleges]

    def _within(self) -> tuple[str, tuple[str, ...]]:
        if not self._colleges:
            return "", ()
        return f" AND college IN ({', '.join('?' * len(self._colleges))})", self._colleges


def _row(row: Sequence[Any]) -> Item:
    *head, decision, blind, seeded, codes, queued, state, need = row
    told = tuple(filter(None, codes.split(";")))
    queue = Decision(decision), bool(blind), bool(seeded), told, bool(queued), State(state), need
    return Item._make((*head, *queue))


def _where(wanted: Wanted) -> tuple[str, list[str]]:
    """A condition made of our own words only; what people typed goes into the values."""
    parts = ["(instr(name, ?) OR instr(numbers, ?))" if wanted.search else "queued = 1"]
    values = [wanted.search] * 2 if wanted.search else []
    for condition, value in (
        ("state = ?", wanted.state),
        (
            "NOT EXISTS"
            " (SELECT 1 FROM standing WHERE standing.item = item.id AND standing.who = ?)",
            wanted.unanswered_by or None,
        ),
        ("need != ?", wanted.except_need or None),
        ("id IN (SELECT item FROM standing WHERE who = ?)", wanted.answered_by or None),
        ("college = ?", wanted.college or None),
        ("class = ?", wanted.class_name or None),
        (
            "EXISTS (SELECT 1 FROM item_reason WHERE code = ? AND item_reason.item = item.id)",
            wanted.reason or None,
        ),
    ):
        if value is not None:
            parts.append(condition)
            values.append(value)
    return " AND ".join(parts), values
