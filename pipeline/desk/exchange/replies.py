"""What comes back: the registry's roster with its doubts, and students' own answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path

from pipeline.core.errors import RosterError
from pipeline.core.types import Subject
from pipeline.desk.cases.answers import append
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import CATEGORY, Verdict
from pipeline.source.columns import load_columns
from pipeline.source.roster import Roster, read_roster
from pipeline.source.text import listed
from pipeline.store.items import Item

# The registry's words in its column bz, by what tells them apart.
REGISTRY_WORDS = {
    "未通过": "身份核验未通过",
    "不确定": "身份核验不确定",
    "异常": "身份核验异常",
}
# Students' words, by what tells them apart; "照片错误" alone says no category.
STUDENT_WORDS = {
    "不是我本人": Verdict.NOT_ME,
    "不是本人": Verdict.NOT_ME,
    "侧卧": Verdict.SIDEWAYS,
    "倒立": Verdict.UPSIDE_DOWN,
    "正确": Verdict.OK,
    "无误": Verdict.OK,
    "错误": Verdict.OTHER,
    "其他": Verdict.OTHER,
}


@dataclass(slots=True)
class Imported:
    """What became of a file's rows.

    Attributes:
        recorded: Rows that said something new.
        unchanged: Rows that said what was known.
        unknown: Row numbers of students this run does not have.
        unclear: Row numbers whose word or numbers cannot be understood, or contradict each other.
        words: Words that mean nothing here, each once.
        allowed: What is understood, where there are such words.
    """

    recorded: int = 0
    unchanged: int = 0
    unknown: list[int] = field(default_factory=list)
    unclear: list[int] = field(default_factory=list)
    words: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


def registry(desk: Desk, path: Path, by: str, columns: Path | None = None) -> Imported:
    """Read the registry's roster; its doubts in column bz reopen cases or ask for proof.

    Raises:
        RosterError: The file cannot be read, has no column bz, or no word in it is understood.
        ConfigError: The column mapping is wrong.
    """
    roster = read_roster(path, load_columns(columns))
    _refuse_without_column(path, roster, "bz (备注, remark)")
    allowed = (*REGISTRY_WORDS.values(), "身份核验通过")
    return _record(desk, path, by, "registry", roster, _registry_word, allowed)


def students(desk: Desk, path: Path, by: str, columns: Path | None = None) -> Imported:
    """Read students' own answers: photo correct, or one of the three errors.

    Raises:
        RosterError: The file cannot be read, has no column of answers, or no word in it is
            understood.
        ConfigError: The column mapping is wrong.
    """
    with as_file(files("pipeline.desk.exchange").joinpath("answers_columns.toml")) as shipped:
        roster = read_roster(path, load_columns(columns or shipped))
    _refuse_without_column(path, roster, "学生复核结论 (answer, conclusion)")
    allowed = (*CATEGORY.values(), *STUDENT_WORDS)
    return _record(desk, path, by, "student", roster, _student_word, allowed)


def _refuse_without_column(path: Path, roster: Roster, wanted: str) -> None:
    """A table that says nothing is a mistake, not an import of nothing."""
    if any("remark" in sheet.columns for sheet in roster.sheets):
        return
    read = [sheet for sheet in roster.sheets if sheet.students]
    understood = dict.fromkeys(title for sheet in read for title in sheet.columns.values())
    other = dict.fromkeys(title for sheet in read for title in sheet.unknown)
    raise RosterError(
        "replies_no_column",
        path=path,
        wanted=wanted,
        understood=listed(list(understood), 20),
        other=listed(list(other), 20) or "none",
    )


class Finder:
    """Finds the case of a roster row by its numbers."""

    def __init__(self, desk: Desk) -> None:
        self._by: dict[str, str] = {}
        for student_key, subject, *_ in desk.store.decided():
            for number in _numbers(subject):
                self._by.setdefault(number, student_key)
        self._desk = desk

    def find(self, subject: Subject) -> Item | None:
        """The case, None if no number is known.

        Raises:
            LookupError: The numbers belong to different students.
        """
        keys = {self._by[number] for number in _numbers(subject) if number in self._by}
        if len(keys) > 1:
            raise LookupError("the numbers belong to different students")
        return self._desk.student(keys.pop()) if keys else None


def _numbers(subject: Subject) -> Iterator[str]:
    for name in ("student_no", "candidate_no", "id_number"):
        if number := getattr(subject, name):
            yield f"{name}:{number}"


def _record(
    desk: Desk,
    path: Path,
    by: str,
    kind: str,
    roster: Roster,
    meant: Callable[[str], str | None],
    allowed: tuple[str, ...],
) -> Imported:
    """Append what is new, all or nothing.

    Raises:
        RosterError: If there are words, and none is understood.
    """
    result, finder, subjects = Imported(), Finder(desk), roster.subjects
    said = dict.fromkeys(subject.remark for subject in subjects if subject.remark)
    result.words = tuple(word for word in said if meant(word) is None)
    result.allowed = tuple(dict.fromkeys(allowed)) if result.words else ()
    if said and len(result.words) == len(said):
        raise RosterError(
            "replies_no_words", path=path, words=listed(result.words), allowed=tuple(result.allowed)
        )
    with desk.ledger.transaction():
        for subject in subjects:
            value = None if subject.student_key in roster.conflicts else meant(subject.remark)
            try:
                item = finder.find(subject)
            except LookupError:
                value = None
            if value is None:
                result.unclear.append(subject.row)
            elif item is None:
                result.unknown.append(subject.row)
            elif value == _known(desk, item, kind):
                result.unchanged += 1
            else:
                append(desk, item, by, kind, {"value": value})
                desk.update(item)
                result.recorded += 1
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        rows, new = len(subjects), result.recorded
        desk.ledger.log.append(by, "imported", table=kind, rows=rows, recorded=new, sha256=sha256)
    return result


def _known(desk: Desk, item: Item, kind: str) -> str:
    """What was last said of these bytes; "" when nothing was."""
    return next((a.value for a in reversed(desk.answers(item)) if a.kind == kind), "")


def _registry_word(remark: str) -> str | None:
    """The registry's word; "" where it has no doubt, None where it cannot be understood."""
    if not remark or "身份核验通过" in remark:
        return ""
    found = [word for part, word in REGISTRY_WORDS.items() if part in remark]
    return found[0] if len(found) == 1 else None


def _student_word(text: str) -> str | None:
    """A student's answer; "" where there is none yet, None where it cannot be understood."""
    if not text:
        return ""
    own = {name: verdict for verdict, name in CATEGORY.items()}
    if text in own:
        return own[text].value
    wrong = any(word in text for word in ("不正确", "有误"))
    for part, verdict in STUDENT_WORDS.items():
        if part in text and not (wrong and verdict is Verdict.OK):
            return verdict.value
    return Verdict.OTHER.value if wrong else None
