"""Students' numbers in texts: alone, with the name, among other words."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.types import Subject
from pipeline.source import file_names
from pipeline.source.text import folded, squashed

# Shorter numbers among other words only confirm a name: a camera's IMG_0012 is not student 0012.
SURE_DIGITS = 6


class Key(enum.IntEnum):
    """What tells the student, best first."""

    ASSIGNED = -1  # people have said so
    STUDENT_NO = 0
    CANDIDATE_NO = 1
    ID_NUMBER = 2
    NAME = 3


NUMBER_KEYS = (Key.STUDENT_NO, Key.CANDIDATE_NO, Key.ID_NUMBER)


@dataclass(frozen=True, slots=True)
class Hit:
    """A number of the roster in a text.

    Attributes:
        owners: One, or several where the roster gives it to several.
        sure: It needs no name beside it.
    """

    owners: tuple[str, ...]
    key: Key
    sure: bool = True


class Numbers:
    """Looks for numbers.

    Where one number belongs to two students in different columns, the better key wins; where it
    does in one column, it is both's.

    Args:
        subjects: All students.
    """

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self._subjects = {s.student_key: s for s in subjects}
        self.alone: dict[str, Hit] = {}
        self.with_name: dict[str, Hit] = {}
        for key in NUMBER_KEYS:
            for subject in self._subjects.values():
                self._add(subject, key)
        self._shapes = {(len(n), n[:2]) for n in self.alone if n[:-1].isdecimal()}

    def _add(self, subject: Subject, key: Key) -> None:
        number = folded(getattr(subject, key.name.lower()))
        if not number:
            return
        _share(self.alone, number, subject.student_key, key)
        name = squashed(subject.name)
        if name:
            tight = squashed(number)
            for pair in (tight + name, name + tight):
                _share(self.with_name, pair, subject.student_key, key)

    def exact(self, text: str) -> Hit | None:
        """The number that a text is, alone or with its student's name."""
        return self.alone.get(text) or self.with_name.get(squashed(text))

    def within(self, text: str, named: set[str]) -> Iterator[Hit]:
        """Numbers of students in a text; those that only a name makes believable are not sure.

        Args:
            text: As `file_names.stem_text` gives it.
            named: Students whose names stand in it.
        """
        seen: set[str] = set()
        for token in file_names.TOKEN.findall(text):
            letters, digits = split(token)
            plain = not letters or letters in file_names.known_words("prefixes")
            for part in dict.fromkeys((token, digits)):
                if (hit := self.alone.get(part)) and part not in seen:
                    seen.add(part)
                    long = len(part) >= SURE_DIGITS and (part == token or plain)
                    believed = long and not file_names.clock_speaks(text, part)
                    agrees = bool(named.intersection(hit.owners))
                    yield Hit(hit.owners, hit.key, believed or agrees)
        for number in file_names.joined_runs(text):
            if len(number) >= 8 and number not in seen and (hit := self.alone.get(number)):
                seen.add(number)
                yield Hit(hit.owners, hit.key, not file_names.clock_speaks(text, number))
        yield from self._glued(text, named, seen)

    def _glued(self, text: str, named: set[str], seen: set[str]) -> Iterator[Hit]:
        """A student's number with other digits stuck to it, where the name is the student's too."""
        for owner in named:
            for number, key in self._of(owner):
                if len(number) >= SURE_DIGITS and number not in seen and number in text:
                    yield Hit((owner,), key)

    def foreign(self, text: str) -> list[str]:
        """Digits that look like a number of this roster's kind."""
        return [
            run
            for run in file_names.digit_runs(text)
            if len(run) >= SURE_DIGITS
            and any((size, run[:2]) in self._shapes for size in range(len(run) - 1, len(run) + 2))
        ]

    def slip(self, owner: str, run: str) -> bool:
        """Whether digits are one of a student's numbers but for one slip."""
        return any(file_names.one_slip(number, run) for number, _ in self._of(owner))

    def _of(self, owner: str) -> Iterator[tuple[str, Key]]:
        for key in NUMBER_KEYS:
            if number := folded(getattr(self._subjects[owner], key.name.lower())):
                yield number, key


def _share(table: dict[str, Hit], text: str, owner: str, key: Key) -> None:
    """Enter an owner; a better key's stays alone, an equal key's gets company."""
    held = table.get(text, Hit((), key))
    if held.key == key and owner not in held.owners:
        table[text] = Hit((*held.owners, owner), key)


def split(token: str) -> tuple[str, str]:
    """Letters in front of digits, and the digits."""
    digits = token.lstrip("abcdefghijklmnopqrstuvwxyz")
    return token[: len(token) - len(digits)], digits
