"""Handing in by HTTP: pieces, cuts, limits, whose files they are, and what comes of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_browsing import PASSWORD, Visitor
from fastapi import FastAPI
from hub_cases import HERE, comer
from site_cases import SITE, deliver, site_file

from pipeline.desk.accounts import Role
from pipeline.hub import preview
from pipeline.hub.app import create_hub
from pipeline.hub.previews import Previews
from pipeline.site import people
from pipeline.site.config import Site, load_site
from pipeline.site.deliveries import deliveries_of
from pipeline.site.nights import one_night_at_a_time
from pipeline.site.people import site_ledger

NEXT = '[cohorts.2027]\ntitle = "2027届"\n'
ROSTER = f"学号,姓名,院系\n2021000001,王伟,{HERE}\n2021000002,李芳,外国语学院\n"
AT = "/cohorts/2026"


class Within(Previews):
    """Makes previews in this process; `test_previews` has those of a process of their own."""

    def _run(self, _: object, arguments: list[str]) -> None:
        preview.main(arguments)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    deliver(tmp_path / "in", {"2021000001": "turn=0"})
    (tmp_path / "in/roster.csv").write_text(ROSTER, "utf-8")
    text = SITE + NEXT + "[nightly]\nsettle_minutes = 0\n[uploads]\nlargest_mb = 40\nfree_mb = 0\n"
    site = load_site(site_file(tmp_path, text=text))
    with people.site_ledger(site) as ledger:
        for role in Role:
            people.add(ledger, role.value, role, (), PASSWORD, "test")
        people.add(ledger, "an", Role.UPLOADER, (HERE,), PASSWORD, "test")
    return site


@pytest.fixture
def hub(site: Site) -> FastAPI:
    made = create_hub(site)
    made.state.previews = Within()
    return made


@pytest.fixture
def lead(site: Site, hub: FastAPI) -> Iterator[Visitor]:
    with comer(site, "lead", hub) as one:
        yield one


@pytest.fixture
def secretary(site: Site, hub: FastAPI) -> Iterator[Visitor]:
    with comer(site, "an", hub) as one:
        yield one


def put(one: Visitor, path: str, data: bytes, csrf: str = "") -> Any:
    return one.http.put(path, content=data, headers={"x-csrf-token": csrf or one.csrf})


def begin(one: Visitor, name: str, size: int, kind: str = "photos", at: str = AT) -> Any:
    return one.post(f"{at}/uploads", kind=kind, name=name, size=size, changed=1)


def hand_in(one: Visitor, name: str, data: bytes, kind: str = "photos") -> str:
    told = begin(one, name, len(data), kind).json()
    done = put(one, f"{AT}/uploads/{told['id']}?offset=0", data).json()
    assert done["whole"], done
    return str(told["id"])


def looked_at(one: Visitor) -> str:
    deadline = time.monotonic() + 60
    while "data-wait" in (text := one.get(f"{AT}/hand-in/draft").text):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return text


def accept(one: Visitor, **more: Any) -> Any:
    text = looked_at(one)
    state = text.partition('name="state" value="')[2].partition('"')[0]
    return one.post(f"{AT}/hand-in/accept", state=state, **more)


def test_pieces_go_where_they_belong_and_a_cut_goes_on(lead: Visitor) -> None:
    first = begin(lead, "一班/2021000001.jpg", 10)
    assert (first.status_code, first.json()["offset"]) == (201, 0)
    path = f"{AT}/uploads/{first.json()['id']}?offset="
    assert put(lead, f"{path}0", b"1234").json()["offset"] == 4
    wrong = put(lead, f"{path}0", b"1234")
    assert (wrong.status_code, wrong.json()["offset"]) == (409, 4)
    assert begin(lead, "一班/2021000001.jpg", 10).json()["offset"] == 4
    assert put(lead, f"{path}4", b"5678901234").status_code == 409  # more than it has
    assert put(lead, f"{path}4", b"567890").json() == {**first.json(), "offset": 10, "whole": True}
    assert put(lead, f"{path}10", b"x").json()["offset"] == 10


def test_what_cannot_be_taken_is_said_by_name_in_the_readers_language(lead: Visitor) -> None:
    told = begin(lead, "一班.rar", 10)
    assert told.status_code == 422
    assert told.json()["said"] == "一班.rar：打不开这种压缩包"
    lead.get("/language/en")
    assert begin(lead, "一班.rar", 10).json()["said"].startswith("一班.rar: such archives")
    assert begin(lead, "x.jpg", 50_000_000).status_code == 422
    assert lead.post(f"{AT}/uploads", kind="photos", name="x.jpg", size="many").status_code == 422
    assert begin(lead, "x.jpg", 1, at="/cohorts/2030").status_code == 404


def test_a_piece_that_is_too_long_is_not_taken(lead: Visitor) -> None:
    told = begin(lead, "x.zip", 40_000_000).json()
    assert put(lead, f"{AT}/uploads/{told['id']}?offset=0", b"0" * 33_600_000).status_code == 413
    assert begin(lead, "x.zip", 40_000_000).json()["offset"] < 33_600_000


def test_nobody_reaches_anothers_files_or_those_of_another_cohort(
    lead: Visitor, secretary: Visitor
) -> None:
    told = begin(lead, "x.jpg", 3).json()
    path = f"uploads/{told['id']}"
    assert put(secretary, f"{AT}/{path}?offset=0", b"123").status_code == 404
    assert secretary.post(f"{AT}/{path}/remove").status_code == 404
    assert put(lead, f"/cohorts/2027/{path}?offset=0", b"123").status_code == 404
    assert put(lead, f"{AT}/{path}?offset=0", b"123", "forged").status_code == 403
    assert "x.jpg" not in looked_at(secretary)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_hands_nothing_in_may_not(site: Site, hub: FastAPI, role: Role) -> None:
    with comer(site, role.value, hub) as one:
        assert begin(one, "x.jpg", 3).status_code == 403
        assert one.get(f"{AT}/hand-in").status_code == 403
        assert one.post(f"{AT}/hand-in/accept").status_code == 403


def test_a_secretary_hands_in_for_the_own_college_alone(site: Site, secretary: Visitor) -> None:
    assert 'data-kind="roster"' not in secretary.get(f"{AT}/hand-in").text
    assert begin(secretary, "r.csv", 3, "roster").status_code == 422
    foreign = hand_in(secretary, "2021000002.jpg", b"x")
    hand_in(secretary, "王伟.jpg", b"y")
    text = looked_at(secretary)
    assert "2021000002.jpg" in text
    assert "外国语学院" not in text
    refused = accept(secretary)
    assert refused.status_code == 409
    assert "2021000002.jpg" in refused.text
    assert not deliveries_of(site, "2026")
    secretary.post(f"{AT}/uploads/{foreign}/remove")
    assert accept(secretary).headers["location"] == f"{AT}?handed_in=1"
    (delivery,) = deliveries_of(site, "2026")
    assert (delivery.by, delivery.files) == ("an", 1)
    page = secretary.get(f"{AT}?handed_in=1").text
    assert "已确认 1 个文件" in page
    assert "/nights/" not in page


def test_accepting_is_on_record_with_counts_and_no_names(site: Site, lead: Visitor) -> None:
    hand_in(lead, "2021000001.jpg", b"x")
    hand_in(lead, "补.csv", "学号,姓名\n2021000003,孙丽\n".encode(), "roster")
    assert accept(lead, stands_alone="true").status_code == 303
    (delivery,) = deliveries_of(site, "2026")
    assert delivery.stands_alone
    with site_ledger(site) as ledger:
        entry = ledger.log.last("delivery_accepted")
    assert entry and entry.who == "lead"
    assert json.loads(entry.detail)["files"] == 2
    assert "2021000001" not in entry.detail
    assert "补.csv" in delivery.files_of("roster")[0].name


def test_what_was_not_looked_at_is_not_accepted(site: Site, lead: Visitor) -> None:
    hand_in(lead, "2021000001.jpg", b"x")
    assert lead.post(f"{AT}/hand-in/accept", state="0").status_code == 409
    looked_at(lead)
    assert lead.post(f"{AT}/hand-in/accept", state="0").status_code == 409
    assert not deliveries_of(site, "2026")
    assert lead.post(f"{AT}/hand-in/discard").status_code == 303
    assert "2021000001.jpg" not in looked_at(lead)


def test_a_fault_of_a_roster_names_it(lead: Visitor) -> None:
    hand_in(lead, "坏.csv", "什么,都,没有\n".encode(), "roster")
    text = looked_at(lead)
    assert 'role="alert"' in text
    assert "坏.csv" in text


def test_a_delivery_is_taken_back_but_not_under_a_night(site: Site, lead: Visitor) -> None:
    hand_in(lead, "2021000001.jpg", b"x")
    accept(lead)
    (delivery,) = deliveries_of(site, "2026")
    path = f"{AT}/deliveries/{delivery.folder.name}/withdraw"
    assert path in lead.get(AT).text
    with one_night_at_a_time(site):
        assert "已有一次夜间检查在进行" in lead.post(path).text
    assert delivery.folder.is_dir()
    assert lead.post(path.replace("2026", "2027", 1)).status_code == 404
    assert lead.post(path).status_code == 303
    assert not deliveries_of(site, "2026")
    assert lead.post(path).status_code == 404
