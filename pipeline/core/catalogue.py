"""The catalogue's files: a folder a language, `data/words/LANG/`, its tables spread over any files.

Nothing here knows errors or extensions, so that both can be worded by it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

# A name of a folder in `data/words`.
Language = str

DEFAULT_LANGUAGE: Language = "zh"
# What logs, `--json` and `str(error)` are written in, on every machine alike.
LOG_LANGUAGE: Language = "en"
_HEAD = re.compile(r"^\[(\w+)\]$", re.MULTILINE)


@cache
def languages() -> tuple[Language, ...]:
    """All languages, the default one first."""
    names = {folder.name for folder in files("data").joinpath("words").iterdir() if folder.is_dir()}
    return (DEFAULT_LANGUAGE, *sorted(names - {DEFAULT_LANGUAGE}))


def table(name: str, lang: Language) -> Mapping[str, str]:
    """One table of a language; only the file that holds it is parsed. KeyError where none does."""
    return _parsed(lang, _places(lang)[name])[name]


def sentence(of_table: str, key: str, lang: Language) -> str | None:
    """A sentence as it stands there; None where there is none."""
    return table(of_table, lang).get(key) if of_table in _places(lang) else None


def forget() -> None:
    """Read the files anew when they are next asked for."""
    for kept in (languages, _places, _parsed):
        kept.cache_clear()


@cache
def _places(lang: Language) -> Mapping[str, str]:
    """The file of each table."""
    return {
        name: file.name
        for file in files("data").joinpath("words", lang).iterdir()
        if file.name.endswith(".toml")
        for name in _HEAD.findall(file.read_text("utf-8"))
    }


@cache
def _parsed(lang: Language, name: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("data").joinpath("words", lang, name).read_text("utf-8"))
