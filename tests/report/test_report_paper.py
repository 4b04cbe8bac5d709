"""The workbook on paper: LibreOffice prints it, and every printed page is looked at as a picture.

A cell is clipped where a character of it is on no page, or where ink touches its lower or right
border: what is cut off ends there.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import openpyxl
import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest
from report_cases import cohort, faces, flag, judged, run_of, students, subject

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.types import Case
from pipeline.core.words import Language
from pipeline.report import paper, write_xlsx

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed (soffice)")
A4 = (842, 595)  # points, across
SCALE = 2.0  # pixels a point
EDGE = 1.2  # points inside a border that stay free
DARK = 100
PALE = 230  # of a border, at most


def long_cases() -> list[Case]:
    """The dozen, ordinary students, and one with all that is long."""
    much = [flag("NOT_ME", 0.117, ">= 0.42"), flag("LOOKS_LIKE_OTHER", "2021000009")]
    much += [flag("NAME_CLASH", "2021000001.jpg"), flag("ROSTER_CLASH", "姓名：张三、李四")]
    much += [flag(code, 3.2, "-2-2", "°") for code in ("ROLL", "YAW", "PITCH")]
    who = replace(
        subject(40, "阿卜杜热合曼·买买提江·艾合买提"),
        college="马克思主义学院（思想政治理论课教学部、党委研究生工作部）",
        class_name="思想政治教育（师范类，中外合作办学）2022级1班",
        student_no="2021000040-TRANSFERRED-0001",
    )
    return [
        *students(),
        *list(cohort(20))[12:],
        Case(who, "a.jpg", judged(*much), {}, (), faces(4)),
    ]


LEFT = [
    Delivered("p", "/".join(["很长的文件夹名字"] * 12) + "/a.jpg", "photo", Fate.UNMATCHED),
    Delivered("p", "a.jpg", "photo", Fate.SET_ASIDE, "2021000001", "student_no", "a_copy"),
    Delivered("p", "b.pdf", "idcard", Fate.UNREADABLE, why="pdf_locked"),
]


def printed(
    tmp_path: Path, lang: Language, cases: list[Case] | None = None
) -> tuple[openpyxl.Workbook, pdfium.PdfDocument]:
    cases = cases or long_cases()
    write_xlsx(run_of(cases), cases, tmp_path / "report.xlsx", lang, files=LEFT)
    command = [str(SOFFICE), "--headless", f"-env:UserInstallation=file://{tmp_path}/profile"]
    command += ["--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "report.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    return book, pdfium.PdfDocument((tmp_path / "report.pdf").read_bytes())


def unprinted(book: openpyxl.Workbook, pages: pdfium.PdfDocument) -> Counter[str]:
    """Characters of printed cells that are on no page."""
    wanted: Counter[str] = Counter()
    for sheet in book:
        last = sheet[sheet.print_area.split(":")[1].replace("$", "")] if sheet.print_area else None
        for row in sheet.iter_rows():
            for cell in row:
                if last is None or cell.column <= last.column:
                    wanted.update(str(cell.value or "") if cell.data_type != "n" else "")
    seen: Counter[str] = Counter()
    for page in pages:
        # How the library writes a hyphen that ends a line.
        text = page.get_textpage().get_text_range()
        seen.update(text.replace("\x02", "-").replace("\ufffe", "-"))
    missing = wanted - seen
    return Counter({c: n for c, n in missing.items() if c.isprintable() and not c.isspace()})


def touched(page: pdfium.PdfPage) -> Iterator[tuple[float, float]]:
    """Where ink touches the lower or right border of a cell, in points."""
    drawn = page.render(scale=SCALE, grayscale=True).to_numpy()
    ink = drawn.reshape(*drawn.shape[:2]) < DARK
    columns, rows = borders(page)
    high = page.get_height()
    for left, right in pairwise(columns):
        for top, bottom in pairwise(rows):
            y0, y1 = (high - bottom - EDGE) * SCALE, (high - bottom - 0.5) * SCALE
            below = ink[int(y0) : int(y1), int((left + 1) * SCALE) : int((right - 1) * SCALE)]
            x0, x1 = (right - EDGE) * SCALE, (right - 0.5) * SCALE
            beside = ink[
                int((high - top + 1) * SCALE) : int((high - bottom - 1) * SCALE), int(x0) : int(x1)
            ]
            if below.any() or beside.any():
                yield left, bottom


def borders(page: pdfium.PdfPage) -> tuple[list[float], list[float]]:
    """Where vertical lines stand, from the left, and level ones, from above."""
    across: set[int] = set()
    down: set[int] = set()
    for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = thing.get_bounds()
        if right - left < 2 < top - bottom:
            across.add(round(5 * (left + right)))
        elif top - bottom < 2 < right - left:
            down.add(round(5 * (top + bottom)))
    return apart(across), apart(down)[::-1]


def apart(tenths: set[int]) -> list[float]:
    kept: list[float] = []
    for place in sorted(tenths):
        if not kept or place / 10 - kept[-1] > 2:
            kept.append(place / 10)
    return kept


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_clipped_on_a4_across(tmp_path: Path, lang: Language) -> None:
    book, pages = printed(tmp_path, lang)
    assert {tuple(map(round, page.get_size())) for page in pages} == {A4}
    assert unprinted(book, pages) == Counter()
    assert [(number, *spot) for number, page in enumerate(pages) for spot in touched(page)] == []


def test_rows_that_are_too_low_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper.Table, "height_of", lambda *_, **__: paper.LINE_PX + 12)
    book, pages = printed(tmp_path, "zh")
    assert unprinted(book, pages)
    assert any(list(touched(page)) for page in pages)


def open_cells(page: pdfium.PdfPage) -> Iterator[tuple[float, float]]:
    """Where a row has no line between two columns, in points."""
    drawn = page.render(scale=SCALE, grayscale=True).to_numpy()
    grey, high = drawn.reshape(*drawn.shape[:2]), page.get_height()
    columns, rows = borders(page)
    for top, bottom in pairwise(rows):
        middle = int((high - (top + bottom) / 2) * SCALE)
        for column in columns:
            around = grey[middle, int((column - 1) * SCALE) : int((column + 2) * SCALE)]
            if around.min() > PALE:
                yield column, bottom


def test_empty_cells_are_a_part_of_the_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pages = printed(tmp_path, "zh")
    assert [place for page in [*pages][:-2] for place in open_cells(page)] == []
    monkeypatch.setattr(paper, "_GRID", {})
    _, pages = printed(tmp_path, "zh")
    assert any(list(open_cells(page)) for page in [*pages][:-2]), "else the test sees nothing"


def test_a_sheet_is_one_page_wide_and_its_header_on_every_page(tmp_path: Path) -> None:
    book, pages = printed(tmp_path, "zh")
    tops = [page.get_textpage().get_text_range() for page in pages]
    assert [("复核结论" in text, "处理措施" in text) for text in tops[:-2]] == [(True, True)] * (
        len(tops) - 2
    )
    assert "合计" in tops[-2] and "无法读取" in tops[-1]
    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)


def test_120_students_take_no_more_than_12_pages(tmp_path: Path) -> None:
    """Of 120, 57 to be looked at, as of the messy delivery."""
    made = [c for c in cohort(700) if c.subject.student_key]
    wrong = [c for c in made if c.assessment.findings and c.pictures][:57]
    right = [c for c in made if not c.assessment.findings][: 120 - len(wrong)]
    cases = [*wrong, *right]
    assert len(cases) == 120
    _, pages = printed(tmp_path, "zh", cases)
    assert len(pages) <= 12
