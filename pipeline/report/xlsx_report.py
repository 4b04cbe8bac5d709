"""`report.xlsx`: the table that goes from the college to the academic office and back."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from pipeline.core.delivery import Delivered
from pipeline.core.reasons import ACCEPTED, OTHER, catalogue
from pipeline.core.types import OVERLAY, PHOTO, Case, Decision
from pipeline.core.words import DEFAULT_LANGUAGE, Language, word, words
from pipeline.report import paper
from pipeline.report.files import replacing
from pipeline.report.pictures import smaller
from pipeline.report.score import on_scale
from pipeline.report.summary_sheet import made, write_summary
from pipeline.report.view import (
    advice_of,
    codes,
    has_pictures,
    kind_of,
    masked_path,
    photo_name,
    reason_of_fate,
    reasons_of,
    told,
)
from pipeline.store import RunSummary

# Columns of the college table (电子图像校对勘误汇总表, domain.md 2) and widths in characters. Those
# down to `measure` are printed; the others are read on the screen.
COLUMNS = {
    "no": 5,
    "photo": 15,
    "reference": 15,
    "name": 11,
    "student_no": 15,
    "college": 14,
    "class": 14,
    "decision": 9,
    "reasons": 18,
    "sentences": 44,
    "verdict": 14,
    "measure": 10,
    "state": 12,
    "reviewer": 12,
    "student_verdict": 16,
    "date": 12,
    "major": 18,
    "candidate_no": 18,
    "id_number": 21,
    "photo_file": 26,
    "codes": 30,
}
KEYS = tuple(COLUMNS)
STUDENTS = paper.Table(tuple(COLUMNS.values()), KEYS.index("measure") + 1)
# Of the sheet of files; all are printed.
FILE_COLUMNS = {"photo": 15, "file": 48, "kind": 14, "fate": 12, "student": 18, "why": 50}
FILES = paper.Table(tuple(FILE_COLUMNS.values()), len(FILE_COLUMNS))
COLOURS = {
    Decision.FLAG: ("#A3261B", "#FDECEA"),
    Decision.REVIEW: ("#7A4D00", "#FDF3DC"),
    Decision.ACCEPT: ("#1C6B3F", "#E6F4EA"),
}
PICTURE_PX = 140  # of its longer side on the sheet; 28 mm on paper
_SHARPER = 1.5  # pixels that a picture has for each it is shown with, for printers
PICTURE_ROWS = 2000  # spreadsheet programs crawl with many more pictures; report.html has them all


People = Callable[[Case], Mapping[str, str]]


def write_xlsx(
    run: RunSummary,
    cases: Iterable[Case],
    path: Path,
    lang: Language = DEFAULT_LANGUAGE,
    people: People = lambda _: {},
    files: Iterable[Delivered] | None = None,
) -> None:
    """Write the workbook of these cases, in the order of the roster; arguments as of `filling`."""
    with filling(run, path, lang, people, files) as add:
        for case in cases:
            add(case)


@contextmanager
def filling(
    run: RunSummary,
    path: Path,
    lang: Language = DEFAULT_LANGUAGE,
    people: People = lambda _: {},
    files: Iterable[Delivered] | None = None,
) -> Iterator[Callable[[Case], None]]:
    """A workbook that is given cases: the college table, a sheet of counts, and one of files.

    Every cell of the table is text: no number turns scientific, no name becomes a formula. REVIEW
    and FLAG rows carry pictures, up to `PICTURE_ROWS` of them.

    Args:
        run: The run's summary.
        path: Where to put it, when the block ends well.
        lang: Language of headers, choices and sentences.
        people: What people have decided about a case, by column key; nothing by default.
        files: Those of the delivery that are not in use. With them, photos that nobody claims
            stand on a sheet of files and not among the students.

    Returns:
        What takes the next case, in the order of the roster.

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
        students = _Students(book, run, lang, people, apart=files is not None)
        yield students.add
        students.finish()
        write_summary(book, run, lang)
        if rows := list(files or ()):
            files_sheet(book, run, rows, students.strays, lang)


class _Students:
    """The first sheet, one row a student.

    Attributes:
        strays: Photos that nobody claims, where they stand `apart`.
    """

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        run: RunSummary,
        lang: Language,
        people: People,
        *,
        apart: bool,
    ) -> None:
        self._run, self._lang, self._people, self._apart = run, lang, people, apart
        self.strays: list[Case] = []
        self._pictured = 0
        self._states = {
            decision: paper.text_style(book, bold=True, font_color=ink, bg_color=ground)
            for decision, (ink, ground) in COLOURS.items()
        }
        header = [word("sheet", key, lang) for key in KEYS]
        name = word("sheet", "students", lang)
        self._listed = paper.Sheet(book, name, STUDENTS, header, f"{made(run, lang)} · {name}")
        self._listed.sheet.freeze_panes(1, KEYS.index("name") + 1)

    def add(self, case: Case) -> None:
        """The next row."""
        if self._apart and not case.subject.student_key:
            self.strays.append(case)
            return
        sheet, row = self._listed.sheet, self._listed.last + 1
        shown = self._pictured < PICTURE_ROWS and has_pictures(case, everyone=False)
        self._pictured += shown
        told = on_scale(case, self._run.thresholds)
        cells = _cells(row, told, self._lang, self._people(case))
        self._listed.add(cells, PICTURE_PX + 6 if shown else 0)
        state = KEYS.index("decision")
        sheet.write_string(row, state, cells[state], self._states[case.assessment.decision])
        if shown:
            _place_pictures(sheet, row, case, self._lang)

    def finish(self) -> None:
        """What needs to know how many rows there are."""
        _choices(self._listed.sheet, max(1, self._listed.last), self._lang)
        self._listed.finish()


