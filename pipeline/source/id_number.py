"""The resident ID number of mainland China, GB 11643-1999.

Six digits of area, eight of birth date, three of sequence (odd = male) and a check character,
ISO 7064 MOD 11-2. Residence permits of Hong Kong, Macau and Taiwan residents (81, 82, 83...) and
permanent residence cards of foreigners issued since 2023 (9...) are built alike and judged alike.

Every other document is left alone. Home-return permits (H or M, 8 to 10 digits), Taiwan permits (8
digits) and passports are too short to be an attempted resident number. The older permanent
residence card of foreigners has three letters and twelve digits.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from pipeline.core.measurements import EQUAL, NEAR, NOT_LISTED, OTHER

LENGTH = 18
FIRST_YEAR = 1900

# Spaces, hyphens, apostrophes (Excel's mark for "this is text"), and the zero-width and direction
# marks that come along with copying.
_NOISE = re.compile(
    r"[\s\-\u2010-\u2015\u2212'`\u2018\u2019\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_KEPT_BY_EXCEL, _MOST_SLIPS = 15, 2
_ATTEMPT_LENGTHS = range(15, 20)
_ATTEMPT_DIGITS = 0.75
_OLD_FOREIGN_RESIDENT = re.compile(r"[A-Z]{3}\d{12}")
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_DATE = re.compile(r"[0-9]{8}")


def normalise(text: str) -> str:
    """Half-width, upper case, without spaces, hyphens, apostrophes and invisible characters."""
    plain = unicodedata.normalize("NFKC", text)
    return (plain if plain.isalnum() else _NOISE.sub("", plain)).upper()


def scientific(text: str) -> bool:
    """Whether a number was turned into `1.10105E+17`: most of its digits are lost."""
    return _SCIENTIFIC.fullmatch(text) is not None


def excel_damaged(number: str) -> bool:
    """Whether Excel has kept only 15 digits: `1.10105E+17`, or three zeros and a wrong check."""
    number = normalise(number)
    return scientific(number) or (
        len(number) == LENGTH and number.endswith("000") and not _check_digit_fits(number)
    )


def fault(number: str, sex: str = "", birth_date: str = "") -> str:
    """What is wrong with an ID number, in one word.

    Args:
        number: As in the roster; normalised here.
        sex: "male", "female", or "" when the roster does not say.
        birth_date: YYYYMMDD; anything else is not compared.

    Returns:
        "" when it is right, absent or another kind of document; else `excel_damaged`,
        `id_length`, `id_characters`, `id_birth_date`, `id_check_digit`, `id_sex_mismatch` or
        `id_birth_mismatch`, the first that applies.
    """
    number = normalise(number)
    if excel_damaged(number):
        return "excel_damaged"
    if not _attempted(number):
        return ""
    if len(number) != LENGTH:
        return "id_length"
    if not _SHAPE.fullmatch(number):
        return "id_characters"
    if not _born(number[6:14]):
        return "id_birth_date"
    if not _check_digit_fits(number):
        return "id_check_digit"
    if sex and sex != ("male" if int(number[16]) % 2 else "female"):
        return "id_sex_mismatch"
    if _DATE.fullmatch(birth_date) and birth_date != number[6:14]:
        return "id_birth_mismatch"
    return ""


def is_valid(text: str) -> bool:
    """Whether a text is a faultless 18-character number."""
    number = normalise(text)
    return len(number) == LENGTH and _attempted(number) and not fault(number)


def relation(seen: str, listed: str) -> str:
    """How a faultless number that was seen, on a card, is related to the roster's.

    Two faultless numbers are never one slip apart: the check digit tells every wrong digit and
    every exchange of two neighbours.

    Returns:
        `EQUAL`; `NEAR`, where the roster's is faulty and this one mistyped, cut off by Excel, or
        of before 1999 (15 digits); `OTHER`; `NOT_LISTED` where the roster has none, or another
        document's.
    """
    listed = normalise(listed)
    if listed == seen:
        return EQUAL
    if not _attempted(listed) and not scientific(listed):
        return NOT_LISTED
    if not fault(listed):
        return OTHER
    of_old = seen[:6] + seen[8:17]  # without century and check digit
    whole = listed.partition("E")[0].replace(".", "") if scientific(listed) else ""
    cut = excel_damaged(listed) and seen.startswith(whole or listed[:_KEPT_BY_EXCEL])
    return NEAR if cut or listed == of_old or _slips(seen, listed) <= _MOST_SLIPS else OTHER


def _slips(one: str, other: str) -> int:
    """Characters wrong, left out, added or exchanged with their neighbour."""
    before, row = list[int](), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            least = min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and (a, one[i - 2]) == (other[j - 2], b):
                least = min(least, older[j - 2] + 1)
            row.append(least)
    return row[-1]


def _attempted(number: str) -> bool:
    """Whether somebody meant to write a resident ID number."""
    return (
        len(number) in _ATTEMPT_LENGTHS
        and sum(c.isdecimal() for c in number) >= _ATTEMPT_DIGITS * len(number)
        and not _OLD_FOREIGN_RESIDENT.fullmatch(number)
    )


def _born(digits: str) -> bool:
    """Whether YYYYMMDD is a calendar date from 1900 to today."""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return day.year >= FIRST_YEAR and day <= date.today()


def _check_digit_fits(number: str) -> bool:
    # Late, because it loads Python's ssl, for checks of other numbers that ask a server.
    from stdnum.iso7064 import mod_11_2

    return bool(mod_11_2.is_valid(number))
