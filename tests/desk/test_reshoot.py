"""A re-shoot day on paper: who, why and when; four slips a page, nobody else on any of them."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from paper_runs import LOW, REFUSES, judge, made, name, number, pdf_pages, pdf_text, phone
from report_cases import COLLEGES
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import ConfigError, StoreError
from pipeline.desk import accounts
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import Verdict
from pipeline.desk.exchange.reshoot import Appointment, Paper, papers
from pipeline.desk.web.app import Surroundings, create_app
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

DAY = date(2026, 6, 1)
SAID = Appointment("6月10日 14:00", "报告厅", "6月8日", "示例大学", "王老师")
COUNT, WITHOUT, SOUND = 15, (4, 7), 13
AGAIN = [i for i in range(COUNT) if i != SOUND]
GIVEN = ["--when", SAID.when, "--where", SAID.where, "--by", SAID.by]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every third is not the student, two have no photo, all but one are to come again."""
    out = made(tmp_path_factory.mktemp("cohort"), COUNT, WITHOUT)
    with opened(out) as desk:
        for index in AGAIN:
            judge(desk, index, Verdict.NOT_ME if index % 3 == 0 else Verdict.OTHER)
    with Ledger(out / LEDGER) as ledger:
        for who, role in (("an", "reviewer"), ("lu", "lead")):
            accounts.add(ledger, who, accounts.Role(role), PASSWORD, "test")
    return out


def printed(run: Path, lang: str = "zh") -> dict[str, Paper]:
    with opened(run) as desk:
        return {paper.name: paper for paper in papers(desk, SAID, lang, DAY)}


def squeezed(paper: Paper) -> str:
    return "".join(pdf_text(paper.content).split())


def of_college(college: str) -> list[int]:
    return [i for i in AGAIN if list(COLLEGES)[i % 3] == college]


def test_one_list_and_two_papers_a_college(run: Path) -> None:
    made_now = printed(run)
    assert set(made_now) == {
        *("重拍名单.xlsx", "重拍名单.pdf"),
        *(f"{kind}-{college}.pdf" for kind in ("学院通知", "学生通知单") for college in COLLEGES),
    }
    again = printed(run)
    assert {n for n in made_now if n.endswith(".pdf") and made_now[n] != again[n]} == set()
    assert set(printed(run, "en")) > {"reshoot-list.pdf", "reshoot-list.xlsx"}


def test_the_list_has_everybody_with_telephone(run: Path) -> None:
    made_now = printed(run)
    text = squeezed(made_now["重拍名单.pdf"])
    sheet = openpyxl.load_workbook(io.BytesIO(made_now["重拍名单.xlsx"].content)).active
    assert sheet is not None
    cells = sheet.iter_rows(min_row=4, values_only=True)
    rows = [[str(cell or "") for cell in row] for row in cells]
    assert len(rows) == len(AGAIN)
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert {tuple(row[3:6]) for row in rows} == {(number(i), name(i), phone(i)) for i in AGAIN}
    for index in AGAIN:
        assert number(index) in text and phone(index) in text
    assert number(SOUND) not in text
    assert "6月10日14:00" in text and "报告厅" in text
    reasons = {row[3]: row[6] for row in rows}
    assert reasons[number(0)] == "不是本人"
    assert reasons[number(4)] == "缺照片"
    assert reasons[number(LOW)].startswith("眼睛位置")
    assert reasons[number(REFUSES)] == "其他问题", "a refusal is no fault of the photo"
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")


@pytest.mark.parametrize("college", COLLEGES)
def test_a_notice_tells_a_college_of_its_own(run: Path, college: str) -> None:
    text = squeezed(printed(run)[f"学院通知-{college}.pdf"])
    own = of_college(college)
    assert f"贵院有{len(own)}名学生" in text
    for said in (
        "关于毕业照片重新拍摄的通知",
        college,
        "6月10日14:00",
        "报告厅",
        "6月8日",
        "王老师",
    ):
        assert said in text
    assert {i for i in range(COUNT) if number(i) in text or name(i) in text} == set(own)
    assert not re.search(r"138\d{8}", text), "telephones are the office's"
    assert not [other for other in COLLEGES if other != college and other in text]


