"""Cells of a workbook (.xlsx, .xls, .ods, .et) as lines of JSON, in a process of its own.

Run by its path with the workbook as standard input (`pipeline.source.tables`); nothing of this
program is imported. The library that reads workbooks ends its process on some hostile files, so
the process has limits of memory and time, and its death is one more way of saying "damaged".

Output: for each sheet `{"sheet": NAME, "hidden": BOOL, "merged": BOOL}`, the last false where
merged cells cannot be told, then one array a row, at last `{"end": 1}` or `{"error": WORDS}`.
Numbers stay numbers, so that the reader can tell digits that Excel has lost.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Collection, Iterator
from datetime import date
from xml.parsers import expat

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 60
MAX_ROWS = 299_999
MAX_COLUMNS = 702  # ZZ
MAX_CELLS = 6_000_000
MAX_AREA = 20_000_000  # cells of a sheet's rectangle, empty ones too
MAX_UNPACKED = 1 << 30
MAX_MEMBERS = 10_000
MAX_MERGED = 200_000
CHUNK = 1 << 20

# A cell beyond the bounds: a library that holds sheets as rectangles would take memory for all
# that lies between. Row 300,000 and on, or column AAA and on.
_FAR = re.compile(rb"""\sr=["'](?:[A-Z]{0,3}(?:\d{7,}|[3-9]\d{5})|[A-Z]{3,}\d+)["']""")
_OVERLAP = 64  # bytes; longer than any match

_BINARY = "xl/workbook.bin"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"

Cell = float | str
Range = tuple[tuple[int, int], tuple[int, int]]  # first and last row and column, from 0
_ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError)


class Refused(Exception):  # noqa: N818 - an answer, not a fault of this program
    """Why a workbook is not read, in words for people."""


def main() -> None:
    """Read standard input, write standard output; a failure that has words is an `error` line."""
    from python_calamine import CalamineError

    bound_process(MEMORY_BYTES, CPU_SECONDS)
    try:
        data = sys.stdin.buffer.read()
        if data.startswith(b"PK"):
            _examine(data)
        for line in _lines(data):
            _tell(line)
        _tell({"end": 1})
    except MemoryError:
        _tell({"error": "it needs more memory than a roster may take"})
    except (Refused, CalamineError, expat.ExpatError, *_ZIP_FAULTS) as error:
        _tell({"error": str(error).partition("\n")[0][:200] or type(error).__name__})
    sys.stdout.flush()


def _tell(line: object) -> None:
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def bound_process(memory_bytes: int, cpu_seconds: int) -> None:
    """Bound this process's memory and time, where the system can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    for kind, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def _examine(data: bytes) -> None:
    """Refuse what would unpack to too much, or has a cell too far out."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        members = book.infolist()
        if len(members) > MAX_MEMBERS:
            raise Refused(f"it has {len(members)} parts, at most {MAX_MEMBERS} are read")
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise Refused(f"it unpacks to more than {MAX_UNPACKED >> 20} MiB")
        for member in members:
            if "worksheets/" in member.filename and member.filename.endswith(".xml"):
                _examine_sheet(book, member)


