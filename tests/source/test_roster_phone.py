"""Telephones of a roster: read as text, told on the list of a re-shoot day and nowhere else."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from paper_runs import made, phone
from report_cases import face
from roster_cases import only, read, xlsx
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.privacy import mobile_number
from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.night.folder import LEDGER, database_of
from pipeline.store import Store
from pipeline.store.ledger import Ledger


@pytest.mark.parametrize("title", ["手机", "联系电话", "手机号码（必填）", "Mobile", "SJH"])
def test_a_telephone_is_read_under_its_usual_headers(tmp_path: Path, title: str) -> None:
    path = xlsx(tmp_path / "r.xlsx", [("学号", title), ("1", "１３８ 0000-0001")])
    assert only(path).phone == "138 0000-0001"
    path = xlsx(tmp_path / "n.xlsx", [("学号", title), ("1", 13800000001)])
    assert only(path).phone == "13800000001", "a number of Excel's"


def test_two_telephones_of_one_student_contradict_nothing(tmp_path: Path) -> None:
    rows = [("学号", "手机"), ("1", "13800000001"), ("1", "13900000001"), ("2", None), ("2", "87")]
    roster = read(xlsx(tmp_path / "r.xlsx", rows))
    assert [s.phone for s in roster.subjects] == ["13800000001", "87"]
    assert not roster.conflicts


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("13800000001", "13800000001"),
        ("+86 138-0000-0001", "13800000001"),
        ("１３８００００００１", ""),  # ten digits
        ("0731-88888888", ""),
        ("20210001", ""),
        ("", ""),
    ],
)
def test_only_mobile_numbers_are_masked_by_value(cell: str, found: str) -> None:
    assert mobile_number(cell) == found


def test_a_store_from_before_has_no_telephones(tmp_path: Path) -> None:
    out = made(tmp_path, 2)
    with Store(database_of(out)) as store, store.transaction():
        old = "UPDATE student SET subject = json_remove(subject, '$.phone')"
        store.db.execute(old)
    with opened(out) as desk:
        (item, _) = desk.items()
        assert desk.case(item).subject.phone == ""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Telephones in the roster, in a file's name and in a comment."""
    base = tmp_path_factory.mktemp("cohort")
    (base / "photos").mkdir()
    (base / "photos" / f"{phone(1)}.jpg").write_bytes(face(50))
    out = made(base, 6)
    with Ledger(out / LEDGER) as ledger:
        accounts.add(ledger, "lu", accounts.Role.LEAD, PASSWORD, "test")
    return out


def found_in(text: str) -> list[str]:
    plain = re.sub(r"[\s-]", "", text)
    return [phone(i) for i in range(6) if phone(i) in plain]


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                parts = (book.read(name).decode("utf-8", "ignore") for name in book.namelist())
                yield path.name, " ".join(parts)
        elif path.is_file() and "sqlite" not in path.name:
            yield path.name, path.read_text("utf-8")


def test_the_store_has_them_and_no_report(run: Path) -> None:
    with Store(database_of(run), readonly=True) as store:
        assert [s.phone for _, s, _, _ in store.decided() if s.student_key] == [
            phone(i) for i in range(6)
        ]
    told = dict(texts(run))
    assert {"results.csv", "report.html", "report.xlsx", "files.csv"} <= told.keys()
    assert {name: found for name, text in told.items() if (found := found_in(text))} == {}


def test_no_page_and_no_export_has_one(run: Path, tmp_path: Path) -> None:
    with opened(run) as desk:
        cases = [item.id for item in desk.items()]
    with desk_client(run) as client:
        lead = Visitor.log_in(client, "lu")
        for case in cases:
            lead.post(f"/case/{case}/answer", verdict="other", comment=f"电话 {phone(0)}")
        pages = ["/?state=all", "/audit", "/worklist", *(f"/case/{case}" for case in cases)]
        shown = {page: lead.get(page).text for page in pages}
    assert {page: found for page, text in shown.items() if (found := found_in(text))} == {}
    for kind in ("college", "registry", "csv"):
        done = CliRunner().invoke(app, ["export", kind, str(run), "--out", str(tmp_path / kind)])
        assert done.exit_code == 0, done.output
    told = dict(texts(tmp_path))
    assert {name: found for name, text in told.items() if (found := found_in(text))} == {}
