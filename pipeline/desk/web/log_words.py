"""The action log for people: local times, and details in words instead of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core.moments import local_second
from pipeline.core.privacy import Mask
from pipeline.core.reasons import STRAY
from pipeline.core.words import Language, word, words
from pipeline.desk.cases.beside import caption
from pipeline.store.log import Entry

# Tables of the catalogue in which a detail's value stands; others are told as they are.
_VALUES = {
    "said": "verdict",
    "role": "role",
    "signs_in": "log_value",
    "table": "log_value",
    "paper": "log_value",
    "standard": "log_value",
    "shown": "log_value",
    "machine_seen": "log_value",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is shown; `raw` is the JSON behind `told`, for who checks the chain."""

    seq: int
    at: str
    who: str
    action: str
    subject: str
    told: str
    raw: str


def line_of(entry: Entry, mask: Mask, lang: Language) -> Line:
    """An entry in words, without ID numbers."""
    stray = entry.subject.startswith(STRAY)
    subject = words("desk", lang)["stray_file"] if stray else mask(entry.subject)
    detail = mask(entry.detail)
    style = words("style", lang)
    told = style["semicolon"].join(_told(json.loads(detail), lang))
    raw = "" if detail == "{}" else detail
    action = word("action", entry.action, lang)
    return Line(entry.seq, local_second(entry.at), entry.who, action, subject, told, raw)


def _told(detail: dict[str, Any], lang: Language) -> Iterator[str]:
    """Every detail that says something to people; hashes and numbers of rows do not."""
    labels, colon = words("log", lang), words("style", lang)["colon"]
    for key, label in labels.items():
        value = detail.get(key)
        if value in (None, "", []):
            continue
        yield f"{label}{colon}{_value(key, value, lang)}"


def _value(key: str, value: Any, lang: Language) -> str:
    if key == "picture":
        return caption(str(value), lang)
    if isinstance(value, list):
        return words("style", lang)["comma"].join(map(str, value))
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return word(_VALUES[key], said, lang) if key in _VALUES else said
