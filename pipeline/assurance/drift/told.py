"""What a comparison of two runs says, in the words of whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.assurance.drift.records import Change, Delta, shown
from pipeline.core.reasons import catalogue, kind_name, measure_name, value_name
from pipeline.core.types import Value
from pipeline.core.words import Language, word, words

# Values that stand for a state of things, by the word that `[delta]` has for each.
_STATES = {"there": "there", "one picture": "one", "another picture": "another"}


def delta_told(delta: Delta, lang: Language) -> str:
    """`name: old → new`, names of measures, decisions and reasons in words."""
    colon = words("style", lang)["colon"]
    old, new = (_value(delta.name, value, lang) for value in (delta.old, delta.new))
    return f"{_name(delta.name, lang)}{colon}{old} → {new}"


def changes_told(change: Change, lang: Language) -> str:
    """What changed of a student's result."""
    return words("style", lang)["semicolon"].join(delta_told(d, lang) for d in change.deltas)


def causes_told(change: Change, lang: Language, most: int | None = None) -> str:
    """Every cause with its details, at most `most` of each."""
    return words("style", lang)["semicolon"].join(_causes(change, lang, most))


def _causes(change: Change, lang: Language, most: int | None) -> Iterator[str]:
    style = words("style", lang)
    for cause in change.causes:
        told = [delta_told(delta, lang) for delta in cause.deltas[:most]]
        if len(told) < len(cause.deltas):
            told.append(words("delta", lang)["more"].format(n=len(cause.deltas) - len(told)))
        kind = word("cause", cause.kind, lang)
        yield style["aside"].format(kind, style["comma"].join(told)) if told else kind


def _name(name: str, lang: Language) -> str:
    """A measure's, a result's or a score's; a key of a policy or a weight as it is."""
    known = words("delta", lang)
    table, _, kind = name.partition(".")
    if kind and table in ("score", "adjusted"):
        return f"{known[table]} {kind_name(kind, lang)}"
    return known.get(name) or kind_name(measure_name(name, lang), lang)


def _value(name: str, value: Value, lang: Language) -> str:
    known = words("delta", lang)
    if value is None or value == "":
        return known["none"]
    if not isinstance(value, str):
        return shown(value)
    if value in _STATES:
        return known[_STATES[value]]
    if name in ("decision", "category"):
        return word(name, value, lang)
    codes = value.split(";")
    if all(code in catalogue() for code in codes):
        return words("style", lang)["comma"].join(word("reason", code, lang) for code in codes)
    return value_name(shown(value), lang)