def _cells(number: int, case: Case, lang: Language, decided: Mapping[str, str]) -> list[str]:
    """The texts of one row in the order of `COLUMNS`; what nobody has decided stays empty."""
    subject, names, style = case.subject, words("reason", lang), words("style", lang)
    found, remarks = reasons_of(case), dict.fromkeys(f.code for f in advice_of(case))
    sentences = [told(f, case, lang) for f in found]
    if remarks:
        listed = style["comma"].join(names.get(code, code) for code in remarks)
        sentences.append(words("report", lang)["advice_short"] + listed)
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
        "decision": word("decision", case.assessment.decision, lang),
        "codes": codes(found),
        "reasons": "\n".join(dict.fromkeys(names.get(f.code, f.code) for f in found)),
        "sentences": paper.fitted("\n".join(dict.fromkeys(sentences)), COLUMNS["sentences"]),
        **decided,
    }
    return [known.get(key, "") for key in KEYS]


def _place_pictures(sheet: Worksheet, row: int, case: Case, lang: Language) -> None:
    """Photo and reference (the one that decided, else the first) as small pictures."""
    kinds = [kind for kind in case.pictures if kind not in (PHOTO, OVERLAY)]
    decided = case.assessment.reference
    kind = decided if decided in kinds else next(iter(kinds), "")
    for key, slot in (("photo", "photo"), ("reference", kind)):
        if slot in case.pictures:
            _place(sheet, (row, KEYS.index(key)), case.pictures[slot], word("sheet", key, lang))


def _place(sheet: Worksheet, cell: tuple[int, int], jpeg: bytes, what: str) -> None:
    data, scale = _small(jpeg)
    options = {
        "image_data": data,
        "object_position": 1,  # moves and hides with its row when the table is filtered
        "x_offset": 3,
        "y_offset": 3,
        "x_scale": scale,
        "y_scale": scale,
        "description": what,
    }
    sheet.insert_image(*cell, "picture.jpg", options)


def _small(jpeg: bytes) -> tuple[io.BytesIO, float]:
    """The picture for a cell, and the scale it is shown at; carries no density: 1 px is 1 px."""
    wide = _column_px(COLUMNS["photo"])
    room = round(wide * _SHARPER), round(PICTURE_PX * _SHARPER)
    data, width, height = smaller(jpeg, *room, quality=80)
    return io.BytesIO(data), min(1.0, wide / width, PICTURE_PX / height)


def _column_px(width: int) -> int:
    """Pixels between a column's borders, 7 a character, with room at both sides of a picture."""
    return 7 * width + 5 - 6


def _choices(sheet: Worksheet, last: int, lang: Language) -> None:
    """What people choose from."""
    registry = dict.fromkeys(r.registry for r in catalogue().values() if r.registry)
    choices = {
        "verdict": [word("category", c, lang) for c in (ACCEPTED, *registry, OTHER)],
        "measure": list(words("remedy", lang).values()),
    }
    for key, source in choices.items():
        column = KEYS.index(key)
        sheet.data_validation(1, column, last, column, {"validate": "list", "source": source})


def files_sheet(
    book: xlsxwriter.Workbook,
    run: RunSummary,
    files: Sequence[Delivered],
    strays: Iterable[Case],
    lang: Language,
) -> None:
    """The sheet of files that are not in use: nobody's first, with their pictures, then others."""
    name = word("sheet", "files", lang)
    header = [word("sheet", "photo", lang)]
    header += [word("intake", key, lang) for key in FILE_COLUMNS if key != "photo"]
    listed = paper.Sheet(book, name, FILES, header, f"{made(run, lang)} · {name}")
    listed.sheet.freeze_panes(1, 2)
    pictures: defaultdict[str, list[bytes]] = defaultdict(list)
    for case in strays:
        if PHOTO in case.pictures:
            pictures[case.photo].append(case.pictures[PHOTO])
    order = list(words("fate", lang))
    ordered = sorted(files, key=lambda file: order.index(file.fate.value))
    ordered.sort(key=lambda file: file.fate.value != "unmatched")
    pictured = 0
    for file in ordered:
        waiting = pictures.get(file.name.rpartition("/")[-1]) if file.kind == PHOTO else None
        shown = bool(waiting) and file.fate.value == "unmatched" and pictured < PICTURE_ROWS
        listed.add(["", *_file_cells(file, lang)], PICTURE_PX + 6 if shown else 0)
        if shown and waiting:
            pictured += 1
            _place(listed.sheet, (listed.last, 0), waiting.pop(0), header[0])
    listed.finish()


def _file_cells(file: Delivered, lang: Language) -> list[str]:
    return [
        paper.fitted(masked_path(file), FILE_COLUMNS["file"]),
        kind_of(file, lang),
        word("fate", file.fate.value, lang),
        file.student_key,
        paper.fitted(reason_of_fate(file, lang), FILE_COLUMNS["why"]),
    ]
