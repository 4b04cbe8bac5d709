"""The reports of a run too large for one page: a page and a workbook a college, and their index."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import xlsxwriter
from markupsafe import Markup

from pipeline.core.delivery import Delivered
from pipeline.core.privacy import masked_sentence
from pipeline.core.types import Decision
from pipeline.core.words import Language, remark_text, word, words
from pipeline.report import paper
from pipeline.report.files import replacing
from pipeline.report.html_report import environment, head_of, inline
from pipeline.report.summary_sheet import made, write_summary
from pipeline.report.view import SYMBOLS
from pipeline.report.xlsx_report import files_sheet
from pipeline.store import RunSummary

FOLDER = "colleges"  # beside the index
_WIDTHS = (40, 12, 12, 12, 12, 44)
# As report.js does: the page is dark where the reader's system is.
_THEME = Markup(
    'const dark = matchMedia("(prefers-color-scheme: dark)");'
    'const paint = () => { document.documentElement.dataset.theme = dark.matches ? "dark"'
    ' : "light"; }; dark.addEventListener("change", paint); paint();'
)
_LONGEST = 40  # characters of a file's name that come of the college's


@dataclass(frozen=True, slots=True)
class Part:
    """One page and workbook of many.

    Attributes:
        title: The college, and which part of it where it has several.
        stem: Of the file names.
        run: The summary, with the numbers of this part.
    """

    title: str
    stem: str
    run: RunSummary

    @property
    def counts(self) -> tuple[int, ...]:
        """Students and files; of them flagged, to look at, accepted."""
        told = [self.run.counts.decision, self.run.counts.strays]
        by_decision = [sum(one.get(d.value, 0) for one in told) for d in reversed(Decision)]
        return sum(by_decision), *by_decision


def stem_of(number: int, title: str) -> str:
    """A file name that every system takes: a number, and what is readable of the title."""
    readable = re.sub(r"[^\w]+", "_", title).strip("_")[:_LONGEST]
    return f"{number:03d}-{readable}" if readable else f"{number:03d}"


def write_index_html(run: RunSummary, parts: Sequence[Part], path: Path, lang: Language) -> None:
    """Write the page that leads to each college's.

    Raises:
        StoreError: If the file cannot be written.
    """
    counts = run.counts.decision
    page = (
        environment()
        .get_template("colleges.html.jinja")
        .generate(
            **head_of(run, lang),
            decisions=[
                (d, word("decision", d, lang), SYMBOLS[d], counts.get(d, 0))
                for d in reversed(Decision)
            ],
            parts=[(part, f"{FOLDER}/{quote(part.stem)}") for part in parts],
            remarks=[masked_sentence(remark_text(remark, lang)) for remark in run.remarks],
            css=inline("report.css"),
            js=_THEME,
            js_hash=b64encode(sha256(_THEME.encode()).digest()).decode(),
        )
    )
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out,
    ):
        out.writelines(page)


def write_index_xlsx(
    run: RunSummary, parts: Sequence[Part], path: Path, lang: Language, files: Iterable[Delivered]
) -> None:
    """Write the workbook that names each college's, with the sheets of counts and of files.

    Raises:
        StoreError: If the file cannot be written.
    """
    options: dict[str, Any] = {"constant_memory": True, "tmpdir": str(path.parent)}
    table = paper.Table(_WIDTHS, len(_WIDTHS))
    t = words("report", lang)
    with (
        replacing(path) as temporary,
        temporary.open("wb") as out,
        xlsxwriter.Workbook(out, options) as book,
    ):
        book.set_properties({"title": t["title"], "author": "photoproof"})
        header = [t["college"], t["students"]]
        header += [word("decision", d, lang) for d in reversed(Decision)]
        header.append(t["workbook"])
        name = t["by_college"]
        listed = paper.Sheet(book, name, table, header, f"{made(run, lang)} · {name}")
        listed.sheet.freeze_panes(1, 0)
        for part in parts:
            listed.add([part.title, *map(str, part.counts), f"{FOLDER}/{part.stem}.xlsx"])
        listed.finish()
        write_summary(book, run, lang)
        if rows := list(files):
            files_sheet(book, run, rows, (), lang)
