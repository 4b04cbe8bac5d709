"""Questions to the queue's table: pages, counts, and which case comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from pipeline.review.desk import Desk
from pipeline.review.item import Item, item_of
from pipeline.review.people import Role
from pipeline.review.verdicts import Need, State

PAGE = 50
MINE = "mine"  # what waits for an answer of the person who asks
GIVEN = "given"  # what that person has answered, to look at it again
ALL = "all"


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody wants to see; "" means any.

    Attributes:
        state: `mine`, `given`, `all`, or a state.
        q: Part of a name or number; searches everybody, the accepted ones too.
    """

    reason: str = ""
    college: str = ""
    class_name: str = ""
    state: str = MINE
    q: str = ""

    def query(self, **changes: object) -> str:
        """As the query of an address, with some fields replaced."""
        fields = {
            k: v for k, v in (asdict(self) | changes).items() if v and (k, v) != ("state", MINE)
        }
        return urlencode(fields)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: what waits for them depends on who they are and what they may decide."""

    who: str
    role: Role


def page(desk: Desk, filters: Filters, asker: Asker, number: int) -> tuple[list[Item], int]:
    """One page of cases in the roster's order (the first is 1), and how many there are in all."""
    where, values = _where(filters, asker)
    total = desk.db.execute(f"SELECT count(*) FROM item WHERE {where}", values).fetchone()[0]  # noqa: S608
    rows = desk.db.execute(
        f"SELECT * FROM item WHERE {where} ORDER BY position LIMIT ? OFFSET ?",  # noqa: S608
        (*values, PAGE, PAGE * (number - 1)),
    )
    return [item_of(row) for row in rows.fetchall()], total


def following(
    desk: Desk, filters: Filters, asker: Asker, after: Item | None, backwards: bool = False
) -> Item | None:
    """The next case of these filters after one; from the start again when none is left."""
    where, values = _where(filters, asker)
    sign, order = ("<", "DESC") if backwards else (">", "ASC")
    place = after.position if after else -1
    ask = (
        f"SELECT * FROM item WHERE {where} AND position {sign} ? ORDER BY position {order} LIMIT 1"  # noqa: S608
    )
    row = desk.db.execute(ask, (*values, place)).fetchone()
    if row is None and after is not None and not backwards:
        row = desk.db.execute(ask, (*values, -1)).fetchone()
    found = item_of(row) if row else None
    return None if found and after and found.id == after.id else found


def counts(desk: Desk, filters: Filters, asker: Asker, field: str) -> list[tuple[str, int]]:
    """Cases by `reason`, `college`, `class_name` or `state`, whatever is chosen in that field."""
    others = Filters(**{**asdict(filters), field: ALL if field == "state" else ""})
    where, values = _where(others, asker)
    if field == "reason":
        joined = "item JOIN item_reason ON item_reason.item = item.id"
        ask = f"SELECT code, count(*) FROM {joined} WHERE {where} GROUP BY 1 ORDER BY 2 DESC, 1"  # noqa: S608
    else:
        column = {"class_name": "class"}.get(field, field)
        ask = f"SELECT {column}, count(*) FROM item WHERE {where} GROUP BY 1 ORDER BY 1"  # noqa: S608
    return [(str(name), count) for name, count in desk.db.execute(ask, values).fetchall() if name]


def waiting(desk: Desk, asker: Asker) -> int:
    """How many cases wait for this person."""
    where, values = _where(Filters(), asker)
    ask = f"SELECT count(*) FROM item WHERE {where}"  # noqa: S608
    return int(desk.db.execute(ask, values).fetchone()[0])


def _where(filters: Filters, asker: Asker) -> tuple[str, Sequence[object]]:
    """A condition made of our own words only; what people typed goes into the values."""
    parts: list[str] = []
    values: list[object] = []
    if filters.q:
        parts.append("(instr(name, ?) OR instr(numbers, ?))")
        values += [filters.q, filters.q]
    else:
        parts.append("queued = 1")
    if filters.state == MINE and not filters.q:
        parts.append(
            "state = ? AND NOT EXISTS"
            " (SELECT 1 FROM standing WHERE standing.item = item.id AND standing.who = ?)"
        )
        values += [State.TODO, asker.who]
        if asker.role is not Role.LEAD:
            parts.append("need != ?")
            values.append(Need.LEAD)
    elif filters.state == GIVEN:
        parts.append("id IN (SELECT item FROM standing WHERE who = ?)")
        values.append(asker.who)
    elif filters.state not in (MINE, ALL):
        parts.append("state = ?")
        values.append(filters.state)
    for column, value in (("college", filters.college), ("class", filters.class_name)):
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if filters.reason:
        parts.append("id IN (SELECT item FROM item_reason WHERE code = ?)")
        values.append(filters.reason)
    return " AND ".join(parts), values
