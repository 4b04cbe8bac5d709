"""`report.xlsx`: the table that goes from the college to the academic office and back."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import xlsxwriter
from PIL import Image
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.core.reasons import ACCEPTED, OTHER, catalogue
from pipeline.core.types import OVERLAY, PHOTO, Case, Decision
from pipeline.core.words import DEFAULT_LANGUAGE, Language, word, words
from pipeline.report.files import replacing
from pipeline.report.view import advice_of, codes, has_pictures, photo_name, reasons_of, told
from pipeline.store import RunSummary

# Column keys of the college table (电子图像校对勘误汇总表, domain.md 2) and widths in characters.
COLUMNS = {
    "no": 6,
    "college": 18,
    "major": 18,
    "class": 14,
    "student_no": 16,
    "candidate_no": 18,
    "name": 12,
    "id_number": 21,
    "photo_file": 24,
    "decision": 10,
    "codes": 24,
    "sentences": 52,
    "reviewer": 10,
    "verdict": 18,
    "measure": 10,
    "state": 12,
    "student_verdict": 14,
    "date": 12,
    "photo": 12,
    "reference": 12,
}
KEYS = tuple(COLUMNS)
COLOURS = {
    Decision.FLAG: ("#A3261B", "#FDECEA"),
    Decision.REVIEW: ("#7A4D00", "#FDF3DC"),
    Decision.ACCEPT: ("#1C6B3F", "#E6F4EA"),
}
HEADER = {"bold": True, "bottom": 1, "bg_color": "#EEF1F4"}
PICTURE_PX = 96
PICTURE_ROWS = 2000  # spreadsheet programs crawl with many more pictures; report.html has them all
CELL_LIMIT = 32_767  # characters, Excel's own


People = Callable[[Case], Mapping[str, str]]


def write_xlsx(
    run: RunSummary,
    cases: Iterable[Case],
    path: Path,
    lang: Language = DEFAULT_LANGUAGE,
    people: People = lambda _: {},
) -> None:
    """Write the college table and a sheet of counts.

    Every cell of the table is text: no number turns scientific, no name becomes a formula. REVIEW
    and FLAG rows carry thumbnails, up to `PICTURE_ROWS` of them.

    Args:
        run: The run's summary.
        cases: Consumed once, in the order of the roster.
        path: Where to put it.
        lang: Language of headers, choices and sentences.
        people: What people have decided about a case, by column key; nothing by default.

    Raises:
        StoreError: If the file cannot be written.
    """
    # Rows wait on disk, not in memory; beside the report, because they name students.
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with (
        replacing(path) as temporary,
        temporary.open("wb") as out,
        xlsxwriter.Workbook(out, options) as book,
    ):
        book.set_properties({"title": words("report", lang)["title"], "author": "photoproof"})
        _students(book, cases, lang, people)
        _summary(book, run, lang)


def _students(
    book: xlsxwriter.Workbook, cases: Iterable[Case], lang: Language, people: People
) -> None:
    """The first sheet: one row a student."""
    sheet = book.add_worksheet(word("sheet", "students", lang))
    plain = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
    states = {
        decision: book.add_format(
            {"num_format": "@", "valign": "top", "bold": True, "font_color": ink, "bg_color": paper}
        )
        for decision, (ink, paper) in COLOURS.items()
    }
    for column, width in enumerate(COLUMNS.values()):
        sheet.set_column(column, column, width, plain)
    header = book.add_format(HEADER)
    _write_row(sheet, 0, [word("sheet", key, lang) for key in KEYS], header)
    row = pictured = 0
    for row, case in enumerate(cases, start=1):
        shown = pictured < PICTURE_ROWS and has_pictures(case, everyone=False)
        pictured += shown
        if shown:
            sheet.set_row_pixels(row, PICTURE_PX + 6)
        _write_row(sheet, row, _cells(row, case, lang, people(case)), plain)
        state = word("decision", case.assessment.decision, lang)
        sheet.write_string(row, KEYS.index("decision"), state, states[case.assessment.decision])
        if shown:
            _place_pictures(sheet, row, case, lang)
    _finish(sheet, max(1, row), lang)


def _cells(number: int, case: Case, lang: Language, decided: Mapping[str, str]) -> list[str]:
    """The texts of one row in the order of `COLUMNS`; what nobody has decided stays empty."""
    subject = case.subject
    told_reasons = [told(f, case, lang) for f in reasons_of(case)]
    label = words("report", lang)["advice_short"]
    told_advice = [label + told(f, case, lang) for f in advice_of(case)]
    known = {
        "no": str(number),
        "college": subject.college,
        "major": subject.major,
        "class": subject.class_name,
        "student_no": subject.student_no or subject.student_key,
        "candidate_no": subject.candidate_no,
        "name": subject.name,
        "id_number": subject.masked_id_number,
        "photo_file": photo_name(case),
        "codes": codes(reasons_of(case)),
        "sentences": "\n".join(told_reasons + told_advice),
        **decided,
    }
    return [known.get(key, "") for key in KEYS]


def _write_row(sheet: Worksheet, row: int, cells: Iterable[str], style: Format) -> None:
    """Text cells; empty ones are skipped."""
    for column, text in enumerate(cells):
        if text:
            clean = text.encode("utf-8", "backslashreplace").decode()[:CELL_LIMIT]
            sheet.write_string(row, column, clean, style)


def _place_pictures(sheet: Worksheet, row: int, case: Case, lang: Language) -> None:
    """Photo and reference (the one that decided, else the first) as small pictures."""
    kinds = [kind for kind in case.pictures if kind not in (PHOTO, OVERLAY)]
    decided = case.assessment.reference
    kind = decided if decided in kinds else next(iter(kinds), "")
    for key, slot in (("photo", "photo"), ("reference", kind)):
        if slot in case.pictures:
            options = {
                "image_data": _small(case.pictures[slot]),
                "object_position": 1,  # moves and hides with its row when the table is filtered
                "x_offset": 3,
                "y_offset": 3,
                "description": word("sheet", key, lang),
            }
            sheet.insert_image(row, KEYS.index(key), f"{slot}.jpg", options)


def _small(jpeg: bytes) -> io.BytesIO:
    """The thumbnail shrunk to the row's height; carries no density, so 1 px is 1 px."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.thumbnail((PICTURE_PX, PICTURE_PX))
        picture.convert("RGB").save(out, "JPEG", quality=80)
    return out


