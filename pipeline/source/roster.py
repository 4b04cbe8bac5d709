"""The roster: finds the header, reads cells as text, refuses what cannot tell students apart."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.core.errors import RosterError
from pipeline.core.types import Subject
from pipeline.source import id_number
from pipeline.source.columns import Columns
from pipeline.source.tables import Row, Sheet, cell_text, read_sheets
from pipeline.source.text import counted, folded, listed

HEADER_ROWS = 20
EXCEL_DIGITS = 15  # Excel's number precision; every further digit becomes 0
NUMBERS = ("student_no", "candidate_no", "id_number")
KEYS = (*NUMBERS, "name")

_NO_NUMBER = {"", "-", "--", "—", "/", "无", "暂无", "none", "null", "nan", "#n/a"}
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(\D.*)?")
_SEXES: dict[str, Literal["male", "female"]] = {
    **dict.fromkeys(("1", "男", "男性", "m", "male"), "male"),
    **dict.fromkeys(("2", "女", "女性", "f", "female"), "female"),
}


@dataclass(frozen=True, slots=True)
class Roster:
    """What a roster file says.

    Attributes:
        damaged: Subject ids of students whose ID number Excel has destroyed. Destroyed numbers
            of every kind are left empty: they would match wrong files and show wrong digits.
        remarks: Sentences for the run's log; never an ID number.
    """

    subjects: tuple[Subject, ...]
    damaged: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Header:
    """Where the header row is and which column (0-based) holds which field, under which title."""

    row: int
    columns: dict[str, int]
    titles: dict[str, str]
    ignored: dict[str, str]

    @property
    def has_key(self) -> bool:
        return any(key in self.columns for key in KEYS)


@dataclass(slots=True)
class _Notes:
    """What reading the rows brought to light: row numbers."""

    damaged: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    keyless: list[int] = field(default_factory=list)


def read_roster(path: Path, columns: Columns) -> Roster:
    """Read the first sheet with a recognisable header.

    Args:
        path: .xlsx, .csv or .dbf; anything may stand above the header in the first 20 rows.
        columns: Which header means which field.

    Raises:
        RosterError: If the file cannot be read, has no header row, no column that tells students
            apart, no students, or one number in two rows.
    """
    sheet, header = _find_sheet(path, columns)
    where = f"{path}, sheet {sheet.name}" if sheet.name else str(path)
    notes = _Notes()
    subjects = [
        subject
        for row, cells in enumerate(sheet.rows[header.row :], header.row + 1)
        if (subject := _subject(row, cells, header, notes))
    ]
    if not subjects:
        raise RosterError(
            f"{where}: no students below the header in row {header.row}.",
            "Check that this is the roster and that its rows are filled in.",
        )
    _refuse_duplicates(where, subjects, header)
    damaged_rows = set(notes.damaged["id_number"])
    return Roster(
        tuple(subjects),
        frozenset(s.student_key for s in subjects if s.row in damaged_rows),
        tuple(_remarks(path.name, header, notes)),
    )


def _find_sheet(path: Path, columns: Columns) -> tuple[Sheet, _Header]:
    keyless: RosterError | None = None
    names = []
    with closing(read_sheets(path)) as sheets:
        for sheet in sheets:
            header = _find_header(sheet.rows[:HEADER_ROWS], columns)
            if header and header.has_key:
                return sheet, header
            names.append(sheet.name)
            if header and not keyless:
                place = f"{path}, sheet {sheet.name}" if sheet.name else str(path)
                keyless = RosterError(
                    f"{place}, row {header.row}: the columns {listed([*header.titles.values()])} "
                    "do not tell students apart.",
                    "Add a column 学号, 考生号, 身份证号 or 姓名, or map yours in a columns file.",
                )
    sheets_named = f" of sheet {listed(names)}" if any(names) else ""
    raise keyless or RosterError(
        f"{path}: no header row found in the first {HEADER_ROWS} rows{sheets_named}.",
        "Add a row of headers such as 学号, 姓名, 身份证号, or map yours in a columns file.",
    )


def _find_header(rows: Iterable[Row], columns: Columns) -> _Header | None:
    """The row with most known headers; one with a key column before any other."""
    headers = [_header(row, cells, columns) for row, cells in enumerate(rows, 1)]
    best = max(headers, key=lambda h: (h.has_key, len(h.columns)), default=None)
    return best if best and best.columns else None


def _header(row: int, cells: Row, columns: Columns) -> _Header:
    titles = [cell_text(cell) for cell in cells]
    found = sorted(
        (*hit, index)
        for index, title in enumerate(titles)
        if title and (hit := columns.find(title))
    )
    header = _Header(row, {}, {}, {})
    for _, name, index in found:  # the best header of a field first, then the leftmost
        if name in header.columns:
            header.ignored[titles[index]] = header.titles[name]
        else:
            header.columns[name] = index
            header.titles[name] = titles[index]
    return header


def _subject(row: int, cells: Row, header: _Header, notes: _Notes) -> Subject | None:
    """One student, or None for an empty row and for one without any key (a footer)."""
    if not any(cell_text(cell) for cell in cells):
        return None
    values = {name: cells[i] if i < len(cells) else None for name, i in header.columns.items()}
    numbers = dict.fromkeys(NUMBERS, "")
    keyed = False
    for name in NUMBERS:
        number = _number(name, values.get(name))
        keyed = keyed or bool(number)
        if _damaged(name, number, values.get(name)):
            notes.damaged[name].append(row)
        else:
            numbers[name] = number
    text = {name: cell_text(value) for name, value in values.items() if name not in NUMBERS}
    if not keyed and not text.get("name"):
        notes.keyless.append(row)
        return None
    return Subject(
        student_key=_subject_id(row, numbers),
        row=row,
        **numbers,
        name=text.get("name", ""),
        sex=_SEXES.get(folded(text.get("sex", "")), ""),
        birth_date=_birth_date(text.get("birth_date", "")),
        college=text.get("college", ""),
        major=text.get("major", ""),
        class_name=text.get("class_name", ""),
        remark=text.get("remark", ""),
    )


def _number(name: str, value: object) -> str:
    text = cell_text(value)
    if folded(text) in _NO_NUMBER:
        return ""
    if name == "id_number":
        return id_number.normalise(text)
    return "".join(unicodedata.normalize("NFKC", text).split())


def _damaged(name: str, number: str, cell: object) -> bool:
    if isinstance(cell, int | float):
        return len(number) > EXCEL_DIGITS
    return id_number.scientific(number) or (name == "id_number" and id_number.excel_damaged(number))


def _subject_id(row: int, numbers: Mapping[str, str]) -> str:
    """Student number, else candidate number, else the row; not if it is an ID number after all."""
    for name in ("student_no", "candidate_no"):
        number = numbers[name]
        same = id_number.normalise(number) == numbers["id_number"]
        if number and not same and not id_number.is_valid(number):
            return number
    return f"row{row:05d}"


def _birth_date(text: str) -> str:
    """YYYYMMDD where a full date is written in any usual way, else the text as it is."""
    plain = unicodedata.normalize("NFKC", text)
    parts = _DATE.fullmatch(plain)
    return f"{parts[1]}{parts[2]:0>2}{parts[3]:0>2}" if parts else plain


def _refuse_duplicates(where: str, subjects: list[Subject], header: _Header) -> None:
    for name in (*NUMBERS, "student_key"):
        rows = defaultdict(list)
        for subject in subjects:
            rows[folded(getattr(subject, name))].append(subject.row)
        twice = [
            " and ".join(map(str, same)) for number, same in rows.items() if number and same[1:]
        ]
        if twice:
            title = header.titles.get(name, "学号 / 考生号")
            raise RosterError(
                f"{where}, column {title}: the same number in rows {listed(twice)}.",
                "Keep one row for each student.",
            )


def _remarks(file: str, header: _Header, notes: _Notes) -> Iterable[str]:
    for name, rows in notes.damaged.items():
        if rows:
            yield (
                f"{counted(len(rows), 'cell')} of column {header.titles[name]} in {file} damaged "
                f"by Excel, last digits lost (rows {listed(rows)}); enter them again as text."
            )
    if notes.keyless:
        yield (
            f"{counted(len(notes.keyless), 'row')} of {file} without number and name left out "
            f"(rows {listed(notes.keyless)})."
        )
    for ignored, used in header.ignored.items():
        yield f"Column {ignored} of {file} was not used: {used} is read instead."
