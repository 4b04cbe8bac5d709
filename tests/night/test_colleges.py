"""A run too large for one page is told by a page and a workbook a college."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from desk_runs import drawing
from report_cases import subject

from pipeline.core.policy import load_policy, load_profile
from pipeline.core.types import Cohort, ImageFile, Job, Measurement, Reference
from pipeline.night import publishing, writing
from pipeline.night.erasing import erase_student
from pipeline.night.folder import (
    COLLEGES,
    DATABASE,
    FILES,
    PAGE,
    PREVIOUS,
    REPORTS,
    RESULTS,
    WORKBOOK,
)
from pipeline.night.nightly import run_night
from pipeline.night.purge import purge_run
from pipeline.night.writing import write_reports
from pipeline.store import Store

PLACES = ("计算机学院", "文学院", "计算机学院", "计算机学院", "", "Art & <Design>/1")
FACTS = (Measurement("source.photo_files", 1.0), Measurement("source.reference_files", 1.0))


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """One night of six students, two a page; its folder."""
    monkeypatch.setattr(publishing, "SPLIT_ABOVE", 2)
    jobs = []
    for number, college in enumerate(PLACES):
        photo = tmp_path / f"{number}.jpg"
        photo.write_text(f"score={0.8 if number else 0.1} face={number}")
        row = replace(subject(number), college=college, id_number="")
        jobs.append(Job(row, ImageFile(photo), (Reference("idcard", ImageFile(photo)),), FACTS))
    policy = load_policy()
    standard = load_profile(policy.profile)

    def go() -> Path:
        cohort = Cohort(tuple(jobs))
        run_night(cohort, tmp_path / "out", policy, standard, digests={}, factory=drawing())
        return tmp_path / "out"

    return go


def test_each_college_has_its_page_and_workbook(night: Callable[[], Path]) -> None:
    out = night()
    index = (out / PAGE).read_text("utf-8")
    titles = [
        "计算机学院 (1/2)",
        "计算机学院 (2/2)",
        "文学院",
        "未注明院系",
        "Art &amp; &lt;Design&gt;/1",
    ]
    told = re.findall(r'<a href="(colleges/[^"]+)\.html">(.+?)</a>', index)
    assert [title for _, title in told] == titles
    names = {file.name for file in (out / COLLEGES).iterdir()}
    assert len(names) == 2 * len(titles)
    assert "005-Art_Design_1.html" in names
    first = (out / COLLEGES / "001-计算机学院_1_2.html").read_text("utf-8")
    assert len(re.findall('class="case"', first)) == 2
    assert '<a href="../report.html"' in first
    # Every student stands on one page and in one workbook.
    rows = []
    for file in sorted((out / COLLEGES).glob("*.xlsx")):
        book = openpyxl.load_workbook(file)
        rows += [row[4] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    assert sorted(rows) == sorted(subject(number).student_no for number in range(6))
    listed = [*openpyxl.load_workbook(out / WORKBOOK).worksheets[0].values][1:]
    assert [row[0] for row in listed] == [
        title.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">") for title in titles
    ]
    assert sum(int(row[1]) for row in listed) == 6


def test_two_processes_write_the_same_reports(
    night: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {cores: tmp_path / str(cores) for cores in (1, 2)}
    with Store(night() / DATABASE) as store:
        summary = replace(store.finished(), identity=store.noted("identity"), workers=2)
        for cores, folder in folders.items():
            folder.mkdir()
            monkeypatch.setattr(writing, "usable_cores", lambda cores=cores: cores)
            write_reports(store, summary, folder, "zh", (*REPORTS, COLLEGES), 2)
    one, two = ({f.relative_to(d): f for d in [d] for f in d.rglob("*")} for d in folders.values())
    assert set(one) == set(two)
    assert {name.name for name in one} >= {RESULTS, FILES, PAGE, WORKBOOK, COLLEGES}
    for name, file in one.items():
        if file.suffix in (".html", ".csv"):
            assert file.read_bytes() == two[name].read_bytes(), name


def test_they_are_written_again_only_where_they_are_not_whole(night: Callable[[], Path]) -> None:
    out = night()
    stamps = {file: file.stat().st_mtime_ns for file in (out / COLLEGES).iterdir()}
    assert {file: file.stat().st_mtime_ns for file in (night() / COLLEGES).iterdir()} == stamps
    missing = next((out / COLLEGES).iterdir())
    missing.unlink()
    night()
    assert missing.is_file()


def test_a_run_that_became_small_has_one_page_again(
    night: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = night()
    monkeypatch.setattr(publishing, "SPLIT_ABOVE", 20)
    monkeypatch.setattr(publishing, "program_digest", lambda: "another")
    night()
    assert not (out / COLLEGES).exists()
    assert len(re.findall('class="case"', (out / PAGE).read_text("utf-8"))) == 6
    assert (out / PREVIOUS / COLLEGES).is_dir()


def test_nothing_is_left_of_who_is_erased_or_of_a_purged_run(night: Callable[[], Path]) -> None:
    out = night()
    found = erase_student(out, subject(1).student_key, "admin", "zh")
    assert COLLEGES in found.files
    number = subject(1).student_no.encode()
    assert (out / COLLEGES).is_dir()
    assert not any(number in file.read_bytes() for file in (out / COLLEGES).glob("*.html"))
    shutil.rmtree(out / PREVIOUS, ignore_errors=True)
    assert COLLEGES in purge_run(out, "admin").files
    assert not (out / COLLEGES).exists()
