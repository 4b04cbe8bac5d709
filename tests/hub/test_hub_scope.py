"""Who is for one college sees that college's cases, pictures, tables and papers, and no others."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from desk_browsing import PASSWORD, Visitor
from fastapi import FastAPI
from hub_cases import HERE, THERE, comer, make_site
from openpyxl import load_workbook

from pipeline.core.words import words
from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import Desk
from pipeline.hub.app import create_hub
from pipeline.site import people
from pipeline.site.config import Site
from pipeline.store.items import Item

DESK = "/c/2026"
# The photo of a student of another college is the same as that of one here.
TWICE = {4: "face=4 score=0.10 reference=9", 6: "face=4 score=0.10 reference=9"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = make_site(tmp_path_factory.mktemp("school"), changed=TWICE)
    with people.site_ledger(site) as ledger:
        for role in (Role.REVIEWER, Role.LEAD, Role.AUDITOR):
            people.add(ledger, f"{role.value} here", role, [HERE], PASSWORD, "test")
    return site


@pytest.fixture(scope="module")
def app(site: Site) -> FastAPI:
    return create_hub(site)


@pytest.fixture(scope="module")
def cases(site: Site) -> dict[str, list[Item]]:
    """Every case by college."""
    with closing(Desk(site.run_of("2026"))) as desk:
        desk.refresh()
        found: dict[str, list[Item]] = {}
        for item in desk.items():
            found.setdefault(item.college, []).append(item)
    return found


@pytest.fixture
def reviewer(site: Site, app: FastAPI) -> Iterator[Visitor]:
    with comer(site, "reviewer here", app) as one:
        yield one


@pytest.fixture
def lead(site: Site, app: FastAPI) -> Iterator[Visitor]:
    with comer(site, "lead here", app) as one:
        yield one


def names_others(text: str, cases: dict[str, list[Item]]) -> list[str]:
    """Numbers of other colleges' students that a text holds."""
    others = [item for college, items in cases.items() if college != HERE for item in items]
    return [item.student_key for item in others if item.student_key in text or item.id in text]


def test_the_queue_holds_ones_own_college(reviewer: Visitor, cases: dict[str, list[Item]]) -> None:
    text = reviewer.get(f"{DESK}/?state=all").text
    assert HERE in text
    assert THERE not in text
    assert names_others(text, cases) == []
    own = [item.id for item in cases[HERE] if item.queued]
    assert set(re.findall(r"/case/(\w+)", text)) == set(own)
    found = reviewer.get(f"{DESK}/?q=2021&state=all").text
    assert names_others(found, cases) == []


def test_a_case_of_another_college_is_like_an_unknown_one(
    reviewer: Visitor, cases: dict[str, list[Item]]
) -> None:
    other = cases[THERE][0]
    unknown = reviewer.get(f"{DESK}/case/00000000000000000000").text
    for path in ("", "/sheet", "/picture/0", "/dossier"):
        refused = reviewer.get(f"{DESK}/case/{other.id}{path}")
        assert refused.status_code in (403, 404), path
    assert reviewer.get(f"{DESK}/case/{other.id}").text == unknown.replace(
        "00000000000000000000", other.id
    )
    assert reviewer.get(f"{DESK}/student/{other.student_key}").status_code == 404
    for path in ("answer", "step/handled", "give"):
        refused = reviewer.post(f"{DESK}/case/{other.id}/{path}", verdict="ok", file="x")
        assert refused.status_code == 404, path


def test_another_colleges_case_follows_none(
    reviewer: Visitor, cases: dict[str, list[Item]]
) -> None:
    own, seen = {item.id for item in cases[HERE]}, set()
    where = f"{DESK}/next"
    for _ in range(12):
        led = reviewer.get(where).headers["location"]
        case = re.search(r"/case/(\w+)", led)
        if case is None:
            break
        seen.add(case[1])
        where = f"{DESK}/next?after={case[1]}"
    assert seen
    assert seen <= own
    other = cases[THERE][0].id
    led = reviewer.get(f"{DESK}/next?after={other}&backwards=true").headers["location"]
    assert other not in led


