"""Roster files as sheets of raw cells: .xlsx, .csv, .dbf.

The libraries of xlsx and dbf are loaded by the first file of that kind.
"""

from __future__ import annotations

import csv
import io
import re
import struct
import warnings
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from pipeline.core.errors import RosterError
from pipeline.core.privacy import masked
from pipeline.source.text import fault

Row = tuple[object, ...]

DELIMITERS = ",;\t"

_BOMS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# What student systems write into a CSV to keep Excel from reading a number: ="0012", '0012.
_FORCED_TEXT = re.compile(r'=?"(.*)"|\'(.*)')

# Code pages of dbf. GB18030 contains GBK (cp936) and the rare characters of names that GBK lacks;
# files that name no code page (0x00) come from Chinese systems here.
CODE_PAGES = dict.fromkeys((0x00, 0x4D, 0x7A), ("gb18030", "Chinese GB18030"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; `rows[0]` is row 1. `name` is "" where the format has no sheets."""

    name: str
    rows: list[Row]


def read_sheets(path: Path) -> Generator[Sheet]:
    """The sheets of a roster file, one after the other. Close the iterator when done early.

    Raises:
        RosterError: If the file is missing, of another format, damaged or locked by a password.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RosterError(
            f"The roster {path} is not of a format that can be read.",
            f"Save it as one of {', '.join(_READERS)}.",
        )
    with _readable(path):
        yield from reader(path)


def cell_text(value: object) -> str:
    """A cell as people see it: whole numbers as plain digits, dates as YYYY-MM-DD."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    text = str(value).strip()
    forced = _FORCED_TEXT.fullmatch(text)
    return (forced[1] or forced[2] or "").strip() if forced else text


@contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except (
        *(OSError, BadZipFile, ParseError, csv.Error),
        *(ValueError, TypeError, LookupError, struct.error),  # how the readers meet damaged files
    ) as error:
        raise RosterError(
            f"The roster {path} cannot be read: {masked(fault(error))}.",
            "Check the path; open the file, save it again without a password, and try again.",
        ) from error


def _xlsx(path: Path) -> Generator[Sheet]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with _unwarned():
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except InvalidFileException as error:
        raise ValueError(fault(error)) from error
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # some programs write "A1", and only that would be read
            with _unwarned():
                rows = list(sheet.iter_rows(values_only=True))
            yield Sheet(sheet.title, rows)
    finally:
        book.close()


@contextmanager
def _unwarned() -> Generator[None]:
    """Without openpyxl's notes on missing styles and extensions: they do not concern the values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _csv(path: Path) -> Generator[Sheet]:
    data = path.read_bytes()
    encodings = [name for bom, name in _BOMS.items() if data.startswith(bom)]
    text = _decoded(data, encodings or ["utf-8", "gb18030"])
    start = "\n".join(text.splitlines()[:20])
    delimiter = max(DELIMITERS, key=start.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    yield Sheet("", [tuple(row) for row in reader])


def _decoded(data: bytes, encodings: list[str]) -> str:
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(f"its characters are not {' or '.join(encodings)}")


def _dbf(path: Path) -> Generator[Sheet]:
    import dbf

    dbf.tables.code_pages.update(CODE_PAGES)
    # A table with a memo file (.fpt) is often delivered without it.
    # `closing`, because the table's own `with` would open the user's file for writing.
    try:
        with closing(dbf.Table(str(path), ignore_memos=True).open(dbf.READ_ONLY)) as table:
            rows: list[Row] = [tuple(table.field_names)]
            # Numbers are stored as digits and whole, so as text they are not suspect of Excel.
            rows += [() if dbf.is_deleted(r) else tuple(map(cell_text, r)) for r in table]
    except dbf.DbfError as error:
        raise ValueError(fault(error)) from error
    yield Sheet("", rows)


_READERS: dict[str, Callable[[Path], Generator[Sheet]]] = {
    ".xlsx": _xlsx,
    ".xlsm": _xlsx,
    ".csv": _csv,
    ".txt": _csv,
    ".dbf": _dbf,
}
