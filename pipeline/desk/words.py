"""The desk's own words in both languages, read from `words.toml`; the rest are the report's."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pipeline.core.reasons import Language


@cache
def words(section: str, lang: Language) -> dict[str, str]:
    """One section in one language."""
    table = tomllib.loads(files("pipeline.desk").joinpath("words.toml").read_text("utf-8"))
    return {key: entry[lang] for key, entry in table[section].items()}
