"""Which passwords are refused: short ones, those that many have, and those made of one's name."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Literal

from pipeline.core.toml import parsed

SHORTEST = 10
# zxcvbn's scale of 0 to 4; from 3 on a guesser needs 10^8 tries: 500 years of five a quarter
# of an hour. A stolen ledger is guarded by argon2 besides.
_LEAST_SCORE = 3
_FEW, _DATE = 4, 8
_LONGEST_JUDGED = 100  # zxcvbn takes long over more; what follows makes no password worse

Fault = Literal["", "too_short", "too_common"]


def fault(password: str, name: str) -> Fault:
    """What is wrong with a password for the account of this name; "" where nothing is."""
    if len(password) < SHORTEST:
        return "too_short"
    words = [name.casefold(), *_words()]
    if _made_of(words, password):
        return "too_common"
    # Its word lists take a moment to load, which no other request has to spend.
    from zxcvbn import zxcvbn

    judged = zxcvbn(password[:_LONGEST_JUDGED], user_inputs=words, max_length=1000)
    return "too_common" if judged["score"] < _LEAST_SCORE else ""


def _made_of(words: list[str], password: str) -> bool:
    """Whether it is a few such words and a number or date: zhangsan2022."""
    ranked = sorted(filter(None, words), key=len, reverse=True)
    parts = re.compile("|".join(map(re.escape, ranked)))
    rest, count = parts.subn("", re.sub(r"[\W_]", "", password.casefold()))
    letters = re.sub(r"\d", "", rest)
    return 0 < count <= _FEW and len(letters) < _FEW and len(rest) - len(letters) <= _DATE


def _words() -> list[str]:
    path = files("data").joinpath("password_words.toml")
    return list(parsed(path.read_text("utf-8"), str(path))["words"])
