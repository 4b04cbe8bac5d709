"""Students' names in texts: alone, among other words, in pinyin."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from pipeline.core.types import Subject
from pipeline.source.belonging import Groups, subsequence
from pipeline.source.file_names import HAN, RUN, TOKEN, known_words
from pipeline.source.text import squashed

_PINYIN_LETTERS = 4  # shorter ones are words and initials as well
_READINGS = 8
# What ends a word in front of a name or begins one behind it, single characters too: none of them
# is a surname worth the name, and none ends a given name when digits stand before it.
_ENDS = frozenset("班级届系院号组排批座位次期队室")
_LATIN = re.compile("[a-z]")
_NAME = re.compile(f"[{HAN}]{{2,}}")


class Names:
    """Looks for names.

    Args:
        subjects: All students.
        groups: Their classes, colleges and majors, which may stand beside a name.
    """

    def __init__(self, subjects: Iterable[Subject], groups: Groups) -> None:
        self._owners: dict[str, tuple[str, ...]] = {}
        self._subjects = {s.student_key: s for s in subjects}
        for subject in self._subjects.values():
            name = squashed(subject.name)
            if name:
                self._owners[name] = (*self._owners.get(name, ()), subject.student_key)
        self._lengths = sorted({len(n) for n in self._owners if len(n) > 1}, reverse=True)
        runs = [run for run in groups.runs if len(run) > 1]
        words = known_words("words")
        self._before = tuple({*words, *(run[-2:] for run in runs)})
        self._behind = tuple({*words, *(run[:2] for run in runs)})
        self._runs = runs
        self._pinyin: dict[str, tuple[str, ...]] | None = None

    def exact(self, tight: str) -> tuple[str, ...]:
        """Who is called so; () for nobody.

        Args:
            tight: As `squashed` gives it.
        """
        return self._owners.get(tight, ())

    def within(self, text: str) -> list[tuple[str, ...]]:
        """Those whose name stands in a text by itself, not as part of a longer one; each once."""
        found = dict.fromkeys(owners for _, owners in self._spans(text))
        return list(found)

    def another(self, text: str, beside: tuple[str, ...] = ()) -> bool:
        """Whether a text holds Chinese words that could be somebody else's name.

        Args:
            text: As `stem_text` gives it.
            beside: Students whose names are not meant.
        """
        own = {squashed(self._subjects[key].name) for key in beside}
        return any(
            not self._explained(part)
            for run in RUN.finditer(text)
            for part in _without(run[0], own)
        )

    def _explained(self, part: str) -> bool:
        """Whether a run of characters is words that stand beside names."""
        if len(part) < 2 or part[-1] in _ENDS:
            return True
        return (
            part.endswith(self._before)
            or part.startswith(self._behind)
            or any(subsequence(part, run) for run in self._runs)
        )

    def _spans(self, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        for run in RUN.finditer(text):
            behind_digit = text[run.start() - 1 : run.start()].isdigit()
            yield from self._in_run(run[0], behind_digit)
        yield from self._latin(text)

    def _in_run(self, run: str, behind_digit: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Names in a run of Chinese characters, the longest first."""
        taken: list[tuple[int, int]] = []
        for length in self._lengths:
            for start in range(len(run) - length + 1):
                end = start + length
                name = run[start:end]
                if name not in self._owners or any(a <= start and end <= b for a, b in taken):
                    continue
                taken.append((start, end))
        for start, end in taken:
            name = run[start:end]
            others = [span for span in taken if span != (start, end)]
            if any(a < end and start < b for a, b in others):
                continue  # two names overlap: neither is believed
            owners = self._owners[name]
            before, behind = run[:start], run[end:]
            free = (
                self._ends_before(before, owners, behind_digit)
                or any(b == start for _, b in others)
            ) and (self._begins_behind(behind, owners) or any(a == end for a, _ in others))
            if free:
                yield name, owners

    def _ends_before(self, before: str, owners: tuple[str, ...], behind_digit: bool) -> bool:
        if not before:
            return True
        if before[-1] in _ENDS:
            return len(before) > 1 or behind_digit
        return before.endswith(self._before) or self._abbreviates(before, owners)

    def _begins_behind(self, behind: str, owners: tuple[str, ...]) -> bool:
        if not behind:
            return True
        return behind.startswith(self._behind) or self._abbreviates(behind, owners)

    def _abbreviates(self, words: str, owners: tuple[str, ...]) -> bool:
        """Whether words abbreviate an owner's own class, major or college: 计科 for 计算机科学."""
        if len(words) < 2:
            return False
        subjects = [self._subjects[owner] for owner in owners]
        groups = (t for s in subjects for t in (s.class_name, s.major, s.college))
        return any(subsequence(words, squashed(group)) for group in groups)

    def _latin(self, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Names in Latin letters: one to five words after each other."""
        tokens = TOKEN.findall(text)
        for first, last in itertools.combinations(range(len(tokens) + 1), 2):
            name = "".join(tokens[first:last])
            if last - first <= 5 and len(name) > 3 and _LATIN.match(name) and name in self._owners:
                yield name, self._owners[name]

    def by_pinyin(self, text: str) -> tuple[str, ...]:
        """Who is called so in pinyin, where a text's Latin letters are a name and nothing else."""
        words = [w for w in re.findall("[a-z]+", text) if w not in known_words("prefixes")]
        name = "".join(words)
        if len(name) < _PINYIN_LETTERS or len(words) > 4 or RUN.search(text):
            return ()
        if self._pinyin is None:
            self._pinyin = self._read_aloud()
        return self._pinyin.get(name, ())

    def _read_aloud(self) -> dict[str, tuple[str, ...]]:
        from pypinyin import Style, pinyin

        table: dict[str, dict[str, None]] = defaultdict(dict)
        for name, owners in self._owners.items():
            if not _NAME.fullmatch(name):
                continue
            syllables = pinyin(name, style=Style.NORMAL, heteronym=True)
            for reading in itertools.islice(itertools.product(*syllables), _READINGS):
                plain = [part.replace("ü", "v") for part in reading]
                # Surname first and last; 吕 is written lv and lu.
                for spelt in (plain, [*plain[1:], plain[0]]):
                    for letters in ("".join(spelt), "".join(spelt).replace("lv", "lu")):
                        table[letters].update(dict.fromkeys(owners))
        return {letters: tuple(owners) for letters, owners in table.items()}


def _without(run: str, names: set[str]) -> list[str]:
    """What is left of a run when names are taken out."""
    if not names:
        return [run]
    return [part for part in re.split("|".join(map(re.escape, names)), run) if part]
