"""The roster: every sheet with a header, cells as text, each student once."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pipeline.core.delivery import RosterSheet
from pipeline.core.errors import RosterError
from pipeline.core.privacy import masked
from pipeline.core.said import Sentences, counted, said
from pipeline.core.types import Subject
from pipeline.source import id_number
from pipeline.source.columns import Columns
from pipeline.source.doubles import Entry, joined
from pipeline.source.header import HEADER_ROWS, NUMBERS, Header, find_header, titles
from pipeline.source.tables import Row, Sheet, cell_text, read_sheets
from pipeline.source.text import folded, listed

EXCEL_DIGITS = 15  # Excel's number precision; every further digit becomes 0

_NO_NUMBER = {"", "-", "--", "—", "/", "无", "暂无", "none", "null", "nan", "#n/a"}
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(\D.*)?")
_SEXES: dict[str, Literal["male", "female"]] = {
    **dict.fromkeys(("1", "男", "男性", "m", "male"), "male"),
    **dict.fromkeys(("2", "女", "女性", "f", "female"), "female"),
}


@dataclass(frozen=True, slots=True)
class Roster:
    """What the roster files say.

    Attributes:
        damaged: Keys of students whose ID number Excel has destroyed. Destroyed numbers
            of every kind are left empty: they would match wrong files and show wrong digits.
        remarks: Sentences for the run's log; never an ID number.
        sheets: What was read and what was left out.
        conflicts: By key, the rows that contradict the student's own.
        again: Rows that said again what others had said.
    """

    subjects: tuple[Subject, ...]
    damaged: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    sheets: tuple[RosterSheet, ...] = ()
    conflicts: Mapping[str, str] = field(default_factory=dict)
    again: int = 0


@dataclass(slots=True)
class _Notes:
    """What reading the rows brought to light: row numbers."""

    damaged: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    keyless: list[int] = field(default_factory=list)


def read_roster(path: Path | Sequence[Path], columns: Columns) -> Roster:
    """Read every sheet with a recognisable header, of one file or of several.

    Args:
        path: .xlsx, .xls, .ods, .csv or .dbf; anything may stand above the header in the first
            20 rows of a sheet.
        columns: Which header means which field.

    Raises:
        RosterError: If a file cannot be read, has no header row, no column that tells students
            apart, or no students.
    """
    paths = [path] if isinstance(path, Path) else list(path)
    entries: list[Entry] = []
    sheets: list[RosterSheet] = []
    remarks: list[str] = []
    for file in paths:
        found, read, noticed = _read_file(file, columns)
        entries += found
        sheets += read
        remarks += noticed
    kept, again = joined(entries)
    keyed = [
        replace(entry.subject, student_key=key)
        for entry, key in zip(kept, _keys(kept), strict=True)
    ]
    if again:
        remarks.append(
            said("note.rows_again", rows=counted(len(again), "row"), places=listed(again))
        )
    clashes = {
        subject.student_key: "; ".join(dict.fromkeys(entry.conflicts))
        for subject, entry in zip(keyed, kept, strict=True)
        if entry.conflicts
    }
    if clashes:
        remarks.append(
            said(
                "note.rows_clash",
                students=counted(len(clashes), "student"),
                keys=listed(list(clashes)),
            )
        )
    damaged = (s.student_key for s, entry in zip(keyed, kept, strict=True) if entry.damaged)
    return Roster(
        tuple(keyed), frozenset(damaged), tuple(remarks), tuple(sheets), clashes, len(again)
    )


def _read_file(path: Path, columns: Columns) -> tuple[list[Entry], list[RosterSheet], list[str]]:
    """Rows, sheets and remarks of one file."""
    entries: list[Entry] = []
    sheets: list[RosterSheet] = []
    remarks: list[str] = []
    refusals: list[str] = []
    with closing(read_sheets(path)) as found:
        for sheet in found:
            header = find_header(sheet.rows[:HEADER_ROWS], columns)
            place = f"{path.name}[{sheet.name}]" if sheet.name else path.name
            own: list[Entry] = []
            if header and header.has_key:
                notes = _Notes()
                own = list(_entries(sheet, header, place, notes))
                remarks += _remarks(place, header, notes)
            if own and not sheet.merged:
                remarks.append(said("note.merged_unknown", place=place))
            why, words = _left_out(sheet, header, own)
            titled = header.titles if header else {}
            unknown = header.unknown if header else ()
            sheets.append(RosterSheet(path.name, sheet.name, len(own), why, titled, unknown))
            entries += own
            refusals.append(
                said("sheet_why.of_sheet", sheet=sheet.name, why=words) if sheet.name else words
            )
    if not entries:
        raise RosterError(
            "roster_no_students",
            path=masked(str(path)),
            refusals=Sentences(refusals[:20] or [said("sheet_why.no_sheet")]),
        )
    # A sheet without rows is no news.
    left = [s for s in sheets if s.why and s.why != _EMPTY]
    remarks += [said("note.sheet_left_out", sheet=s.sheet, file=s.file, why=s.why) for s in left]
    return entries, sheets, remarks


_EMPTY = said("sheet_why.empty")


def _left_out(sheet: Sheet, header: Header | None, own: Sequence[Entry]) -> tuple[str, str]:
    """Why a sheet gives no students, for the list of sheets and as part of an error."""
    if own:
        return "", ""
    if header is None:
        if not any(map(any, sheet.rows)):
            return _EMPTY, said("sheet_why.no_header_empty", rows=HEADER_ROWS)
        seen = listed(titles(sheet.rows[:HEADER_ROWS]), 8)
        words = said("sheet_why.no_header", rows=HEADER_ROWS, seen=seen)
    elif not header.has_key:
        words = said("sheet_why.no_key", row=header.row, columns=listed([*header.titles.values()]))
    else:
        words = said("sheet_why.no_students", row=header.row)
    return words, words


def _entries(sheet: Sheet, header: Header, place: str, notes: _Notes) -> Iterable[Entry]:
    for row, cells in enumerate(sheet.rows[header.row :], header.row + 1):
        subject = _subject(row, cells, header, notes)
        if subject:
            damaged = notes.damaged.get("id_number", [])[-1:] == [row]
            yield Entry(subject, f"{place}:{row}", damaged)


def _subject(row: int, cells: Row, header: Header, notes: _Notes) -> Subject | None:
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
    if _repeats_header(header, numbers, text):
        return None
    return Subject(
        student_key="",
        row=row,
        **numbers,
        name=text.get("name", ""),
        sex=_SEXES.get(folded(text.get("sex", "")), ""),
        birth_date=_birth_date(text.get("birth_date", "")),
        college=text.get("college", ""),
        major=text.get("major", ""),
        class_name=text.get("class_name", ""),
        remark=text.get("remark", ""),
        no_comparison=text.get("no_comparison", ""),
        phone=unicodedata.normalize("NFKC", text.get("phone", "")),
    )


def _repeats_header(header: Header, numbers: Mapping[str, str], text: Mapping[str, str]) -> bool:
    """Whether a row is the header again, as on every printed page."""
    said = {**numbers, **text}
    return all(folded(said.get(n, "")) in (folded(t), "") for n, t in header.titles.items())


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


def _keys(entries: Sequence[Entry]) -> Iterable[str]:
    """Student number, else candidate number, else the row; each once, and never an ID number."""
    taken: set[str] = set()
    for entry in entries:
        key = next((n for n in _own(entry.subject) if folded(n) not in taken), "")
        fallback = f"row{entry.subject.row:05d}"
        count = 1
        while not key:
            trial = fallback if count == 1 else f"{fallback}-{count}"
            key, count = ("" if trial in taken else trial), count + 1
        taken.add(folded(key))
        yield key


def _own(subject: Subject) -> Iterable[str]:
    """Numbers that may stand for a student: none that is an ID number after all."""
    for number in (subject.student_no, subject.candidate_no):
        same = id_number.normalise(number) == subject.id_number
        if number and not same and not id_number.is_valid(number):
            yield number


def _birth_date(text: str) -> str:
    """YYYYMMDD where a full date is written in any usual way, else the text as it is."""
    plain = unicodedata.normalize("NFKC", text)
    parts = _DATE.fullmatch(plain)
    return f"{parts[1]}{parts[2]:0>2}{parts[3]:0>2}" if parts else plain


def _remarks(place: str, header: Header, notes: _Notes) -> Iterable[str]:
    for name, rows in notes.damaged.items():
        if rows:
            yield said(
                "note.cells_damaged",
                cells=counted(len(rows), "cell"),
                column=header.titles[name],
                place=place,
                rows=listed(rows),
            )
    if notes.keyless:
        yield said(
            "note.rows_keyless",
            rows=counted(len(notes.keyless), "row"),
            place=place,
            numbers=listed(notes.keyless),
        )
    for ignored, used in header.ignored.items():
        yield said("note.column_unused", column=ignored, place=place, used=used)
