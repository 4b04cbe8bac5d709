"""What is told of a case to who sees some colleges only: nothing that names another's student.

Which cases they know at all is `pipeline.store.items.Items.see_only`'s; here, what is left of the
sentences of those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.core.types import Case, Finding
from pipeline.store.log import Entry

if TYPE_CHECKING:
    from pipeline.desk.cases.desk import Desk

ANOTHERS = "another_college"  # of the catalogue's `[value]`
_HIDDEN = "…"
_PART = re.compile(r"[^\s,，、→]+")


def veiled(desk: Desk, case: Case) -> Case:
    """A case whose findings do not say which student of another college they are about."""
    found = case.assessment
    told = tuple(_veiled(desk, finding) for finding in found.findings)
    like = "" if found.looks_like and _outside(desk, found.looks_like) else found.looks_like
    return replace(case, assessment=replace(found, findings=told, looks_like=like))


def _veiled(desk: Desk, finding: Finding) -> Finding:
    if not isinstance(finding.value, str):
        return finding
    if _outside(desk, finding.value):
        return replace(finding, value=ANOTHERS)
    told = _PART.sub(lambda part: _HIDDEN if _outside(desk, part[0]) else part[0], finding.value)
    return replace(finding, value=told)


def _outside(desk: Desk, key: str) -> bool:
    """Whether this is the key of a student, or of a photo of nobody's, that is not to be known."""
    if desk.student(key) is not None:
        return False
    with desk.ledger.items.whole():
        return desk.student(key) is not None


def within(desk: Desk, entries: Iterable[Entry]) -> list[Entry]:
    """The log's entries; those about others' students without saying about whom."""
    return [entry if _known(desk, entry.subject) else entry.redacted() for entry in entries]


def _known(desk: Desk, subject: str) -> bool:
    return bool(subject) and any(True for _ in desk.about(subject))