def test_together_only_ones_own_are_answered(
    reviewer: Visitor, cases: dict[str, list[Item]]
) -> None:
    assert names_others(reviewer.get(f"{DESK}/bulk").text, cases) == []
    other = next(i for i in cases[THERE] if "SIZE_PX" in i.codes)
    mark = f"{other.id}.{other.photo_sha256[:8]}.{'-'.join(other.codes)}"
    led = reviewer.post(f"{DESK}/bulk", verdict="other+reshoot", case=mark)
    assert led.headers["location"] == f"{DESK}/bulk?done=0&left=1"


def test_who_another_colleges_student_is_stands_in_no_sentence(
    reviewer: Visitor, site: Site, app: FastAPI, cases: dict[str, list[Item]]
) -> None:
    """A photo that was handed in for two: to whom else is said to those who see both."""
    own = next(item for item in cases[HERE] if item.student_key.endswith("000006"))
    where = f"{DESK}/case/{own.id}"
    reviewer.post(f"{where}/answer", verdict="not_me")
    text = reviewer.get(where).text
    assert words("value", "zh")["another_college"] in text
    assert names_others(text, cases) == []
    with comer(site, "reviewer", app) as everywhere:
        everywhere.post(f"{where}/answer", verdict="not_me")
        assert names_others(everywhere.get(where).text, cases) == ["2021000004"]


def test_tables_papers_and_log_hold_ones_own_college(
    lead: Visitor, site: Site, app: FastAPI, cases: dict[str, list[Item]]
) -> None:
    with comer(site, "lead", app) as everywhere:  # so that all colleges have work and a log
        for college in (HERE, THERE):
            for item in [i for i in cases[college] if not i.blind and i.queued][:2]:
                everywhere.get(f"{DESK}/case/{item.id}")
                everywhere.post(f"{DESK}/case/{item.id}/answer", verdict="other")
        assert names_others(everywhere.get(f"{DESK}/worklist").text, cases)
        assert names_others(everywhere.get(f"{DESK}/audit").text, cases)
    for path in ("/worklist", "/agreement", "/audit", "/reshoot"):
        shown = lead.get(DESK + path)
        assert shown.status_code == 200, path
        assert names_others(shown.text, cases) == [], path
        assert THERE not in shown.text, path
    assert words("desk", "zh")["chain_bad"] not in lead.get(f"{DESK}/audit").text
    table = lead.get(f"{DESK}/worklist/table").content
    rows = load_workbook(io.BytesIO(table)).active
    assert rows is not None
    cells = [str(cell) for row in rows.iter_rows(values_only=True) for cell in row]
    assert HERE in cells
    assert THERE not in cells


def test_an_auditor_of_one_college_reads_who_did_something_but_not_to_whom_elsewhere(
    site: Site, app: FastAPI, cases: dict[str, list[Item]]
) -> None:
    with comer(site, "auditor here", app) as one:
        text = one.get(f"{DESK}/audit").text
    assert names_others(text, cases) == []


def test_the_list_of_cohorts_counts_ones_own_college(
    reviewer: Visitor, site: Site, app: FastAPI
) -> None:
    def waiting(text: str) -> int:
        found = re.search(r"<dt>待核</dt><dd><b>(\d+)</b>", text)
        assert found
        return int(found[1])

    with comer(site, "reviewer", app) as everywhere:
        assert waiting(reviewer.get("/").text) < waiting(everywhere.get("/").text)
    assert HERE in reviewer.get("/").text


def test_a_secretary_sees_who_of_the_own_college_has_no_photo(
    site: Site, cases: dict[str, list[Item]]
) -> None:
    with people.site_ledger(site) as ledger:
        people.add(ledger, "secretary", Role.UPLOADER, [HERE], PASSWORD, "test")
    lacking = cases[HERE][1].student_key, cases[THERE][1].student_key
    with closing(Desk(site.run_of("2026"))) as desk, desk.ledger.transaction():
        desk.ledger.db.execute("UPDATE item SET photo_sha256 = '' WHERE key IN (?, ?)", lacking)
    with comer(site, "secretary") as one:
        text = one.get("/cohorts/2026").text
    assert re.search(rf"<dt>学生</dt><dd>{len(cases[HERE])}</dd>", text)
    assert re.search(r"<dt>没有照片</dt><dd><b>1</b></dd>", text)
    assert lacking[0] in text
    assert names_others(text, cases) == []
