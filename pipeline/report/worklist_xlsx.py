"""The intake's work list: files and students that need a look, and what is understood of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import xlsxwriter

from pipeline.core.delivery import Fate
from pipeline.core.privacy import masked_file_name, masked_sentence
from pipeline.core.reasons import kind_name
from pipeline.core.types import Cohort, Subject
from pipeline.core.words import Language, word, words
from pipeline.report import paper
from pipeline.report.files import replacing
from pipeline.report.view import kind_of, reason_of_fate
from pipeline.source.balance import missing_references


def write_worklist(cohort: Cohort, path: Path, lang: Language) -> None:
    """Write the work list: sheets of files, of students without photo or reference, of the roster.

    Every cell is text, and no ID number is in it.

    Raises:
        StoreError: The file cannot be written.
    """
    t = words("intake", lang)
    with (
        replacing(path) as temporary,
        temporary.open("wb") as out,
        xlsxwriter.Workbook(out, {"in_memory": True}) as book,
    ):
        _sheet(
            book,
            t["files"],
            _headers(lang, "file", "student", "kind", "fate", "why"),
            _files(cohort, lang),
        )
        missing = ([s.student_key, s.name, s.college, s.class_name] for s in _missing(cohort))
        _sheet(book, t["missing"], _headers(lang, "student", "name", "college", "class"), missing)
        _sheet(
            book,
            t["lacking_references"],
            _headers(lang, "student", "name", "college", "class", "lacking"),
            _without_references(cohort, lang),
        )
        sheets = ([s.file, s.sheet, str(s.students), s.why] for s in cohort.sheets)
        _sheet(book, t["sheets"], _headers(lang, "file", "sheet", "students", "why"), sheets)


_WIDTHS = {"file": 60, "why": 60, "lacking": 40, "college": 28, "class": 28, "sheet": 28}


def _headers(lang: Language, *names: str) -> list[tuple[str, int]]:
    return [(word("intake", name, lang), _WIDTHS.get(name, 18)) for name in names]


def _files(cohort: Cohort, lang: Language) -> Iterator[list[str]]:
    for file in cohort.delivered:
        if file.weak or file.fate is not Fate.USED:
            fate = word("fate", file.fate.value, lang)
            name = masked_file_name(file.path)
            yield [
                name,
                file.student_key,
                kind_of(file, lang),
                fate,
                masked_sentence(reason_of_fate(file, lang)),
            ]


def _missing(cohort: Cohort) -> Iterator[Subject]:
    return (job.subject for job in cohort.jobs if job.photo is None)


def _without_references(cohort: Cohort, lang: Language) -> Iterator[list[str]]:
    for subject, kinds in missing_references(cohort):
        names = words("style", lang)["comma"].join(kind_name(kind, lang) for kind in kinds)
        lacking = names or word("intake", "any_reference", lang)
        yield [subject.student_key, subject.name, subject.college, subject.class_name, lacking]


def _sheet(
    book: xlsxwriter.Workbook, name: str, columns: list[tuple[str, int]], rows: Iterable[list[str]]
) -> None:
    """A sheet to be read on paper; the columns are headers with their widths."""
    table = paper.Table([width for _, width in columns], len(columns))
    listed = paper.Sheet(book, name, table, [header for header, _ in columns], name)
    listed.sheet.freeze_panes(1, 0)
    for row in rows:
        listed.add([paper.fitted(cell, wide) for cell, (_, wide) in zip(row, columns, strict=True)])
    listed.finish()