def _finish(sheet: Worksheet, last: int, lang: Language) -> None:
    """Frozen head, filters and choices, once the number of rows is known."""
    sheet.freeze_panes(1, KEYS.index("name") + 1)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3, all columns on one page's width when printed
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, last, len(KEYS) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:T{last + 1}"})
    registry = dict.fromkeys(r.registry for r in catalogue().values() if r.registry)
    choices = {
        "verdict": [word("category", c, lang) for c in (ACCEPTED, *registry, OTHER)],
        "measure": list(words("remedy", lang).values()),
    }
    for key, source in choices.items():
        column = KEYS.index(key)
        sheet.data_validation(1, column, last, column, {"validate": "list", "source": source})


def _summary(book: xlsxwriter.Workbook, run: RunSummary, lang: Language) -> None:
    """The second sheet: the run's counts."""
    sheet = book.add_worksheet(word("sheet", "summary", lang))
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 2, 12)
    header = book.add_format(HEADER)
    percent = book.add_format({"num_format": "0.0%"})
    row = 0
    for counts, section, title in (
        (run.counts.decision, "decision", words("report", lang)["decision"]),
        (run.counts.category, "category", words("report", lang)["by_category"]),
        (run.counts.reasons, "reason", words("report", lang)["by_reason"]),
    ):
        head = [title, word("sheet", "count", lang), word("sheet", "share", lang)]
        _write_row(sheet, row, head, header)
        for key, count in counts.items():
            row += 1
            sheet.write_string(row, 0, word(section, key, lang))
            sheet.write_number(row, 1, count)
            sheet.write_number(row, 2, count / max(1, run.students), percent)
        row += 2
