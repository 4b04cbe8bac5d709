"""Every word and sentence that people read: the catalogue, and what extensions add to it.

A further language is one more folder in `data/words`. A test holds that all have the same keys.
Sentences that are worded later than they are made are `pipeline.core.said`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pipeline.core.catalogue import DEFAULT_LANGUAGE, LOG_LANGUAGE, Language, languages, table
from pipeline.core.extensions import installed
from pipeline.core.said import Said, recognised, said, worded

__all__ = [
    "DEFAULT_LANGUAGE",
    "Language",
    "clause_text",
    "languages",
    "remark_text",
    "value_word",
    "word",
    "words",
]


@cache
def words(name: str, lang: Language) -> Mapping[str, str]:
    """One table of the catalogue, and what extensions add to it.

    An extension that does not know the language is read in English.

    Raises:
        InstallationError: An extension cannot be used.
    """
    added: dict[str, str] = {}
    for one in installed():
        added |= one.words.get(lang, one.words["en"]).get(name, {})
    return added | dict(table(name, lang))


def word(name: str, key: str, lang: Language) -> str:
    """One word or sentence; a key without an entry (a stage of tomorrow) is shown as it is."""
    return words(name, lang).get(key, key)


def value_word(text: str, lang: Language) -> str:
    """A measured value or reason in words: one of `[value]`, or a sentence with numbers in it."""
    known = words("value", lang).get(text)
    found = recognised(text, "value_form", "value", "system")
    if isinstance(found, Said) and found.key == "value_form.decoder" and lang != LOG_LANGUAGE:
        # A decoder's own English is for logs, where nobody has put it into words.
        why = str(found.values["why"])
        found = said("value_form.undecoded") if value_word(why, lang) == why else found
    return known or worded(found, lang)


def remark_text(remark: str, lang: Language) -> str:
    """A remark of a run, as made or as its store kept it, in words."""
    inner = ("sheet_why", "value_form", "value", "kind_code", "count", "style")
    return worded(recognised(remark, "note", *inner), lang)


def clause_text(clause: str, lang: Language) -> str:
    """What a limit rests on, in words; a school's own file may say it in any."""
    return worded(recognised(clause, "clause", "clause"), lang)
