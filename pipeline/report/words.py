"""The report's own words in both languages, read from `words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pipeline.core.reasons import Language

Table = dict[str, dict[str, dict[Language, str]]]


@cache
def table() -> Table:
    """All words: section, key, language."""
    return tomllib.loads(files("pipeline.report").joinpath("words.toml").read_text("utf-8"))


@cache
def words(section: str, lang: Language) -> dict[str, str]:
    """One section in one language."""
    return {key: entry[lang] for key, entry in table()[section].items()}


def word(section: str, key: str, lang: Language) -> str:
    """One word; a key without an entry (a stage or a category of tomorrow) is shown as it is."""
    return words(section, lang).get(key, key)
