"""A cohort whose every field holds ID numbers: none gets out, by file, by page or by message."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from desk_runs import drawing
from typer.testing import CliRunner

from pipeline.cli import app, main
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.night.folder import LEDGER
from pipeline.night.nightly import redecide, run_night
from pipeline.source.jobs import gather
from pipeline.store.ledger import Ledger

RESIDENT = [
    "430101200404262903",
    "110105194912310021",
    "11010519491231002X",
    "34052419800101001X",
    "430101200404262911",
]
PASSPORTS = ["E12345678", "H87654321"]
SPACED = "4301 0120 0404 2629 03"
WIDE = "４３０１０１２００４０４２６２９０３"
PARTED = "430101-20040426-2903"
# Student number, name, ID number, college, major, class and remark, each with somebody's number.
ROSTER = [
    (RESIDENT[0], f"张三{PARTED}", RESIDENT[0], f"学院{SPACED}", WIDE, PARTED, f"见{PARTED}"),
    (PASSPORTS[0], f"李四 {PASSPORTS[0]}", PASSPORTS[0], PASSPORTS[1], PARTED, "1班", SPACED),
    ("2021000003", "王五", PASSPORTS[1], f"{RESIDENT[1]}学院", RESIDENT[2], "1班", PASSPORTS[1]),
    ("2021000004", "赵六", RESIDENT[1], "学院", RESIDENT[3], f"{RESIDENT[2]}班", RESIDENT[3]),
    ("2021000005", "孙七", RESIDENT[4], "学院", "专业", "2班", ""),
]
PHOTOS = {
    f"{PARTED}.jpg": "face=1 reference=101 score=0.1",
    f"{PASSPORTS[0]}.jpg": "face=2 score=0.2",
    f"{PASSPORTS[1]}_王五.jpg": "face=3 size=600×800",
    f"{RESIDENT[1]}.jpg": "face=4",
    "2021000005.jpg": "face=5 reference=9 score=0.15",
    f"{RESIDENT[3]}.jpg": "face=7",
    f"照片 {SPACED} (2).jpg": "face=8",
}


def found_in(text: str) -> set[str]:
    """The ID numbers that a text gives away, whatever stands between their characters."""
    plain = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).upper()
    return {number for number in (*RESIDENT, *PASSPORTS) if number in plain}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("cohort")
    columns = ["学号", "姓名", "身份证号", "学院", "专业", "班级", "备注"]
    with (base / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *ROSTER])
    for folder in ("photos", "cards"):
        (base / folder).mkdir()
        for name, text in PHOTOS.items():
            (base / folder / name).write_text(text)
    cohort = gather(base / "roster.csv", [base / "photos"], {"idcard": [base / "cards"]})
    policy = load_policy(None, {"review": {"desk": "http://127.0.0.1:8765"}})
    profile = load_profile(policy.profile)
    run_night(cohort, base / "out", policy, profile, digests={}, factory=drawing())
    with Ledger(base / "out" / LEDGER) as ledger:
        for name, role in (("an", "reviewer"), ("lu", "lead")):
            accounts.add(ledger, name, accounts.Role(role), PASSWORD, "test")
    return base / "out"


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and all text of every file but the stores, whose readers are the owner alone."""
    for path in sorted(folder.rglob("*")):
        yield path.name, path.name
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                for member in book.namelist():
                    if member.endswith((".xml", ".rels")):
                        text = book.read(member).decode()
                        yield f"{path.name} {member}", re.sub(r"<[^>]*>", "|", text)
        elif path.is_file() and "sqlite" not in path.name:
            yield path.name, path.read_text("utf-8")


def test_the_test_itself_sees_them() -> None:
    everything = " ".join(" ".join(row) for row in ROSTER)
    assert found_in(everything) == {*RESIDENT, *PASSPORTS}
    assert found_in(WIDE) == found_in(SPACED) == found_in(PARTED) == {RESIDENT[0]}


def test_no_file_of_a_run_holds_one(run: Path) -> None:
    read = dict(texts(run))
    assert {"results.csv", "report.html", "run.json"} <= read.keys()
    assert "张三430***" in read["report.html"]
    assert {name: found for name, text in read.items() if (found := found_in(text))} == {}


def test_rows_of_results_stay_each_ones_own(run: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((run / "results.csv").read_text("utf-8-sig"))))
    keys = [row["subject_id"] for row in rows if row["subject_id"]]
    assert len(set(keys)) == len(ROSTER)
    assert keys[:3] == ["row00002", "row00003", "2021000003"]


def test_no_page_of_the_desk_shows_one(run: Path) -> None:
    with desk_client(run) as client:
        lead = Visitor.log_in(client, "lu")
        with opened(run) as desk:
            cases = [item.id for item in desk.items()]
        pages = ["/?state=all", "/audit", "/agreement", "/worklist", "/?state=all&q=430"]
        for case in cases:
            pages += [f"/case/{case}", f"/case/{case}/sheet"]
            comment = f"这是{SPACED}，不是 {PASSPORTS[0]}"
            answer = lead.post(f"/case/{case}/answer", verdict="not_me", comment=comment)
            assert answer.status_code == 303
        shown = {path: lead.get(path) for path in pages}
        assert {page.status_code for page in shown.values()} == {200}
        assert {path: f for path, page in shown.items() if (f := found_in(page.text))} == {}
        links = {
            link for page in shown.values() for link in re.findall(r"/student/[^\"]+", page.text)
        }
        for link in links:
            assert lead.get(link).status_code == 303


def test_no_export_holds_one_and_decisions_come_back(run: Path, tmp_path: Path) -> None:
    said = ""
    for kind in ("college", "registry", "csv"):
        done = CliRunner().invoke(app, ["export", kind, str(run), "--out", str(tmp_path / kind)])
        assert done.exit_code == 0, done.output
        said += done.output
    for command in (
        ["audit", "verify", str(run)],
        ["decide", str(run)],
        ["diff", str(run), str(run)],
    ):
        said += CliRunner().invoke(app, command).output
    assert found_in(said) == set()
    read = dict(texts(tmp_path))
    assert sum(name.endswith(".xlsx") for name in read) > 2
    assert {name: found for name, text in read.items() if (found := found_in(text))} == {}
    table = tmp_path / "csv" / "decisions.csv"
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8-sig"))))
    for row in rows:
        row |= {"verdict": "ok", "measure": "", "reviewer": "bo"}
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row for row in rows if not row["subject_id"].startswith("extra"))
    done = CliRunner().invoke(app, ["import", "decisions", str(table), "--run", str(run)])
    assert "unknown" not in done.output
    assert found_in(done.output) == set()


@pytest.mark.parametrize("name", [f"{PARTED}.xlsx", f"{RESIDENT[2]}.csv"])
def test_no_message_holds_one(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path / RESIDENT[1])
    given = ["--roster", str(tmp_path / name), "--photos", out, "--out", out]
    monkeypatch.setattr("sys.argv", ["photoproof", "run", *given])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr()
    assert "430***" in said.err or "110***" in said.err
    assert found_in(said.err + said.out) == set()


def test_no_account_is_called_by_one(run: Path) -> None:
    policy = load_policy()
    redecide(run, policy, load_profile(policy.profile), "en")
    assert {name: f for name, text in texts(run) if (f := found_in(text))} == {}
    for name in (RESIDENT[0], PARTED):
        done = CliRunner().invoke(
            app, ["users", "add", name, "--run", str(run), "--password-stdin"], input=PASSWORD
        )
        assert "holds an ID number" in str(done.exception)
