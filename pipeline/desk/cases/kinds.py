"""What a case is about, hence what is asked and which answers are offered."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.reasons import STRAY
from pipeline.core.types import PHOTO, Case, Finding, Severity
from pipeline.desk.cases.verdicts import USUAL, Remedy, Verdict
from pipeline.store.items import Item

# What a machine reads off a file, without a doubt: such cases can be answered together.
EXACT = frozenset({"FORMAT", "SIZE_PX", "MISSING_PHOTO"})
_TWICE = frozenset({"DUPLICATE_PHOTO", "COPIED_PHOTO", "SHARED_PHOTO"})
_SIZE = re.compile(r"(\d+)\s*[×x]\s*(\d+)")


class Kind(enum.StrEnum):
    """What is asked: `question_…` of the catalogue."""

    PERSON = "person"
    STANDARD = "standard"
    FILE = "file"
    TWICE = "twice"
    MISSING = "missing"
    STRAY = "stray"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that is offered.

    Attributes:
        word: Its key in `[choice]` of the catalogue; "" for the verdict's own word.
    """

    verdict: Verdict
    remedy: Remedy | None = None
    word: str = ""

    @property
    def said(self) -> str:
        """As the form sends it."""
        return f"{self.verdict}+{self.remedy}" if self.remedy else self.verdict.value


_JUDGED = tuple(Choice(verdict) for verdict in Verdict if verdict is not Verdict.NOBODYS)
_CANNOT_TELL = Choice(Verdict.CANNOT_TELL)
_MISSING = (
    Choice(Verdict.OTHER, Remedy.RESHOOT, "hand_in"),
    Choice(Verdict.OTHER, Remedy.CORRECT, "rename"),
    Choice(Verdict.OTHER, Remedy.FILE, "not_needed"),
    _CANNOT_TELL,
)
_STRAY = (Choice(Verdict.NOBODYS, None, "nobodys"), _CANNOT_TELL)


def kind_of(item: Item) -> Kind:
    """What a case is about."""
    if item.blind:
        return Kind.PERSON
    if item.answers_key.startswith(STRAY):
        return Kind.STRAY
    codes = frozenset(item.codes)
    if "MISSING_PHOTO" in codes or "UNREADABLE" in codes:
        return Kind.MISSING
    if codes & _TWICE:
        return Kind.TWICE
    return Kind.FILE if codes and codes <= EXACT else Kind.STANDARD


def choices(kind: Kind, case: Case) -> tuple[Choice, ...]:
    """The answers offered, in the order of their keys."""
    if kind is Kind.MISSING:
        return _MISSING
    if kind is Kind.STRAY:
        return _STRAY
    if kind is not Kind.FILE:
        return _JUDGED
    remedy = fitting(case, Verdict.OTHER)
    faulty = Choice(Verdict.OTHER, remedy, "convert" if remedy is Remedy.CORRECT else "again")
    return tuple(faulty if one.verdict is Verdict.OTHER else one for one in _JUDGED)


def together(kind: Kind, case: Case) -> tuple[Choice, ...]:
    """The answers that can be given to many at once: about the file, none about the face."""
    if kind is Kind.MISSING:
        return tuple(choice for choice in _MISSING if choice.word)
    again = Choice(Verdict.OTHER, Remedy.RESHOOT, "again")
    convert = Choice(Verdict.OTHER, Remedy.CORRECT, "convert")
    usual, other = (
        (convert, again) if fitting(case, Verdict.OTHER) is Remedy.CORRECT else (again, convert)
    )
    return usual, other, Choice(Verdict.OK, None, "as_it_is")


def fitting(case: Case, verdict: Verdict) -> Remedy | None:
    """What usually follows an answer about this case: a file that can be converted is corrected."""
    found = [f for f in case.assessment.findings if f.severity > Severity.ADVICE]
    if verdict is Verdict.OTHER and found and all(map(_convertible, found)):
        return Remedy.CORRECT
    return USUAL[verdict]


def exact(item: Item) -> bool:
    """Whether nothing but exact facts of a file is the matter."""
    codes = frozenset(item.codes)
    return bool(codes) and codes <= EXACT and not item.blind


def _convertible(finding: Finding) -> bool:
    """Whether the office can put it right without the student: another format, too large."""
    if finding.code == "FORMAT":
        return True
    if finding.code != "SIZE_PX" or not isinstance(finding.value, str):
        return False
    is_, wanted = _SIZE.search(finding.value), _SIZE.search(finding.limit)
    if not is_ or not wanted:
        return False
    return all(
        int(one) >= int(other) for one, other in zip(is_.groups(), wanted.groups(), strict=True)
    )


def comparable(slots: Iterable[str]) -> bool:
    """Whether there are a photo and something to lay over it."""
    known = set(slots)
    return PHOTO in known and len(known) > 1
