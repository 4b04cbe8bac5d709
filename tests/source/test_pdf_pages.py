"""PDF scans as references: one file of the delivery each, one picture a page."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hostile import scans
from roster_cases import HEADER, xlsx

from pipeline.core.delivery import Delivered, Fate
from pipeline.core.policy import load_policy
from pipeline.core.types import Cohort
from pipeline.core.words import languages, remark_text, words
from pipeline.source import gather, pdf_pages
from pipeline.student.decode import UnreadableError, decode_picture, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    xlsx(tmp_path / "roster.xlsx", [HEADER, ["2022001", "张三", ""], ["2022002", "李四", ""]])
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "2022001.jpg").write_bytes(b"1")
    (tmp_path / "cards").mkdir()
    return tmp_path


def gathered(folder: Path, kind: str = "idcard") -> Cohort:
    return gather(folder / "roster.xlsx", [folder / "photos"], {kind: [folder / "cards"]})


def rows(cohort: Cohort) -> dict[str, Delivered]:
    return {file.name: file for file in cohort.delivered if file.kind != "photo"}


def test_each_page_is_a_reference_and_the_file_one_row(folder: Path) -> None:
    two = scans.scan(scans.gradient(300, 400), scans.gradient(310, 410))
    (folder / "cards" / "2022001-张三.pdf").write_bytes(two)
    with zipfile.ZipFile(folder / "cards" / "一班.zip", "w") as out:
        out.writestr("李四.PDF", scans.scan(scans.gradient(320, 420)))
    cohort = gathered(folder)
    assert {name: (f.fate, f.student_key) for name, f in rows(cohort).items()} == {
        "2022001-张三.pdf": (Fate.USED, "2022001"),
        "一班.zip/李四.PDF": (Fate.USED, "2022002"),
    }
    limits = load_policy().input
    seen = [
        [decode_picture(read(r.file, limits), limits).bgr.shape[1] for r in job.references]
        for job in cohort.jobs
    ]
    assert seen == [[300, 310], [320]]


def test_kinds_are_told_by_folders_for_scans_too(folder: Path) -> None:
    (folder / "cards" / "2022001-张三").mkdir()
    (folder / "cards" / "2022001-张三" / "身份证.pdf").write_bytes(scans.scan())
    assert [(f.kind, f.student_key) for f in rows(gathered(folder, "")).values()] == [
        ("idcard", "2022001")
    ]


def test_a_bad_one_is_unreadable_with_its_reason_and_the_next_is_read(folder: Path) -> None:
    for name, content in {
        "2022001.pdf": scans.in_itself(),  # ends the process that reads
        "2022002.pdf": scans.scan(),
        "张三.pdf": scans.locked(),
    }.items():
        (folder / "cards" / name).write_bytes(content)
    cohort = gathered(folder)
    told = {name: (f.fate, f.why) for name, f in rows(cohort).items()}
    remarks = " ".join(remark_text(remark, "zh") for remark in cohort.remarks)
    assert "2022001.pdf" in remarks and "张三.pdf" in remarks and "密码" in remarks
    assert told == {
        "2022001.pdf": (Fate.UNREADABLE, "pdf_damaged"),
        "2022002.pdf": (Fate.USED, ""),
        "张三.pdf": (Fate.UNREADABLE, "pdf_locked"),
    }


def test_too_large_and_too_slow_ones_say_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "cards" / "2022001.pdf").write_bytes(scans.scan())
    monkeypatch.setattr(pdf_pages, "MAX_BYTES", 100)
    assert rows(gathered(folder))["2022001.pdf"].why == "pdf_too_large"
    monkeypatch.undo()
    monkeypatch.setattr(pdf_pages, "SECONDS", 0)
    assert rows(gathered(folder))["2022001.pdf"].why == "pdf_endless"


def test_of_many_pages_the_first_are_looked_at_and_it_is_said(folder: Path) -> None:
    pages = [scans.gradient(30, 40) for _ in range(pdf_pages.MAX_PAGES + 1)]
    (folder / "cards" / "2022001.pdf").write_bytes(scans.scan(*pages))
    (folder / "cards" / "一班.pdf").write_bytes(scans.scan(*pages[:2]))
    cohort = gathered(folder)
    assert len(cohort.jobs[0].references) == pdf_pages.MAX_PAGES
    told = {name: f.why for name, f in rows(cohort).items()}
    assert told == {"2022001.pdf": "pdf_first_pages", "一班.pdf": "pdf_pages_of_many"}


def test_a_pdf_among_photos_is_no_picture(folder: Path) -> None:
    (folder / "photos" / "2022002.pdf").write_bytes(scans.scan())
    cohort = gathered(folder)
    assert [(f.name, f.fate) for f in cohort.delivered if f.name.endswith("pdf")] == [
        ("2022002.pdf", Fate.NOT_A_PICTURE)
    ]
    assert cohort.jobs[1].photo is None


def test_a_page_that_cannot_be_drawn_any_more_is_unreadable(folder: Path) -> None:
    (folder / "cards" / "2022001.pdf").write_bytes(scans.scan())
    (reference,) = gathered(folder).jobs[0].references
    (folder / "cards" / "2022001.pdf").write_bytes(scans.locked())
    with pytest.raises(UnreadableError, match="pdf_locked"):
        read(reference.file, load_policy().input)


def test_the_catalogue_has_every_reason() -> None:
    from pipeline.core import pdf

    reasons = {pdf.LOCKED, pdf.DAMAGED, pdf.NO_PAGE, pdf.TOO_MUCH, pdf_pages.TOO_LARGE}
    reasons |= {pdf_pages.ENDLESS, pdf_pages.UNREAD, pdf_pages.FIRST_PAGES, pdf_pages.PAGES_OF_MANY}
    for lang in languages():
        assert reasons <= set(words("value", lang))
