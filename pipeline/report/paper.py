"""Sheets that are read on paper: A4 across, one page wide, nothing clipped, a grid to follow."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

CELL_LIMIT = 32_767  # characters, Excel's own
LINE_PX = 18  # of a line of text in the default font, 11 points, Chinese characters too
_TALLEST_PX = 545  # of a row; 409 points, Excel's own
_PADDING_PX = 6
# Of a column's characters so many hold text for sure: programs break lines at different places.
_FILLED = 0.88
_A4, _MARGIN_INCH = 9, 0.4
_GRID = {"border": 1, "border_color": "#B8C0C8"}
_PLAIN: dict[str, Any] = {"num_format": "@", "valign": "top", "text_wrap": True}
TEXT: dict[str, Any] = {**_PLAIN, **_GRID}
HEADER: dict[str, Any] = {**TEXT, "bold": True, "bg_color": "#EEF1F4", "valign": "vcenter"}


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet's shape.

    Attributes:
        widths: Of the columns, in characters.
        printed: So many columns come on paper, the first ones; the others are for the screen.
        tallest: A row holds at least so many pixels; 0 for what its text takes.
    """

    widths: Sequence[int]
    printed: int

    def height_of(self, texts: Sequence[str], least: int = 0) -> int:
        """Pixels that a row needs, so that no line of its printed texts is clipped."""
        lines = (
            lines_of(text, width)
            for text, width in zip(texts[: self.printed], self.widths, strict=False)
        )
        wanted = LINE_PX * max(lines, default=1) + _PADDING_PX
        return min(max(wanted, least), _TALLEST_PX)


def lines_of(text: str, width: int) -> int:
    """Lines that a text takes in a column, at most; Chinese characters are two wide."""
    room = max(1.0, width * _FILLED)
    if 2 * len(text) <= room and "\n" not in text:  # as most are
        return 1
    return sum(max(1, math.ceil(_wide(line) / room)) for line in text.split("\n"))


def fitted(text: str, width: int) -> str:
    """A text that no row can hold, cut where the tallest one ends; others as they are."""
    most = (_TALLEST_PX - _PADDING_PX) // LINE_PX
    if lines_of(text, width) <= most:
        return text
    kept: list[str] = []
    for line in text.split("\n"):
        if lines_of("\n".join((*kept, line)), width) >= most:
            break
        kept.append(line)
    room = (most - len(kept)) * int(width * _FILLED) // 2 - 1
    return "\n".join(kept or [text[: max(1, room)]]) + "…"


def _wide(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def on_paper(sheet: Worksheet, table: Table, title: str, style: Format | None = None) -> None:
    """Widths, the columns' style, and how a sheet is printed."""
    for column, width in enumerate(table.widths):
        sheet.set_column(column, column, width, style)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(_MARGIN_INCH, _MARGIN_INCH, 0.6, 0.5)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&L{title.replace('&', '&&')}")
    sheet.set_footer("&C&P / &N")


class Sheet:
    """A sheet with a header and rows of text; what stands empty is a cell of the grid too.

    No cell is written for it: of a student's row most would be, which is half of a large file. The
    columns have a text's style without its borders, and one conditional format draws these.

    Args:
        book: Whose.
        name: Of the sheet.
        table: Its shape.
        header: Of the columns.
        title: Over every page.

    Attributes:
        sheet: The sheet itself.
        last: Its last row; 0 is the header.
    """

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        name: str,
        table: Table,
        header: Sequence[str],
        title: str,
    ) -> None:
        self.sheet, self.last = book.add_worksheet(name), 0
        self._table, self._text, self._grid = table, text_style(book), book.add_format(_GRID)
        on_paper(self.sheet, table, title, book.add_format(_PLAIN))
        self.sheet.set_row_pixels(0, table.height_of(header, least=LINE_PX + 12))
        write_row(self.sheet, 0, header, book.add_format(HEADER))
        self.sheet.repeat_rows(0)

    def add(self, cells: Sequence[str], least: int = 0) -> None:
        """The next row, of so many pixels at least."""
        self.last += 1
        self.sheet.set_row_pixels(self.last, self._table.height_of(cells, least))
        write_row(self.sheet, self.last, cells, self._text)

    def finish(self) -> None:
        """Grid, filters, and what comes on paper, once the number of rows is known."""
        end = max(1, self.last)
        all_rows = {"type": "formula", "criteria": "=TRUE", "format": self._grid}
        self.sheet.conditional_format(1, 0, end, len(self._table.widths) - 1, all_rows)
        self.sheet.autofilter(0, 0, end, len(self._table.widths) - 1)
        self.sheet.print_area(0, 0, end, self._table.printed - 1)
        self.sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def write_row(sheet: Worksheet, row: int, cells: Sequence[str], style: Format) -> None:
    """Text cells, but for empty ones."""
    for column, text in enumerate(cells):
        clean = text.encode("utf-8", "backslashreplace").decode()[:CELL_LIMIT]
        if clean:
            sheet.write_string(row, column, clean, style)


def text_style(book: xlsxwriter.Workbook, **more: object) -> Format:
    """A cell of text, with what is different about it."""
    return book.add_format({**TEXT, **more})
