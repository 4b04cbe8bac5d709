"""Whose picture is it: students found by file name, by dictionary look-ups alone.

A file costs a fixed number of look-ups whatever the size of the roster: its whole stem, its stem
without a copy mark, and once every part of the stem.
"""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.core.types import ImageFile, Subject
from pipeline.source.text import folded, squashed

# What Windows, macOS and people append to a second file: " (1)", "-1", "_1", " - 副本 (2)".
_COPY = re.compile(r"(?:\s*\(\d{1,2}\)|[-_]\d{1,2}|[\s_-]*副本(?:\s*\d{1,2})?)+$")
# Between number and name: separators, or the border between Latin and Chinese characters.
_BORDER = re.compile(r"[+_\-\s()]+|(?<=[0-9a-z])(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])(?=[0-9a-z])")


class Key(enum.IntEnum):
    """What tells the student, best first."""

    STUDENT_NO = 0
    CANDIDATE_NO = 1
    ID_NUMBER = 2
    NAME = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file name says.

    Attributes:
        owners: Subject ids: one, or all who share the name when there is nothing but a name.
        mismatch: The number is the owner's, the name is not.
        copy: Found only without a copy mark.
    """

    owners: tuple[str, ...]
    key: Key
    mismatch: bool = False
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Matches:
    """Files by owner.

    Attributes:
        owned: Per subject id its files, best first: agreeing names before contradicting ones,
            then by key, originals before copies, then in the order given.
        namesakes: Subject ids for whom there is a file with nothing but a shared name.
        unclaimed: Files that belong to nobody or to nobody in particular.
    """

    owned: dict[str, list[tuple[Claim, ImageFile]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    namesakes: set[str] = field(default_factory=set)
    unclaimed: list[ImageFile] = field(default_factory=list)


class Index:
    """Students by everything a file may be named after.

    Where one number belongs to two students in different columns, the better key wins.
    """

    def __init__(self, subjects: Iterable[Subject]) -> None:
        subjects = tuple(subjects)
        self._numbers: dict[str, tuple[str, Key]] = {}
        self._pairs: dict[str, tuple[str, Key]] = {}
        self._names: dict[str, list[str]] = defaultdict(list)
        self._name_of = {s.student_key: squashed(s.name) for s in subjects}
        for owner, name in self._name_of.items():
            if name:
                self._names[name].append(owner)
        for key in (Key.STUDENT_NO, Key.CANDIDATE_NO, Key.ID_NUMBER):
            for subject in subjects:
                self._add(subject, key)

    def _add(self, subject: Subject, key: Key) -> None:
        number = folded(getattr(subject, key.name.lower()))
        if not number:
            return
        hit = (subject.student_key, key)
        self._numbers.setdefault(number, hit)
        name = self._name_of[subject.student_key]
        if name:
            tight = squashed(number)
            self._pairs.setdefault(tight + name, hit)
            self._pairs.setdefault(name + tight, hit)

    def claim(self, stem: str) -> Claim | None:
        """Whom a file name without suffix points to, None for nobody."""
        text = folded(stem)
        bare = _COPY.sub("", text)
        copy = bare != text
        return self._exact(text) or self._exact(bare, copy) or self._by_parts(bare, copy)

    def _exact(self, text: str, copy: bool = False) -> Claim | None:
        tight = squashed(text)
        hit = self._numbers.get(text) or self._pairs.get(tight)
        if hit:
            return Claim((hit[0],), hit[1], copy=copy)
        owners = self._names.get(tight)
        return Claim(tuple(owners), Key.NAME, copy=copy) if owners else None

    def _by_parts(self, text: str, copy: bool) -> Claim | None:
        """A number among other words, as in `1班_20240001_张三` or with somebody else's name."""
        parts = [part for part in _BORDER.split(text) if part]
        hits = [self._numbers[part] for part in parts if part in self._numbers]
        named = any(part in self._names for part in map(squashed, parts)) or not text.isascii()
        if not hits or not named:  # a camera's IMG_0012 is not student 0012
            return None
        owner, key = min(hits, key=lambda hit: hit[1])
        name = self._name_of[owner]
        agrees = (not name or name in map(squashed, parts)) and all(hit[0] == owner for hit in hits)
        return Claim((owner,), key, mismatch=not agrees, copy=copy)


def match_files(index: Index, files: Iterable[ImageFile]) -> Matches:
    """Give every file to the student its name points to."""
    matches = Matches()
    for file in files:
        claim = index.claim(file.name.rpartition(".")[0])
        if claim and len(claim.owners) == 1:
            matches.owned[claim.owners[0]].append((claim, file))
        else:
            matches.namesakes.update(claim.owners if claim else ())
            matches.unclaimed.append(file)
    for owned in matches.owned.values():
        owned.sort(key=lambda pair: (pair[0].mismatch, pair[0].key, pair[0].copy))
    return matches
