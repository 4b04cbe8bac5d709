"""Tables of a web page: what many student systems save under the name .xls."""

from __future__ import annotations

from html.parser import HTMLParser

Row = tuple[object, ...]
MAX_SPAN = 1000
MAX_CELLS = 6_000_000


def tables(text: str) -> list[list[Row]]:
    """Every table's rows of texts; spanned cells are filled down and right.

    Raises:
        ValueError: If there is no table, or one with far too many cells.
    """
    parser = _Tables()
    parser.feed(text)
    parser.close()
    if not parser.tables:
        raise ValueError("it is a web page without a table")
    return [[tuple(row) for row in rows] for rows in parser.tables]


class _Tables(HTMLParser):
    """Collects cells; a cell that is never closed ends where the next one begins."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[object]]] = []
        self._open = False
        self._spans: dict[int, tuple[int, str]] = {}  # by column: rows still to fill, and with what
        self._span = (1, 1)
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._open and tag in ("table", "tr", "td", "th"):
            self.handle_endtag("td")
        if tag == "table":
            self.tables.append([])
            self._spans = {}
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
            self._filled()
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            told = dict(attrs)
            self._span = _number(told.get("rowspan")), _number(told.get("colspan"))
            self.tables[-1][-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._open:
            self._open = False
            row = self.tables[-1][-1]
            down, right = self._span
            text = str(row[-1])
            first = len(row) - 1
            row.extend([text] * (right - 1))
            self._cells += right
            if self._cells > MAX_CELLS:
                raise ValueError(f"it has more than {MAX_CELLS} cells")
            if down > 1:
                self._spans |= dict.fromkeys(range(first, len(row)), (down - 1, text))
            self._filled()

    def handle_data(self, data: str) -> None:
        if self._open:
            row = self.tables[-1][-1]
            row[-1] = f"{row[-1]}{data}".strip()

    def _filled(self) -> None:
        """Append what cells of rows above say of the next columns."""
        row = self.tables[-1][-1]
        while (column := len(row)) in self._spans:
            left, text = self._spans.pop(column)
            row.append(text)
            if left > 1:
                self._spans[column] = left - 1, text


def _number(text: str | None) -> int:
    return min(int(text), MAX_SPAN) if text and text.isdecimal() and int(text) else 1
