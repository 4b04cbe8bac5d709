"""Where a sheet's header row is, and which column holds which field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.source.columns import Columns
from pipeline.source.tables import Row, cell_text

HEADER_ROWS = 20
NUMBERS = ("student_no", "candidate_no", "id_number")
KEYS = (*NUMBERS, "name")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header row is and which column (0-based) holds which field, under which title.

    Attributes:
        row: From 1.
        ignored: Titles that mean a field which another column holds already, and that one's title.
        unknown: Titles that mean no field.
    """

    row: int
    columns: dict[str, int]
    titles: dict[str, str]
    ignored: dict[str, str]
    unknown: tuple[str, ...] = ()

    @property
    def has_key(self) -> bool:
        """Whether a column tells students apart."""
        return any(key in self.columns for key in KEYS)


def find_header(rows: Iterable[Row], columns: Columns) -> Header | None:
    """The row with most known headers; one with a key column before any other."""
    headers = [_header(row, cells, columns) for row, cells in enumerate(rows, 1)]
    best = max(headers, key=lambda h: (h.has_key, len(h.columns)), default=None)
    return best if best and best.columns else None


def titles(rows: Iterable[Row]) -> list[str]:
    """The texts of the fullest row: what its author took for the header."""
    texts = [[text for cell in cells if (text := cell_text(cell))] for cells in rows]
    return max(texts, key=len, default=[])


def _header(row: int, cells: Row, columns: Columns) -> Header:
    texts = [cell_text(cell) for cell in cells]
    hits = {index: columns.find(title) for index, title in enumerate(texts) if title}
    found = sorted((*hit, index) for index, hit in hits.items() if hit)
    unknown = tuple(texts[index] for index, hit in hits.items() if not hit)
    header = Header(row, {}, {}, {}, unknown)
    for _, name, index in found:  # the best header of a field first, then the leftmost
        if name not in header.columns:
            header.columns[name] = index
            header.titles[name] = texts[index]
        elif texts[index] != header.titles[name]:  # a merged header says the same twice
            header.ignored[texts[index]] = header.titles[name]
    return header
