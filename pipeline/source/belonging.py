"""Class, college and number parts in a path, that speak for one of two students of one name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.core.types import Subject
from pipeline.source.file_names import HAN, RUN, digit_runs
from pipeline.source.text import squashed

_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
_SPOKEN_CLASS = re.compile("([一二三四五六七八九]|十[一二三四五六七八九]?)(?=班)")
_CLASS = re.compile(
    rf"([{HAN}]*)(\d{{1,4}}(?:[-_.\s(]*(?:级|届)?[-_.\s(]*\d{{1,2}})?)[)\s]*(?:级|届)?班"
)
_CLASS_NAME = re.compile(rf"([{HAN}]{{2,}})(\d{{4}}|\d{{2}}-\d{{1,2}})(?!\d)")


@dataclass(frozen=True, slots=True)
class Belonging:
    """How far a path speaks for a student.

    Attributes:
        score: Above 0 for, below 0 against; 0 where the path says nothing of it.
        by: What speaks for the student: `class`, `college`, `major`, `number_part`, `sex`.
    """

    score: int
    by: tuple[str, ...]


class Groups:
    """The cohort's classes, colleges and majors.

    Args:
        subjects: All students.
    """

    def __init__(self, subjects: Iterable[Subject]) -> None:
        students = list(subjects)
        self._classes = {squashed(s.class_name) for s in students} - {""}
        self._colleges = {squashed(s.college) for s in students} - {""}
        self._majors = {squashed(s.major) for s in students} - {""}
        texts = [t for s in students for t in (s.class_name, s.college, s.major) if t]
        self.runs = {run for text in dict.fromkeys(texts) for run in RUN.findall(squashed(text))}

    def judge(self, subject: Subject, text: str) -> Belonging:
        """How far a path speaks for a student.

        Args:
            subject: The student.
            text: Folders and file name, as `stem_text` gives them, joined by "/".
        """
        tight = squashed(text)
        score, by = 0, []
        for name, value, weight in (
            ("class", self._class(subject, text, tight), 4),
            ("college", _named(squashed(subject.college), self._colleges, tight), 1),
            ("major", _named(squashed(subject.major), self._majors, tight), 1),
            ("group", _abbreviated(subject, text), 1),
            ("sex", _sex(subject, text), 1),
            ("number_part", _number_part(subject, text), 2),
        ):
            score += weight * value
            if value > 0:
                by.append(name)
        return Belonging(score, tuple(by))

    def _class(self, subject: Subject, text: str, tight: str) -> int:
        """1 where the path names the student's class, -1 where it names another one."""
        own = squashed(subject.class_name)
        if not own:
            return 0
        found = _named(own, self._classes, tight)
        if found:
            return found
        digits = _class_digits(own)
        if not digits:
            return 0
        said = [*_CLASS.finditer(_arabic(text))]
        said += [one for one in _CLASS_NAME.finditer(text) if self._is_group(one[1], one[2])]
        told = [one for one in said if _same_class(_class_digits(one[2]), digits)]
        if any(self._of_others(subject, one[1]) for one in told):
            return -1
        if told:
            return 1 if any(len(_class_digits(one[2])) > 1 for one in told) else 0
        # "一班" alone may be a class of any grade and major: it speaks against nobody.
        if any(len(one[1]) > 1 or len(_class_digits(one[2])) > 1 for one in said):
            return -1
        if said:
            return 0
        return int(any(len(run) > 2 and _class_digits(run) == digits for run in digit_runs(text)))

    def _of_others(self, subject: Subject, words: str) -> bool:
        """Whether words in front of a class's digits abbreviate another group than the student's.

        The student's own name may stand in front of the digits as well.
        """
        tail = words.rpartition(squashed(subject.name))[2][-4:] if subject.name else words[-4:]
        own = [squashed(t) for t in (subject.class_name, subject.major, subject.college)]
        if len(tail) < 2 or any(subsequence(tail[-2:], group) for group in own):
            return False
        return any(subsequence(tail, run) or run in tail for run in self.runs)

    def _is_group(self, words: str, digits: str) -> bool:
        """Whether words in front of digits abbreviate a class or major, and no year follows."""
        tail = words[-2:]
        return not 2010 <= int(digits.replace("-", "")) <= 2039 and any(
            subsequence(tail, run) for run in self.runs
        )


def subsequence(part: str, whole: str) -> bool:
    """Whether a text's characters stand in another in this order, as in an abbreviation."""
    rest = iter(whole)
    return all(character in rest for character in part)


def _named(own: str, all_names: set[str], tight: str) -> int:
    """1 where a text holds a student's own group, -1 where it holds another's alone."""
    if own and own in tight:
        longer = (name for name in all_names if own in name and name != own and name in tight)
        return -1 if any(longer) else 1
    return -1 if own and any(name in tight for name in all_names if len(name) > 1) else 0


def _arabic(text: str) -> str:
    """Classes told in Chinese numerals (一班 to 十九班) in digits."""

    def number(found: re.Match[str]) -> str:
        tens, ones = found[1][:1] == "十", found[1][-1:].translate(_NUMERALS)
        return f"1{'0' if found[1] == '十' else ones}" if tens else ones

    return _SPOKEN_CLASS.sub(number, text)


def _class_digits(text: str) -> str:
    """A class's digits without zeros, so that 22-1, 2201 and 22级1班 are the same."""
    return re.sub(r"[^1-9]", "", _arabic(text))


def _same_class(one: str, other: str) -> bool:
    return bool(one and other) and (one.endswith(other) or other.endswith(one))


def _sex(subject: Subject, text: str) -> int:
    said = {part for part in re.split(rf"[^{HAN}]+", text) if part in ("男", "女")}
    if not subject.sex or len(said) != 1:
        return 0
    return 1 if said == {"男" if subject.sex == "male" else "女"} else -1


def _abbreviated(subject: Subject, text: str) -> int:
    """1 where words beside the name abbreviate a group of the student: 软工 for 软件工程."""
    own = [squashed(t) for t in (subject.class_name, subject.major, subject.college)]
    parts = (part for run in RUN.findall(text) for part in run.split(squashed(subject.name) or "/"))
    return int(any(len(part) > 1 and any(subsequence(part, g) for g in own) for part in parts))


def _number_part(subject: Subject, text: str) -> int:
    """1 where three or more digits of a path end one of the student's numbers, or are its birth."""
    numbers = (subject.student_no, subject.candidate_no, subject.id_number)
    wanted = [n.casefold() for n in numbers if n]
    for run in digit_runs(text):
        born = len(run) == 8 and run in (subject.birth_date, subject.id_number[6:14])
        if len(run) >= 3 and (born or any(n.endswith(run) for n in wanted)):
            return 1
    return 0


def narrowed(
    groups: Groups, subjects: Sequence[Subject], text: str
) -> tuple[Subject | None, Belonging]:
    """The one of several students for whom a path speaks more than for any other.

    Returns:
        The student, or None where it speaks for nobody or for several; and how far.
    """
    judged = [(groups.judge(subject, text), subject) for subject in subjects]
    judged.sort(key=lambda pair: -pair[0].score)
    best, subject = judged[0]
    if best.score <= 0 or (len(judged) > 1 and judged[1][0].score >= best.score):
        return None, best
    return subject, best
