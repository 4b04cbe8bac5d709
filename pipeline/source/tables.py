"""Table files as sheets of raw cells: workbooks (.xlsx, .xls, .ods, .et), .csv, .dbf.

What a file is, its bytes tell; the name is not asked. Workbooks are read in a process of its own
(`pipeline.source.spreadsheet`), the library of dbf is loaded by the first such file.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import struct
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.core.errors import RosterError
from pipeline.core.privacy import masked
from pipeline.core.said import cause, changed
from pipeline.source import spreadsheet

Row = tuple[object, ...]

DELIMITERS = ",;\t"
MAX_BYTES = 256 << 20
SECONDS = 90  # for one workbook, whatever it holds

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

_WORKBOOKS = (b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")  # xlsx and ods; xls and et
_NO_TABLES = {
    b"%PDF": "a PDF",
    b"\xff\xd8\xff": "a picture",
    b"\x89PNG": "a picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"{\\rtf": "a text document (RTF)",
}
_WEB_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<table|<meta|<head)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        name: "" where the format has no sheets.
        rows: `rows[0]` is row 1.
        hidden: Its author has hidden it.
        merged: What merged cells say stands in each of them; False where they cannot be told.
    """

    name: str
    rows: list[Row]
    hidden: bool = False
    merged: bool = True


def read_sheets(path: Path) -> Generator[Sheet]:
    """The sheets of a table file, one after the other. Close the iterator when done early.

    Raises:
        RosterError: If the file is missing, no regular file, of another format, damaged, locked
            by a password, or larger than a table of people may be.
    """
    with _readable(path):
        data = _content(path)
        kind = next((words for magic, words in _NO_TABLES.items() if data.startswith(magic)), "")
        if kind:
            raise ValueError(f"it is {kind}, whatever its name says")
        if data.startswith(_WORKBOOKS):
            yield from _workbook(data)
        elif _WEB_PAGE.match(data[:512].removeprefix(b"\xef\xbb\xbf")):
            from pipeline.source.web_tables import tables

            yield from (Sheet("", rows) for rows in tables(_text(data)))
        elif path.suffix.lower() == ".dbf":
            yield from _dbf(path)
        else:
            yield from _csv(data)


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
        *(OSError, csv.Error, subprocess.SubprocessError),
        *(ValueError, TypeError, LookupError, struct.error),  # how the readers meet damaged files
    ) as error:
        raise RosterError(
            "roster_unreadable", path=masked(str(path)), why=changed(cause(error), masked)
        ) from error


def _content(path: Path) -> bytes:
    """All bytes of a regular file; nothing else is opened to the end, a pipe least of all.

    Raises:
        ValueError: If it is no regular file, or too large.
    """
    # Without waiting: opening a pipe that nobody writes to would never end.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode):
            raise ValueError("it is neither a file nor a folder")
        if seen.st_size > MAX_BYTES:
            raise ValueError(
                f"it has {seen.st_size >> 20} MiB; at most {MAX_BYTES >> 20} MiB are read"
            )
        return file.read(MAX_BYTES)


def _workbook(data: bytes) -> Iterator[Sheet]:
    """Sheets of a workbook, read by a process that may die of it.

    Raises:
        ValueError: If it cannot be read.
    """
    reader = [sys.executable, "-I", str(Path(spreadsheet.__file__))]
    try:
        done = subprocess.run(  # noqa: S603 - our own file
            reader, input=data, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"reading it takes longer than {SECONDS} s") from error
    lines = done.stdout.splitlines()
    last = json.loads(lines[-1]) if lines and done.returncode == 0 else {}
    if isinstance(last, dict) and "error" in last:
        raise ValueError(str(last["error"]))
    if last != {"end": 1}:
        raise ValueError("it is damaged, or needs more memory or time than a roster may take")
    sheet: Sheet | None = None
    for line in lines[:-1]:
        told = json.loads(line)
        if isinstance(told, list) and sheet:
            sheet.rows.append(tuple(told))
        elif isinstance(told, dict):
            if sheet:
                yield sheet
            sheet = Sheet(told["sheet"], [], told["hidden"], told["merged"])
    if sheet:
        yield sheet


def _csv(data: bytes) -> Iterator[Sheet]:
    text = _text(data)
    start = "\n".join(text[:65536].splitlines()[:20])
    delimiter = max(DELIMITERS, key=start.count)
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    first = 1
    for cells in reader:
        _refuse_swallowed(cells, delimiter, first)
        first = reader.line_num + 1
        rows.append(tuple(cells))
    yield Sheet("", rows)


def _refuse_swallowed(cells: list[str], delimiter: str, line: int) -> None:
    """A quotation mark that was never closed takes the lines after it for one cell.

    Raises:
        ValueError: If a cell holds what looks like further rows.
    """
    for column, cell in enumerate(cells, 1):
        _, *below = cell.splitlines() or [""]
        if any(delimiter in part or len(cells) == 1 for part in below if part.strip()):
            raise ValueError(
                f"in line {line}, column {column}, a quotation mark opens a cell that swallows"
                f" {len(below)} further lines: remove the mark, or close it"
            )


def _text(data: bytes) -> str:
    """The file's text, by its byte order mark, as UTF-16 that has none, as UTF-8, as GB18030.

    Raises:
        ValueError: If it is none of these.
    """
    encodings = [name for bom, name in _BOMS.items() if data.startswith(bom)]
    if not encodings and b"\0" in data[:4096]:
        # Digits and delimiters have a zero for their upper byte: its place tells the order.
        even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
        encodings = ["utf-16-le" if odd > even else "utf-16-be"]
    tried = encodings or ["utf-8", "gb18030"]
    for encoding in tried:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValueError(f"its characters are not {' or '.join(tried)}")


def _dbf(path: Path) -> Iterator[Sheet]:
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
        raise ValueError(cause(error)) from error
    yield Sheet("", rows)