def _examine_sheet(book: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    with book.open(member) as packed:
        tail = b""
        while chunk := packed.read(CHUNK):
            if found := _FAR.search(tail + chunk):
                place = found[0].split(b"=")[1].strip(b"\"'").decode()
                raise Refused(
                    f"{member.filename} has something in {place}; at most {MAX_ROWS} rows and"
                    f" {MAX_COLUMNS} columns are read"
                )
            tail = chunk[-_OVERLAP:]


def _lines(data: bytes) -> Iterator[object]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    left = MAX_CELLS
    members = _members(data)
    # First: on an .ods whose XML is broken the library would work until its time is up.
    merged = _merged_in_ods(data, members)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for known in book.sheets_metadata:
        if known.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(known.name)
        hidden = known.visible is not SheetVisibleEnum.Visible
        # Of .xlsb the library does not tell what is merged.
        yield {"sheet": known.name, "hidden": hidden, "merged": _BINARY not in members}
        tall, wide = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
        if tall > MAX_ROWS or wide > MAX_COLUMNS or tall * wide > MAX_AREA:
            raise Refused(
                f"sheet {known.name} has {tall} rows and {wide} columns; at most {MAX_ROWS} and"
                f" {MAX_COLUMNS} are read, and {MAX_AREA} cells"
            )
        rows = sheet.to_python(skip_empty_area=False)
        table: list[list[Cell]] = [[_plain(cell) for cell in row] for row in rows]
        _fill(table, merged.get(known.name) or sheet.merged_cell_ranges or [])
        for row in table:
            while row and row[-1] == "":
                row.pop()
            left -= len(row)
            if left < 0:
                raise Refused(f"it has more than {MAX_CELLS} cells")
            yield row


def _members(data: bytes) -> Collection[str]:
    """Names of a workbook's parts; none of one that is no zip."""
    if not data.startswith(b"PK"):
        return ()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return book.namelist()


def _merged_in_ods(data: bytes, members: Collection[str]) -> dict[str, list[Range]]:
    """By sheet, the merged cells of an .ods, which the library does not tell; {} of other files."""
    if "content.xml" not in members:
        return {}
    tables = _Tables()
    with zipfile.ZipFile(io.BytesIO(data)) as book, book.open("content.xml") as packed:
        while chunk := packed.read(CHUNK):
            tables.parser.Parse(chunk, False)
        tables.parser.Parse(b"", True)
    return tables.merged


class _Tables:
    """Follows rows and cells of an .ods by their repetitions (ODF 1.3, part 3, 9.1 and 19.675)."""

    def __init__(self) -> None:
        self.merged: dict[str, list[Range]] = {}
        self._ranges: list[Range] = []
        self._row = self._rows = self._column = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = _no_entity

    def _start(self, name: str, about: dict[str, str]) -> None:
        match name.removeprefix(f"{_TABLE} "):
            case "table":
                self._ranges = self.merged.setdefault(about.get(f"{_TABLE} name", ""), [])
                self._row = 0
            case "table-row":
                self._rows, self._column = _times(about, "number-rows-repeated"), 0
            case "table-cell" | "covered-table-cell":
                wide = _times(about, "number-columns-spanned")
                high = _times(about, "number-rows-spanned")
                if wide * high > 1:
                    first = self._row, self._column
                    self._ranges.append((first, (first[0] + high - 1, first[1] + wide - 1)))
                    if len(self._ranges) > MAX_MERGED:
                        raise Refused(f"it has more than {MAX_MERGED} merged cells")
                self._column += _times(about, "number-columns-repeated")

    def _end(self, name: str) -> None:
        if name == f"{_TABLE} table-row":
            self._row += self._rows


def _times(about: dict[str, str], what: str) -> int:
    text = about.get(f"{_TABLE} {what}", "1")
    return max(1, int(text)) if text.isdecimal() else 1


def _no_entity(*_: object) -> None:
    raise Refused("it defines abbreviations of its own, which no program writes")


def _plain(cell: object) -> Cell:
    """Dates as YYYY-MM-DD, numbers and texts as they are."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, int | float | str):
        return cell
    return cell.isoformat()[:10] if isinstance(cell, date) else str(cell)


def _fill(table: list[list[Cell]], merged: list[Range]) -> None:
    """What merged cells say, in each of them; rows that hold nothing else stay empty.

    Args:
        table: Filled in place.
        merged: First and last row and column of each range, from 0.
    """
    empty = [not any(cell != "" for cell in row) for row in table]
    filled = 0
    for (top, left), (bottom, right) in merged:
        if top >= len(table) or left >= len(table[top]):
            continue
        value = table[top][left]
        for number in range(top, min(bottom + 1, len(table))):
            row = table[number]
            for column in range(left, min(right + 1, len(row))):
                if row[column] == "" and not empty[number]:
                    row[column] = value
            filled += right - left + 1
            if filled > MAX_CELLS:
                raise Refused(f"its merged cells cover more than {MAX_CELLS} cells")


if __name__ == "__main__":
    main()
