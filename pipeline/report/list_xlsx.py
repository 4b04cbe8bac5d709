"""A short list as a workbook that is read on paper: A4 across, one page wide, the head on each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import xlsxwriter

_GRID = {"border": 1, "border_color": "#B9C0C9"}
_WIDEST = 44  # characters; what is longer is wrapped


def list_xlsx(
    out: BinaryIO, title: str, about: str, headers: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Write one sheet.

    Every cell is text: no number loses its zeros, no name becomes a formula.

    Args:
        out: Where to.
        title: Of the sheet, above the table and on each page.
        about: Below the title; "" for nothing.
        headers: Of the columns.
        rows: As many texts each.
    """
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"title": title, "author": "photoproof"})
        sheet = book.add_worksheet(title[:31])
        text = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True, **_GRID})
        head = book.add_format({"bold": True, "bg_color": "#EEF1F4", **_GRID})
        sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
        sheet.write_string(1, 0, about)
        table = [list(headers), *([_clean(cell) for cell in row] for row in rows)]
        for column, cells in enumerate(zip(*table, strict=True)):
            widest = max(_width(cell) for cell in cells)
            sheet.set_column(column, column, min(_WIDEST, widest + 2))
        for number, row in enumerate(table):
            for column, cell in enumerate(row):
                sheet.write_string(number + 2, column, cell, text if number else head)
        sheet.freeze_panes(3, 0)
        sheet.autofilter(2, 0, len(rows) + 2, len(headers) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:Z{len(rows) + 3}"})
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
        sheet.set_footer("&L&A&R&P / &N")


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _width(text: str) -> int:
    """In digits' widths: a Chinese character takes two."""
    return sum(1 if character.isascii() else 2 for character in text)
