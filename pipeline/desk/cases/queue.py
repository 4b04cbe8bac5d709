"""Questions to the queue's table: pages, counts, and which case comes next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import chain
from urllib.parse import parse_qsl, urlencode

from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import Need, State
from pipeline.store.items import Field, Item, Wanted

PAGE = 50
MINE = "mine"  # what waits for an answer of the person who asks
GIVEN = "given"  # what that person has answered, to look at it again
ALL = "all"
FIELDS: tuple[Field, ...] = ("reason", "college", "class_name", "state")


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

    def fields(self) -> list[tuple[str, str]]:
        """As the hidden fields of a form."""
        return parse_qsl(self.query())


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: what waits for them depends on who they are and what they may decide."""

    who: str
    role: Role


def page(desk: Desk, filters: Filters, asker: Asker, number: int) -> tuple[list[Item], int]:
    """One page of cases in the roster's order (the first is 1), and how many there are in all."""
    asked, items = wanted(filters, asker), desk.ledger.items
    return items.page(asked, PAGE, number), items.count(asked)


def following(
    desk: Desk, filters: Filters, asker: Asker, after: Item | None, backwards: bool = False
) -> Item | None:
    """The next case of these filters after one; from the start again when none is left.

    Those whom a night has looked at anew are passed over until it has ended.
    """
    asked, items = wanted(filters, asker), desk.ledger.items
    place = after.position if after else -1
    rows = items.before(asked, place) if backwards else items.after(asked, place)
    if after is not None and not backwards:
        rows = chain(rows, items.after(asked, -1))
    row = next((row for row in rows if not desk.busy(row)), None)
    return None if row is None or (after and row.id == after.id) else row


def counts(desk: Desk, filters: Filters, asker: Asker, field: Field) -> list[tuple[str, int]]:
    """Cases by `reason`, `college`, `class_name` or `state`, whatever is chosen in that field."""
    others = replace(filters, **{field: ALL if field == "state" else ""})
    return desk.ledger.items.counts(wanted(others, asker), field)


def waiting(desk: Desk, asker: Asker) -> int:
    """How many cases wait for this person."""
    return desk.ledger.items.count(wanted(Filters(), asker))


def wanted(filters: Filters, asker: Asker) -> Wanted:
    """What the filters mean to the person who asks."""
    mine = filters.state == MINE and not filters.q
    state = filters.state if filters.state not in (MINE, GIVEN, ALL) else None
    return Wanted(
        search=filters.q,
        state=State.TODO if mine else state,
        unanswered_by=asker.who if mine else "",
        answered_by=asker.who if filters.state == GIVEN else "",
        except_need=Need.LEAD if mine and asker.role is not Role.LEAD else "",
        college=filters.college,
        class_name=filters.class_name,
        reason=filters.reason,
    )
