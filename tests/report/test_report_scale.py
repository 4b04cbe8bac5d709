"""Sentences about how alike faces are speak of 0 to 100; scores as computed come when asked for."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from report_cases import flag, judged, run_of, students

from pipeline.core.reasons import sentence
from pipeline.core.types import Case
from pipeline.core.words import languages
from pipeline.report import score, write_html, write_xlsx
from pipeline.report.view import measured

_SCORE = re.compile(r"-?\b[01]\.\d+")
ALIKE = "张伟 (2).jpg (0.61 > 0.30)"


def doubted() -> Case:
    """A student whose photo is another's, with a file that is more alike."""
    found = judged(flag("NOT_ME", 0.117, ">= 0.42"), flag("BETTER_FILE", ALIKE), score=0.117)
    return replace(students()[2], assessment=found)


@pytest.mark.parametrize("lang", languages())
def test_the_page_says_places_and_keeps_scores_for_who_asks(tmp_path: Path, lang: str) -> None:
    case = doubted()
    write_html(run_of([case]), [case], tmp_path / "r.html", lang)
    page = (tmp_path / "r.html").read_text("utf-8")
    block = re.search(r'<script type="application/json" class="case">(.*?)</script>', page)
    assert block
    shown = json.loads(block[1])
    doubt, better = shown["reasons"]
    assert not _SCORE.search(doubt[1] + doubt[2] + better[1]), (doubt, better)
    assert "≥ 60" in doubt[1]
    assert "张伟 (2).jpg" in better[1]
    assert all(number in better[2] for number in ("0.61", "0.30"))
    assert any("0.117" in (entry[6] or "") for entry in shown["scores"])


@pytest.mark.parametrize("lang", languages())
def test_the_workbook_says_places(tmp_path: Path, lang: str) -> None:
    case = doubted()
    write_xlsx(run_of([case]), [case], tmp_path / "r.xlsx", lang)
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets[0]
    said = " ".join(str(cell.value) for cell in sheet[2] if cell.value)
    assert "≥ 60" in said
    assert not _SCORE.search(said), said


def test_a_place_is_the_scale_s_own() -> None:
    run = run_of([doubted()])
    finding = score.on_scale(doubted(), run.thresholds).assessment.findings[0]
    assert finding.value == score.placed(("admission", "", 0.117, ""), run.thresholds, "zh")[4]
    assert finding.limit == "≥ 60"


def test_a_file_without_a_photo_beside_it_has_one_score() -> None:
    finding = flag("BETTER_FILE", "a.jpg (0.61)")
    assert "(0.61)" not in sentence(finding, "zh")
    assert measured(finding, "zh").endswith("–")
