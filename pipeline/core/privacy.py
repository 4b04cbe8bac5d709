"""What of a number may be shown: every mask, so that an ID number gets out nowhere.

`Mask` takes ID numbers out of any text: those of a roster by value, resident ID numbers by their
pattern, with separators too. The others are for texts of one kind. All keep the first three and the
last two characters, enough for people to recognise a number they have before them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

# As long as an ID number (15 characters before 1999, else 18), also with a number stuck to it.
_LONG_NUMBER = re.compile(r"\d{14,}[\dXxＸｘ]")
# Built like a resident ID number (GB 11643-1999: area 6 digits, birth date 8 or 6, sequence 3,
# check digit), as it is written: in one, or with separators between its parts.
_BETWEEN = r"[\s_\-‐–—.·•/\\]"


def _resident_18(s: str) -> str:
    """The pattern of 18 characters with separators `s` between their parts."""
    date = rf"(?:19|20)\d\d{s}(?:0[1-9]|1[0-2]){s}(?:0[1-9]|[12]\d|3[01])"
    return rf"[1-9]\d{{5}}{s}{date}{s}\d{{3}}{s}[\dXx]"


def _resident_15(s: str) -> str:
    return rf"[1-9]\d{{5}}{s}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){s}\d{{3}}"


_IN_PARTS = re.compile(
    rf"(?<!\d)(?:{_resident_18(_BETWEEN + '{0,3}')}|{_resident_15('[-_ .]?')})(?!\d)"
)
# Or with a separator between any two digits, as cards are read aloud: 4301 0120 0404 2629 03.
_SPACED = re.compile(rf"(?<![\dXx])\d(?:{_BETWEEN}?[\dXx]){{14,}}")
_WHOLE = re.compile(f"{_resident_18('')}|{_resident_15('')}")
_WORD = re.compile(r"[0-9A-Za-z]+")
_SHORTEST_RESIDENT = 15
_SHORTEST = 6  # of a roster's numbers; what is shorter cannot be told from anything else
_SHORTEST_INSIDE = 8  # of those that are also looked for inside of longer words


class Mask:
    """Takes ID numbers out of text.

    Args:
        numbers: A roster's, of any kind; resident ID numbers are recognised without.
        keys: Keys of students, each with the row of the roster: a key that holds an ID number is
            shown masked and with its row, so that it stays one student's; row 0 for keys that are
            one's own without.
    """

    def __init__(self, numbers: Iterable[str] = (), keys: Iterable[tuple[str, int]] = ()) -> None:
        bare = (re.sub(r"[^0-9A-Z]", "", _plain(number).upper()) for number in numbers)
        self._known = {number for number in bare if len(number) >= _SHORTEST}
        self._lengths = sorted({len(n) for n in self._known if len(n) >= _SHORTEST_INSIDE})
        self._cached: Callable[[str], str] = self._masked
        self._shown: dict[str, str] = {}
        shown = ((key, row, self(key)) for key, row in keys)
        self._shown = {
            key: f"{text}-{row}" if row else text for key, row, text in shown if text != key
        }
        self._cached = lru_cache(maxsize=10_000)(self._masked)  # colleges, sentences
        self._keys = {text: key for key, text in self._shown.items()}

    def __call__(self, text: str) -> str:
        """The text without ID numbers; a student's key as it is shown."""
        if (key := self._shown.get(text)) is not None:
            return key
        return text if len(text) < _SHORTEST else self._cached(text)

    def _masked(self, text: str) -> str:
        plain = _plain(text)
        spans = [*_resident(plain), *self._by_value(plain)]
        if not spans:
            return text
        letters = list(text)
        for begin, end in spans:
            inside = [i for i in range(begin, end) if letters[i].isalnum()]
            for i in inside[3:-2]:
                letters[i] = "*"
        return "".join(letters)

    def key_of(self, shown: str) -> str:
        """The student's key that is shown so."""
        return self._keys.get(shown, shown)

    def _by_value(self, plain: str) -> Iterator[tuple[int, int]]:
        """Where a roster's numbers stand: as words, in a word, and in words with separators."""
        if not self._known:
            return
        words = list(_WORD.finditer(plain))
        for place, word in enumerate(words):
            joined, end = "", word.start() - 1
            for part in words[place : place + 6]:
                if part.start() - end != 1:  # more than one separator
                    break
                joined, end = joined + part[0].upper(), part.end()
                if joined in self._known:
                    yield word.start(), end
            yield from self._inside(word)

    def _inside(self, word: re.Match[str]) -> Iterator[tuple[int, int]]:
        text = word[0].upper()
        for length in self._lengths:
            for at in range(len(text) - length + 1):
                if text[at : at + length] in self._known:
                    yield word.start() + at, word.start() + at + length


_BY_PATTERN = Mask()
_MOBILE = re.compile(r"1[3-9]\d{9}")


def mobile_number(phone: str) -> str:
    """The mobile number that a roster's cell holds, 11 digits; "" where it holds none.

    Of other telephones nothing is looked for by value: their few digits are parts of many numbers.
    """
    found = _MOBILE.fullmatch(re.sub(r"^(\+|00)86|[\s()-]", "", _plain(phone)))
    return found[0] if found else ""


def masked_id(number: str) -> str:
    """What is known to be an ID number, of any kind; a short one is stars alone."""
    return _starred(number) if len(number) >= 8 else "*" * len(number)


def masked(text: str) -> str:
    """Text fit for a log: no long number, no control characters, compatibility-normalised."""
    plain = _LONG_NUMBER.sub(_found, _BY_PATTERN(unicodedata.normalize("NFKC", text)))
    return "".join(c if c.isprintable() else "?" for c in plain)


def masked_sentence(text: str) -> str:
    """A sentence without resident ID numbers; the student numbers in it must stay readable."""
    return _BY_PATTERN(text)


def masked_file_name(name: str, id_number: str = "") -> str:
    """A file name without long numbers, and without its own student's ID number.

    Args:
        name: Of the file.
        id_number: The student's: passports and permits are not built like resident ID numbers.
    """
    if id_number:
        own = re.compile(re.escape(id_number), re.IGNORECASE)
        name = own.sub(lambda _: masked_id(id_number), name)
    return _LONG_NUMBER.sub(_found, _BY_PATTERN(name))


def _resident(plain: str) -> Iterator[tuple[int, int]]:
    """Where resident ID numbers stand in a text of ASCII digits."""
    if len(plain) < _SHORTEST_RESIDENT:
        return
    for match in _IN_PARTS.finditer(plain):
        yield match.span()
    for match in _SPACED.finditer(plain):
        if _WHOLE.fullmatch(re.sub(_BETWEEN, "", match[0])):
            yield match.span()


def _plain(text: str) -> str:
    """Full-width letters and digits of any script as ASCII; as long as before."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() or len(n := _narrow(c)) != 1 else n for c in text)


def _narrow(letter: str) -> str:
    digit = unicodedata.decimal(letter, -1)
    return str(digit) if digit >= 0 else unicodedata.normalize("NFKC", letter)


def _found(match: re.Match[str]) -> str:
    return _starred(match[0])


def _starred(number: str) -> str:
    return number[:3] + "*" * (len(number) - 5) + number[-2:]
