"""Students who refuse that a machine compares faces: by a column of the roster or by a list.

Whoever refuses or withdraws is looked at by people alone (人脸识别技术应用安全管理办法, in force
since 2025-06-01): no template, no comparison, no search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from pipeline.core.errors import RosterError
from pipeline.core.said import cause
from pipeline.core.types import Subject
from pipeline.source.assigned import Keys
from pipeline.source.tables import cell_text, read_sheets
from pipeline.source.text import folded, squashed

_NOT_REFUSED = {"", "否", "同意", "无", "0", "n", "no", "false", "-", "--", "—", "/"}
_HEADERS = {"student", "student_key", "subject_id", "学号", "学生", "考生号", "身份证号", "姓名"}
_TEXT = ".txt"


def refusing(lists: Sequence[Path], subjects: Sequence[Subject]) -> frozenset[str]:
    """Keys of the students who refuse.

    Args:
        lists: Text files with a student a line, or tables whose first column names students;
            each by student number, or whatever else names one student alone.
        subjects: All students; a filled cell of the roster's own column counts as well.

    Raises:
        RosterError: If a list cannot be read, or names a student who is none: a refusal that
            nobody notices would be worse.
    """
    known = Keys(subjects)
    by_roster = {s.student_key for s in subjects if folded(s.no_comparison) not in _NOT_REFUSED}
    by_list = {known.of(name, where) for path in lists for where, name in _named(path)}
    return frozenset(by_roster | by_list)


def _named(path: Path) -> Iterator[tuple[str, str]]:
    """Where a student is named, and how."""
    lines = _lines(path) if path.suffix.lower() == _TEXT else _cells(path)
    for number, name in enumerate(lines, 1):
        if name and not (number == 1 and squashed(name) in _HEADERS):
            yield f"{path}, row {number}", name


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise RosterError("refusals_unreadable", path=path, why=cause(error)) from error


def _cells(path: Path) -> list[str]:
    with closing(read_sheets(path)) as sheets:
        sheet = next(sheets, None)
        return [cell_text(cells[0]) if cells else "" for cells in sheet.rows] if sheet else []
