"""The workbook's sheet of counts: students, files, reasons; every part adds up to its whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import xlsxwriter

from pipeline.core.moments import local_minute
from pipeline.core.reasons import kind_name
from pipeline.core.shares import shares
from pipeline.core.types import PHOTO
from pipeline.core.words import Language, word, words
from pipeline.report import paper
from pipeline.store import RunSummary

_TABLE = paper.Table((34, 12, 12, 12, 12, 12, 12, 12), 8)


def write_summary(book: xlsxwriter.Workbook, run: RunSummary, lang: Language) -> None:
    """Add the sheet.

    Args:
        book: Gets the sheet.
        run: The run's summary.
        lang: Of all words.
    """
    t = words("report", lang)
    sheet = _Sheet(book, lang, made(run, lang))
    sheet.parts(t["decision"], run.counts.decision, "decision")
    sheet.parts(t["by_category"], run.counts.category, "category")
    if told := run.intake:
        i = words("intake", lang)
        people = [i["with_photo"], i["without_photo"]]
        counts = [told["with_photo"], told["without_photo"]]
        if told.get("with_reference") or told.get("without_reference"):
            people += [i["with_reference"], i["without_reference"]]
            counts += [told["with_reference"], told["without_reference"]]
        sheet.table([i["students"], *people], [[str(told["students"]), *map(str, counts)]])
        fates = words("fate", lang)
        head = [i["kind"], i["found"], *fates.values(), i["students"]]
        rows = [
            [
                i["photo"] if kind == PHOTO else kind_name(kind, lang),
                *(str(one[key]) for key in ("found", *fates, "students")),
            ]
            for kind, one in told["files"].items()
        ]
        sheet.table(head, rows)
    sheet.counted(t["by_reason"], run.counts.reasons)


def made(run: RunSummary, lang: Language) -> str:
    """What stands over every page of the workbook: the report's name, and when it was made."""
    t = words("report", lang)
    return f"{t['title']} · {t['finished']} {local_minute(run.finished)}"


class _Sheet:
    """Tables below each other."""

    def __init__(self, book: xlsxwriter.Workbook, lang: Language, title: str) -> None:
        name = word("sheet", "summary", lang)
        self._lang, self._row = lang, 0
        self._sheet = book.add_worksheet(name)
        self._header, self._text = book.add_format(paper.HEADER), paper.text_style(book)
        grid = {key: value for key, value in paper.TEXT.items() if key != "num_format"}
        self._number = book.add_format(grid)
        self._share = book.add_format({**grid, "num_format": "0.0%"})
        self._whole = book.add_format({**grid, "bold": True})
        self._hundred = book.add_format({**grid, "bold": True, "num_format": "0.0%"})
        paper.on_paper(self._sheet, _TABLE, f"{title} · {name}")
        self._sheet.fit_to_pages(1, 1)

    def parts(self, title: str, counts: Mapping[str, int], section: str) -> None:
        """Counts of parts of a whole, with shares that add up to 100 %, and the whole."""
        self._head([title, word("sheet", "count", self._lang), word("sheet", "share", self._lang)])
        for key, share in shares(counts).items():
            self._line(word(section, key, self._lang), counts[key], share)
        self._row += 1
        self._sheet.write_string(self._row, 0, word("sheet", "whole", self._lang), self._whole)
        self._sheet.write_number(self._row, 1, sum(counts.values()), self._whole)
        self._sheet.write_number(self._row, 2, float(any(counts.values())), self._hundred)
        self._row += 2

    def counted(self, title: str, counts: Mapping[str, int]) -> None:
        """Counts that overlap: a student may have several reasons, so that there are no shares."""
        self._head([title, word("sheet", "count", self._lang)])
        for key, count in counts.items():
            self._line(word("reason", key, self._lang), count)
        self._row += 2

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table of counts."""
        self._head(head)
        for name, *numbers in rows:
            self._row += 1
            self._sheet.write_string(self._row, 0, name, self._text)
            for column, number in enumerate(numbers, 1):
                self._sheet.write_number(self._row, column, int(number), self._number)
        self._row += 2

    def _head(self, texts: Sequence[str]) -> None:
        self._sheet.set_row_pixels(self._row, _TABLE.height_of(texts, paper.LINE_PX + 12))
        paper.write_row(self._sheet, self._row, texts, self._header)

    def _line(self, name: str, count: int, share: float | None = None) -> None:
        self._row += 1
        self._sheet.set_row_pixels(self._row, _TABLE.height_of([name]))
        self._sheet.write_string(self._row, 0, name, self._text)
        self._sheet.write_number(self._row, 1, count, self._number)
        if share is not None:
            self._sheet.write_number(self._row, 2, round(share / 100, 4), self._share)
