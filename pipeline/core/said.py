"""Sentences that know their key and values; the way out words them in its reader's language.

`said("note.no_pictures", place="a.zip")` is a `str`, English, good for logs, JSON and tests. Where
it meets a person, `worded(it, "zh")` says the same from the other catalogue. What a store
kept in English is `recognised` again.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from pipeline.core.catalogue import LOG_LANGUAGE, Language, sentence
from pipeline.core.catalogue import table as table_of

# Fields that hold nothing but a number: "my files" is no count of files.
_DIGITS = dict.fromkeys(("n", "more", "from", "to", "width", "height"), r"\d+")


class Sentences(tuple[str, ...]):
    """Values of a sentence that are clauses themselves; other tuples are words of a list."""

    __slots__ = ()


class Said(str):
    """A sentence of the catalogue.

    Attributes:
        key: "table.key".
        values: What stands in its fields: numbers, texts, sentences, or tuples of texts.
    """

    __slots__ = ("key", "values")
    key: str
    values: Mapping[str, object]

    def __new__(cls, key: str, values: Mapping[str, object]) -> Said:
        """The sentence as English text."""
        one = super().__new__(cls, _filled(key, values, LOG_LANGUAGE))
        one.key, one.values = key, values
        return one

    def __reduce__(self) -> tuple[type[Said], tuple[str, Mapping[str, object]]]:
        """For workers' answers and copies: text alone would lose the key."""
        return Said, (self.key, self.values)

    def with_texts(self, change: Callable[[str], str]) -> Said:
        """The sentence with every text in it changed, masked for instance."""
        return Said(self.key, {name: _changed(v, change) for name, v in self.values.items()})


def said(key: str, /, **values: object) -> Said:
    """The sentence of a key ("table.key"), its fields filled in.

    Raises:
        KeyError: The catalogue has no such sentence.
    """
    return Said(key, values)


def worded(text: str, lang: Language) -> str:
    """What a reader of the language is shown; a text that is no sentence of ours as it is."""
    return _filled(text.key, text.values, lang) if isinstance(text, Said) else text


def counted(number: int, noun: str) -> Said:
    """A number with its noun, of `[count]`: "1 file", "2 files"."""
    return Said(f"count.{noun}" if number == 1 else f"count.{noun}s", {"n": number})


def together(parts: Iterable[str]) -> Said:
    """Clauses as one, with the language's semicolon between them."""
    return Said("style.as_is", {"text": Sentences(parts)})


def cause(error: BaseException) -> str:
    """An error's own words, without the errno and the path that OSError repeats."""
    if error.args and isinstance(error.args[0], Said):
        return error.args[0]
    text = (isinstance(error, OSError) and error.strerror) or str(error)
    return recognised(text, "system")


def changed(text: str, change: Callable[[str], str]) -> str:
    """A text, or a sentence's texts, changed."""
    return text.with_texts(change) if isinstance(text, Said) else change(text)


def recognised(text: str, table: str, *inner: str) -> str:
    """A text that came without its key, as the sentence of a table that it is; else as it is.

    For what a store kept and what other programs say: sentences are known by their English.

    Args:
        text: In English.
        table: Of its sentence.
        inner: Tables of the sentences that may stand in its fields.
    """
    if isinstance(text, Said):
        return text
    for key, pattern in _patterns(table):
        if match := pattern.fullmatch(text):
            return Said(
                f"{table}.{key}",
                {name: _recognised_part(part, inner) for name, part in match.groupdict().items()},
            )
    return text


def _recognised_part(text: str, tables: tuple[str, ...]) -> str:
    for table in tables:
        if isinstance(found := recognised(text, table, *tables), Said):
            return found
    return text


def _template(key: str, lang: Language) -> str | None:
    table, _, name = key.partition(".")
    return sentence(table, name, lang)


def _filled(key: str, values: Mapping[str, object], lang: Language) -> str:
    template = _template(key, lang)
    if template is None:
        raise KeyError(key)
    return template.format(**{name: _shown(value, lang) for name, value in values.items()})


def _shown(value: object, lang: Language) -> object:
    if isinstance(value, str):
        return worded(value, lang)
    if isinstance(value, tuple):
        mark = "semicolon" if isinstance(value, Sentences) else "comma"
        between = sentence("style", mark, lang) or ", "
        return between.join(str(_shown(part, lang)) for part in value)
    return value


def _changed(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return changed(value, change)
    if isinstance(value, tuple):
        return type(value)(_changed(part, change) for part in value)
    return value


@cache
def _patterns(table: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What each sentence of a table is known by, those with most words of their own first."""
    found = []
    for key, text in table_of(table, LOG_LANGUAGE).items():
        parts = [
            re.escape(plain) + (f"(?P<{name}>{_DIGITS.get(name, '.+?')})" if name else "")
            for plain, name, _, _ in string.Formatter().parse(text)
        ]
        own = len(re.sub(r"\{[^}]*\}", "", text))
        if own:  # else any text would be that sentence
            found.append((own, key, re.compile("".join(parts), re.DOTALL)))
    return tuple((key, pattern) for _, key, pattern in sorted(found, key=lambda one: -one[0]))
