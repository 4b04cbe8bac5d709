"""What of a number may be shown: every mask, so that an ID number gets out nowhere.

Four kinds of text, four masks. All keep the first three and the last two characters, enough for
people to recognise a number they have before them.
"""

from __future__ import annotations

import re
import unicodedata

# As long as an ID number (15 characters before 1999, else 18), also with a number stuck to it.
_LONG_NUMBER = re.compile(r"\d{14,}[\dXxＸｘ]")
# Built like a resident ID number (GB 11643-1999: area 6 digits, birth date 8 or 6, sequence 3,
# check digit).
_RESIDENT_ID = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXxＸｘ]"
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?!\d)"
)


def masked_id(number: str) -> str:
    """What is known to be an ID number, of any kind; a short one is stars alone."""
    return _starred(number) if len(number) >= 8 else "*" * len(number)


def masked(text: str) -> str:
    """Text fit for a log: no long number, no control characters, compatibility-normalised."""
    plain = _LONG_NUMBER.sub(_found, unicodedata.normalize("NFKC", text))
    return "".join(c if c.isprintable() else "?" for c in plain)


def masked_sentence(text: str) -> str:
    """A sentence without resident ID numbers; the student numbers in it must stay readable."""
    return _RESIDENT_ID.sub(_found, text)


def masked_file_name(name: str, id_number: str = "") -> str:
    """A file name without long numbers, and without its own student's ID number.

    Args:
        name: Of the file.
        id_number: The student's: passports and permits are not built like resident ID numbers.
    """
    if id_number:
        own = re.compile(re.escape(id_number), re.IGNORECASE)
        name = own.sub(lambda _: masked_id(id_number), name)
    return _LONG_NUMBER.sub(_found, name)


def _found(match: re.Match[str]) -> str:
    return _starred(match[0])


def _starred(number: str) -> str:
    return number[:3] + "*" * (len(number) - 5) + number[-2:]
