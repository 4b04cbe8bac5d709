"""Rosters written for a test, and what is read from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from pipeline.core.errors import RosterError
from pipeline.core.types import Subject
from pipeline.source.columns import load_columns
from pipeline.source.roster import Roster, read_roster

ID = "11010519491231002X"
HEADER = ("学号", "姓名", "身份证号")


def xlsx(path: Path, *sheets: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def read(path: Path, columns: Path | None = None) -> Roster:
    return read_roster(path, load_columns(columns))


def only(path: Path) -> Subject:
    (subject,) = read(path).subjects
    return subject


def error(path: Path, columns: Path | None = None) -> RosterError:
    with pytest.raises(RosterError) as caught:
        read(path, columns)
    assert caught.value.hint
    return caught.value
