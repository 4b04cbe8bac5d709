"""Every word and sentence that people read: one catalogue a language, `data/words/LANG.toml`.

A further language is one more such file. A test holds that all have the same keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pipeline.core.extensions import installed

# A name of a file in `data/words`, without its ending.
Language = str

DEFAULT_LANGUAGE: Language = "zh"


@cache
def languages() -> tuple[Language, ...]:
    """All languages, the default one first."""
    found = (file.name for file in files("data").joinpath("words").iterdir())
    names = {name.removesuffix(".toml") for name in found if name.endswith(".toml")}
    return (DEFAULT_LANGUAGE, *sorted(names - {DEFAULT_LANGUAGE}))


@cache
def words(table: str, lang: Language) -> Mapping[str, str]:
    """One table of the catalogue, and what extensions add to it.

    An extension that does not know the language is read in English.

    Raises:
        InstallationError: An extension cannot be used.
    """
    added: dict[str, str] = {}
    for one in installed():
        added |= one.words.get(lang, one.words["en"]).get(table, {})
    return added | _catalogue(lang)[table]


def word(table: str, key: str, lang: Language) -> str:
    """One word or sentence; a key without an entry (a stage of tomorrow) is shown as it is."""
    return words(table, lang).get(key, key)


@cache
def _catalogue(lang: Language) -> dict[str, dict[str, str]]:
    text = files("data").joinpath("words", f"{lang}.toml").read_text("utf-8")
    return tomllib.loads(text)
