"""The work list: filtered, in words, printed and exported as it is shown."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from paper_runs import judge, made, name, number, pdf_pages, pdf_text
from starlette.testclient import TestClient

from pipeline.desk import accounts
from pipeline.desk.cases import oversight
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import Verdict
from pipeline.desk.cases.work import Chosen, doing
from pipeline.desk.exchange import replies
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

SAID = {1: "身份核验不确定", 2: "身份核验异常"}
AGAIN, TURNED, LEAD = (0, 6), (4,), 3


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two that the registry doubts, two to come again, one to be turned, one in dispute."""
    base = tmp_path_factory.mktemp("cohort")
    out = made(base, 9, tall=320)
    table = base / "bz.csv"
    lines = [f"{number(i)},{said}" for i, said in SAID.items()]
    table.write_text("\n".join(["学号,bz", *lines]) + "\n", "utf-8")
    with Ledger(out / LEDGER) as ledger:
        for who, role in (("an", "reviewer"), ("lu", "lead")):
            accounts.add(ledger, who, accounts.Role(role), PASSWORD, "test")
    with opened(out) as desk:
        replies.registry(desk, table, "教务处")
        for index in AGAIN:
            judge(desk, index, Verdict.NOT_ME)
        for index in TURNED:
            judge(desk, index, Verdict.SIDEWAYS)
        judge(desk, 1, Verdict.OK)
    return out


@pytest.fixture
def client(run: Path) -> TestClient:
    return desk_client(run)


def rows(page: str) -> list[str]:
    """Student numbers of the lines of the page's list."""
    return re.findall(r"2022\d{6}", page.partition("<tbody>")[2].partition("</tbody>")[0])


def shown(client: TestClient, query: str) -> set[str]:
    with client:
        return set(rows(Visitor.log_in(client, "lu").get(f"/worklist?{query}").text))


def test_every_filter_alone_and_together(client: TestClient) -> None:
    everybody = {number(i) for i in (*SAID, *AGAIN, *TURNED)}
    assert shown(client, "") == everybody
    assert shown(client, "state=reshoot") == {number(i) for i in AGAIN}
    assert shown(client, "state=correct") == {number(i) for i in TURNED}
    assert shown(client, "registry=said") == {number(i) for i in SAID}
    assert shown(client, "registry=silent") == everybody - {number(i) for i in SAID}
    assert shown(client, f"registry={SAID[2]}") == {number(2)}
    assert shown(client, "college=计算机学院") == {number(i) for i in AGAIN}
    assert shown(client, "class_name=2班") == {number(1), number(4)}
    assert shown(client, f"q={name(2)}") == {number(2)} == shown(client, f"q={number(2)[-4:]}")
    assert shown(client, "state=reshoot&registry=said") == set()


def test_a_state_says_what_is_waited_for(run: Path) -> None:
    with opened(run) as desk:
        work = {w.item.student_key: w for w in oversight.worklist(desk, "lu")}
    told = {key: (doing(line, "zh"), doing(line, "en")) for key, line in work.items()}
    assert told[number(0)] == ("等重新拍摄", "a new photo")
    assert told[number(4)] == ("等勘误（把照片转正）", "the photo to be turned")
    assert told[number(1)] == ("等证明材料备案", "proof to be filed")
    assert told[number(2)] == ("等人复核", "somebody to judge it")
    assert all(line.since for line in work.values())


def test_the_page_has_words_and_no_codes(client: TestClient) -> None:
    with client:
        page = Visitor.log_in(client, "lu").get("/worklist").text
    for said in (
        "等重新拍摄",
        "等证明材料备案",
        "显示 5 人，共 5 人",
        "正在等",
        "打印",
        SAID[1],
    ):
        assert said in page, said
    listed = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert not re.search(r">\s*(reshoot|correct|file|not_me|todo)\s*<", listed)


def test_print_and_table_hold_what_the_filter_shows(run: Path, client: TestClient) -> None:
    with client:
        lead = Visitor.log_in(client, "lu")
        page = lead.get("/worklist?state=reshoot").text
        links = re.findall(r'href="(/worklist/(?:print|table)\?[^"]*)"', page)
        assert links == ["/worklist/print?state=reshoot", "/worklist/table?state=reshoot"]
        printed, table = (lead.get(link) for link in links)
        whole = lead.get("/worklist/print")
        assert Visitor.log_in(client, "an").get("/worklist/print").status_code == 403
    text = "".join(pdf_text(printed.content).split())
    assert {i for i in range(9) if number(i) in text} == set(AGAIN)
    assert "等重新拍摄" in text and "不是本人" in text and pdf_pages(whole.content) == 1
    sheet = openpyxl.load_workbook(io.BytesIO(table.content)).active
    assert sheet is not None
    cells = [[str(c or "") for c in r] for r in sheet.iter_rows(min_row=4, values_only=True)]
    assert [(r[2], r[3], r[4]) for r in cells] == [
        (number(i), name(i), "等重新拍摄") for i in AGAIN
    ]
    with opened(run) as desk:
        log = [(e.who, e.action, e.detail) for e in desk.ledger.log.entries()]
    assert ("lu", "exported", '{"students": 2, "table": "worklist"}') in log
    assert ("lu", "printed", '{"paper": "worklist", "students": 2}') in log


def test_an_empty_filter_says_so_and_offers_no_print(client: TestClient) -> None:
    with client:
        page = Visitor.log_in(client, "lu").get("/worklist?q=nobody").text
    assert "没有符合条件" in page and "/worklist/print" not in page


def test_lines_come_by_college_and_class(run: Path) -> None:
    with opened(run) as desk:
        lines = Chosen().of(oversight.worklist(desk, "lu"))
    places = [(line.item.college, line.item.class_name) for line in lines]
    assert places == sorted(places) and len(set(places)) > 1
