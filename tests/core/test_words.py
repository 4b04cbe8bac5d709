"""One catalogue a language: each says everything, and a third language is one more folder."""

from __future__ import annotations

import string
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

from pipeline.core import catalogue
from pipeline.core import words as worded_tables
from pipeline.core.words import DEFAULT_LANGUAGE, languages, word, words

FOLDER = ROOT / "data" / "words"


def tables(lang: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for file in sorted((FOLDER / lang).glob("*.toml")):
        found |= tomllib.loads(file.read_text("utf-8"))
    return found


def test_the_folders_are_the_languages() -> None:
    assert languages() == (DEFAULT_LANGUAGE, "en") == ("zh", "en")
    assert {folder.name for folder in FOLDER.iterdir()} == set(languages())


@pytest.mark.parametrize("lang", languages())
def test_a_table_is_in_one_file(lang: str) -> None:
    held = Counter(
        table
        for file in (FOLDER / lang).glob("*.toml")
        for table in tomllib.loads(file.read_text("utf-8"))
    )
    assert [table for table, count in held.items() if count > 1] == []


@pytest.mark.parametrize("lang", languages())
def test_every_language_says_everything(lang: str) -> None:
    own, first = tables(lang), tables(DEFAULT_LANGUAGE)
    assert {name: set(table) for name, table in own.items()} == {
        name: set(table) for name, table in first.items()
    }
    assert [
        (name, key) for name, table in own.items() for key, text in table.items() if not text
    ] == []


@pytest.mark.parametrize("lang", languages())
def test_every_language_fills_in_the_same(lang: str) -> None:
    def fields(text: str) -> set[str]:
        return {name or "" for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    first = tables(DEFAULT_LANGUAGE)
    for name, table in tables(lang).items():
        for key, text in table.items():
            assert fields(text) == fields(first[name][key]), (name, key)


def test_a_word_of_tomorrow_is_shown_as_it_is() -> None:
    assert word("stage", "teleport", "zh") == "teleport"
    assert word("stage", "decode", "zh") == words("stage", "zh")["decode"] != "decode"


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A catalogue with one more folder."""
    for file in FOLDER.rglob("*.toml"):
        copy = tmp_path / "words" / file.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
        if file.parent.name == "en":
            own = tmp_path / "words" / "eo" / file.name
            own.parent.mkdir(exist_ok=True)
            own.write_text(
                file.read_text("utf-8").replace('name = "English"', 'name = "Esperanto"'), "utf-8"
            )
    monkeypatch.setattr(catalogue, "files", lambda _package: tmp_path)
    for forget in (forgets := (catalogue.forget, worded_tables.words.cache_clear)):
        forget()
    yield "eo"
    for forget in forgets:
        forget()


def test_a_third_language_is_one_folder(third: str) -> None:
    assert worded_tables.languages() == ("zh", "en", third)
    assert worded_tables.words("language", third)["name"] == "Esperanto"
