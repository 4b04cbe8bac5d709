"""One catalogue a language: every file says everything, and a third language is one more file."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

from pipeline.core import words as catalogue
from pipeline.core.words import DEFAULT_LANGUAGE, languages, word, words

FOLDER = ROOT / "data" / "words"


def tables(lang: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / f"{lang}.toml").read_text("utf-8"))


def test_the_files_are_the_languages() -> None:
    assert languages() == (DEFAULT_LANGUAGE, "en") == ("zh", "en")
    assert {file.stem for file in FOLDER.iterdir()} == set(languages())


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
    """A catalogue folder with one more file."""
    folder = tmp_path / "words"
    folder.mkdir()
    for file in FOLDER.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    english = (FOLDER / "en.toml").read_text("utf-8")
    (folder / "eo.toml").write_text(english.replace('name = "English"', 'name = "Esperanto"'))
    monkeypatch.setattr(catalogue, "files", lambda _package: tmp_path)
    kept = (catalogue.languages, catalogue.words, catalogue._catalogue)
    for function in kept:
        function.cache_clear()
    yield "eo"
    for function in kept:
        function.cache_clear()


def test_a_third_language_is_one_file(third: str) -> None:
    assert catalogue.languages() == ("zh", "en", third)
    assert catalogue.words("language", third)["name"] == "Esperanto"
