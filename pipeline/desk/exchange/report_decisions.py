"""Decisions made in the static report, with the machine's answer in view: a file comes back."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field

from pipeline.core.errors import ConfigError, RosterError
from pipeline.core.policy import checked
from pipeline.core.privacy import masked
from pipeline.core.said import cause, changed
from pipeline.core.standard import Strict
from pipeline.core.types import Decision
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import Need, Remedy, Verdict, standing
from pipeline.desk.exchange.decision_tables import Decided, already
from pipeline.report.view import shown_name
from pipeline.store.items import Item

MOST = 100_000  # decisions in one file


class Line(Strict):
    """One decision.

    Attributes:
        student: The student's number.
        photo: `pipeline.report.view.seen_photo` of what was looked at.
        machine: Its decision, as shown beside the photo.
        codes: Its reasons, as shown.
        at: When it was made, by the browser's clock.
    """

    student: str = Field(min_length=1, max_length=200)
    photo: str = Field(max_length=16)
    verdict: Verdict
    measure: Remedy | Literal[""] = ""
    comment: str = Field("", max_length=2000)
    machine: Decision
    codes: tuple[str, ...]
    at: AwareDatetime

    def given(self) -> Given:
        """As the ledger keeps it."""
        return Given(
            self.verdict,
            remedy=self.measure or None,
            comment=self.comment,
            codes=self.codes,
            offline=True,
        )


class File(Strict):
    """What `report.html` saves; `run` is the identity of the folder the report came from."""

    photoproof: Literal["decisions"]
    version: Literal[1]
    run: str
    saved: AwareDatetime
    decisions: tuple[Line, ...] = Field(max_length=MOST)


def offline(desk: Desk, path: Path, by: str, reviewer: str) -> Decided:
    """Record the decisions of a file under one reviewer's name, as made with the answer in view.

    Args:
        desk: Of the run.
        path: The file a report saved.
        by: Who imports.
        reviewer: Who decided: an account of the desk, so that nobody is two reviewers, or the name
            of somebody who has none.

    Raises:
        ConfigError: No reviewer is named, or one whose role does not judge.
        RosterError: The file cannot be read, is no such file, or is another run's.
    """
    who = _reviewer(desk, reviewer)
    content = _bytes(path)
    file = _parsed(path, content)
    if not desk.identity or file.run != desk.identity:
        raise RosterError("decisions_other_run", name=path.name)
    result = Decided()
    for number, line in enumerate(file.decisions, 1):
        _record(desk, line, number, who, result)
    sha256 = hashlib.sha256(content).hexdigest()
    rows = len(file.decisions)
    desk.ledger.record(by, "imported", table="report", rows=rows, reviewer=who, sha256=sha256)
    return result


def _record(desk: Desk, line: Line, number: int, who: str, result: Decided) -> None:
    """One decision, or why it is not taken."""
    item = desk.student(line.student)
    given = line.given()
    if item is None:
        result.unknown.append(number)
    elif shown_name(desk.case(item)) != line.photo:
        result.changed_photo.append(number)
    elif already(desk, item, who, given):
        result.unchanged += 1
    elif _said_since(desk, item, who, line):
        result.overtaken.append(number)
    else:
        give(desk, item, who, None, given)
        result.recorded += 1
        if desk.settled(item).need is Need.LEAD:
            result.needs_lead.append(number)


def _said_since(desk: Desk, item: Item, who: str, line: Line) -> bool:
    """Whether this person has answered the case since, on the desk or in a later file."""
    mine = next((a for a in standing(desk.answers(item)) if a.who == who), None)
    return mine is not None and datetime.fromisoformat(mine.at) > line.at


def _reviewer(desk: Desk, name: str) -> str:
    """Whose answers these are: an account's, else a name that no account can have."""
    if not name:
        raise ConfigError("decisions_no_name")
    roles = {known: role for known, role, _ in accounts.listed(desk.ledger)}
    if roles.get(name) is Role.AUDITOR:
        raise ConfigError("auditor_judges", name=masked(name))
    return name if name in roles else accounts.imported(name)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RosterError("decisions_unreadable", name=path.name, why=cause(error)) from error


def _parsed(path: Path, content: bytes) -> File:
    """The file, checked as a whole before anything is recorded."""
    try:
        table = json.loads(content)
        if not isinstance(table, dict):
            raise ValueError("no object")
    except (ValueError, RecursionError) as error:
        raise RosterError("decisions_malformed", name=path.name) from error
    try:
        return checked(File, table, path.name)
    except ConfigError as error:
        raise RosterError("decisions_faulty", why=changed(error.message, masked)) from error
