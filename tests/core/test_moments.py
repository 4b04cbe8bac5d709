"""People read times of their own clock, with its zone; stores and JSON count in any."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from report_cases import run_of, students
from site_cases import site_file

from pipeline.assurance.privacy_sheet import Held, sheet
from pipeline.core.moments import local_day, local_minute, local_second, now_told
from pipeline.report import write_html, write_xlsx
from pipeline.site.config import load_site
from pipeline.site.messages import message

AT = "2026-11-28T23:30:05.123+00:00"


@pytest.fixture(autouse=True)
def shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_moment_is_told_by_the_local_clock() -> None:
    assert local_minute(AT) == "2026-11-29 07:30 +0800"
    assert local_second(AT) == "2026-11-29 07:30:05 +0800"
    assert local_day(AT) == "2026-11-29"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0800", now_told())


def test_report_workbook_sheet_and_message_tell_it(tmp_path: Path) -> None:
    cases = students()
    run = replace(run_of(cases), finished=AT, purged=AT)
    write_html(run, cases, tmp_path / "r.html")
    assert "2026-11-29 07:30 +0800" in (tmp_path / "r.html").read_text("utf-8")
    write_xlsx(run, cases, tmp_path / "r.xlsx")
    for page in openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets:
        assert "2026-11-29 07:30 +0800" in str(page.oddHeader.left.text), page.title
    held = "\n".join(sheet([Held("out", run, frozenset(), frozenset(), False)], "zh"))
    assert held.count("2026-11-29 07:30 +0800") == 2
    told = message(load_site(site_file(tmp_path)), "n", [], AT)
    assert "2026-11-29 07:30 +0800" in told.text
    assert told.content["finished"] == AT