@pytest.mark.parametrize("college", COLLEGES)
def test_four_slips_a_page_and_nobody_else_on_any(run: Path, college: str) -> None:
    paper = printed(run)[f"学生通知单-{college}.pdf"]
    own = of_college(college)
    assert pdf_pages(paper.content) == -(-len(own) // 4)
    slips = "".join(pdf_text(paper.content).split()).split("毕业照片重拍通知单")[1:]
    assert len(slips) == len(own)
    for index, text in zip(own, slips, strict=True):
        assert {i for i in range(COUNT) if number(i) in text or name(i) in text} == {index}
        assert "6月10日14:00" in text and "报告厅" in text and "带身份证" in text
        assert phone(index) not in text and "李四" not in text


def test_a_slip_says_what_is_wrong_and_how_it_should_be(run: Path) -> None:
    text = squeezed(printed(run)["学生通知单-土木工程学院.pdf"])
    assert "眼睛位于距上边352px处，应为200–300px。" in text
    assert "照片经人工核对不合格。" in text and "人脸比对" not in text
    assert "蓝虚线：标准范围" in text
    english = pdf_text(printed(run, "en")["slips-土木工程学院.pdf"].content)
    assert "What is wrong" in english and "200 – 300 px" in " ".join(english.split())


def test_a_photo_of_somebody_else_is_on_no_slip(run: Path) -> None:
    made_now = printed(run)
    theirs = made_now["学生通知单-计算机学院.pdf"]  # nobody of this college is on their photo
    assert squeezed(theirs).count("此处不印") == len(of_college("计算机学院"))
    assert pictures_in(theirs) == 0
    assert pictures_in(made_now["学生通知单-土木工程学院.pdf"]) == len(of_college("土木工程学院"))
    without = made_now["学生通知单-外国语学院.pdf"]
    assert squeezed(without).count("没有收到照片") == len(WITHOUT)
    assert pictures_in(without) == len(of_college("外国语学院")) - len(WITHOUT)


def pictures_in(paper: Paper) -> int:
    return len(re.findall(rb"/Filter\s*/DCTDecode", paper.content))


def test_120_students_take_12_pages_at_most(tmp_path: Path) -> None:
    out = made(tmp_path, 120, tall=320)
    with opened(out) as desk:
        for index in range(120):
            judge(desk, index, Verdict.NOT_ME if index % 3 == 0 else Verdict.OTHER)
        paper = next(p for p in papers(desk, SAID, "zh", DAY) if p.name == "重拍名单.pdf")
    assert squeezed(paper).count("2022000") >= 120
    assert pdf_pages(paper.content) <= 12


def test_what_is_missing_is_named(run: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(app, ["reshoot", str(run), "--out", str(tmp_path), *GIVEN[:4]])
    assert isinstance(done.exception, ConfigError)
    assert "--by" in done.exception.message and "[reshoot]" in done.exception.hint
    assert list(tmp_path.iterdir()) == []
    nobody = made(tmp_path / "n", 2)
    done = runner.invoke(app, ["reshoot", str(nobody), "--out", str(tmp_path / "o"), *GIVEN])
    assert isinstance(done.exception, StoreError) and "desk" in done.exception.hint


def test_one_command_with_what_the_site_says(run: Path, tmp_path: Path) -> None:
    site = tmp_path / "photoproof.toml"
    site.write_text(
        'name = "示例大学"\n[cohorts.2026]\nroster = "r.csv"\nphotos = "p"\n'
        '[reshoot]\nwhen = "6月20日"\nwhere = "体育馆"\nby = "6月18日"\n',
        "utf-8",
    )
    out = tmp_path / "paper"
    command = ["reshoot", str(run), "--out", str(out), "--site", str(site), "--where", "操场"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert len(done.output.split()) == len(list(out.iterdir())) == 8
    text = "".join(pdf_text(out / "重拍名单.pdf").split())
    assert "6月20日" in text and "操场" in text and "体育馆" not in text and "示例大学" in text
    with opened(run) as desk:
        entry = desk.ledger.log.last("printed")
    assert entry is not None and '"files": 8' in entry.detail


def test_the_desk_gives_leads_everything_in_one_file(run: Path) -> None:
    with desk_client(run) as client:
        assert Visitor.log_in(client, "an").get("/reshoot").status_code == 403
        lead = Visitor.log_in(client, "lu")
        shown = lead.get("/reshoot").text
        assert "共 14 人" in shown and "计算机学院" in shown
        got = lead.post("/reshoot", when=SAID.when, where=SAID.where, by=SAID.by)
        assert got.status_code == 200, got.text
        with ZipFile(io.BytesIO(got.content)) as archive:
            names = archive.namelist()
            assert archive.testzip() is None
        assert len(names) == 8 and "重拍名单.pdf" in names
        for by in ("", " ", "\x1f"):
            assert lead.post("/reshoot", when="1", where="2", by=by).status_code == 422
        forged = client.post("/reshoot", data={"when": "1", "where": "2", "by": "3"})
        assert forged.status_code == 403, "no token"
    with opened(run) as desk:
        entry = desk.ledger.log.last("printed")
    assert entry is not None and entry.who == "lu"


def test_the_page_begins_with_what_the_site_says(run: Path) -> None:
    told = create_app(run, accounts=True, around=Surroundings(appointment=SAID))
    assert told.state.appointment == SAID
    with desk_client(run) as client:
        client.app.state.appointment = SAID  # type: ignore[attr-defined]
        shown = Visitor.log_in(client, "lu").get("/reshoot").text
    assert f'value="{SAID.where}"' in shown and f'value="{SAID.by}"' in shown


def test_nobody_to_come_is_said(tmp_path: Path) -> None:
    out = made(tmp_path, 2)
    with Ledger(out / LEDGER) as ledger:
        accounts.add(ledger, "lu", accounts.Role.LEAD, PASSWORD, "test")
    with desk_client(out) as client:
        lead = Visitor.log_in(client, "lu")
        assert "没有需要重拍的学生" in lead.get("/reshoot").text
        assert lead.post("/reshoot", when="1", where="2", by="3").status_code == 409
