"""Roster rows that speak of one student, and rows that contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from pipeline.core.types import Subject
from pipeline.source.header import NUMBERS
from pipeline.source.text import folded, squashed

# What may be missing in one of two rows about one student, and is then taken from the other.
_TOLD = ("name", *NUMBERS, "sex", "birth_date", "college", "major", "class_name", "remark")
_FILLED = (*_TOLD, "phone")  # two telephones of one student contradict nothing


@dataclass(slots=True)
class Entry:
    """One roster row, and what reading the others brought to light about it.

    Attributes:
        subject: The student; the key is given when all rows are known.
        place: File, sheet and row for people: "r.xlsx[会计]:12".
        damaged: Excel has destroyed its ID number.
        conflicts: What contradicts it: place and fields.
    """

    subject: Subject
    place: str
    damaged: bool = False
    conflicts: list[str] = field(default_factory=list)


def joined(entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Each student once, in the order of first rows, and the places of rows that said it again.

    Rows are about one student where they share a number, and neither name nor another number
    differs; what one leaves empty the other tells. Rows that share a number and differ in these
    are two students, each with the conflict noted: people decide which row is right.
    """
    kept: list[Entry] = []
    again: list[str] = []
    holders: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        sharing = {
            id(other): other
            for name in NUMBERS
            if (number := folded(getattr(entry.subject, name)))
            for other in holders[name, number]
        }
        same = [other for other in sharing.values() if not _apart(other.subject, entry.subject)]
        if len(sharing) == len(same) == 1:
            (other,) = same
            again.append(entry.place)
            _merge(other, entry)
            entry = other
        else:
            for other in sharing.values():
                words = ", ".join(_apart(other.subject, entry.subject) or ["?"])
                entry.conflicts.append(f"{other.place} ({words})")
                other.conflicts.append(f"{entry.place} ({words})")
            kept.append(entry)
        for name in NUMBERS:
            number = folded(getattr(entry.subject, name))
            if number and entry not in holders[name, number]:
                holders[name, number].append(entry)
    return kept, again


def _apart(one: Subject, other: Subject) -> list[str]:
    """Fields that make two rows two students."""
    return _differing(one, other, ("name", *NUMBERS))


def _differing(one: Subject, other: Subject, names: Sequence[str]) -> list[str]:
    """Fields that both rows fill, and differently."""
    pairs = ((n, squashed(getattr(one, n)), squashed(getattr(other, n))) for n in names)
    return [name for name, a, b in pairs if a and b and a != b]


def _merge(kept: Entry, again: Entry) -> None:
    differing = _differing(kept.subject, again.subject, _TOLD)
    if differing:
        kept.conflicts.append(f"{again.place} ({', '.join(differing)})")
    known = {f.name for f in fields(Subject)}
    filled = {
        name: getattr(again.subject, name)
        for name in _FILLED
        if name in known and not getattr(kept.subject, name)
    }
    kept.subject = replace(kept.subject, **filled)
    kept.damaged = kept.damaged and again.damaged
