"""Exact facts answered together: looked over first, an entry each, all of it taken back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from desk_browsing import PASSWORD, Visitor, desk_client
from desk_deliveries import deliver, night, number_of

from pipeline.desk import accounts
from pipeline.desk.cases.audit import verified
from pipeline.desk.cases.desk import opened
from pipeline.desk.cases.verdicts import State
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

FORMAT, LARGE, SMALL, MISSING = 1, 5, 7, 2  # by the last digit


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = night(tmp_path, deliver(tmp_path, 30))
    with Ledger(made / LEDGER) as ledger:
        for name in ("an", "bo"):
            accounts.add(ledger, name, accounts.Role.REVIEWER, PASSWORD, "test")
    return made


def states(run: Path, digit: int) -> set[State]:
    with opened(run) as desk:
        return {item.state for item in desk.items() if item.student_key.endswith(str(digit))}


def marks(page: str) -> list[str]:
    return re.findall(r'name="case" value="([^"]+)"', page)


def test_the_list_names_each_and_offers_what_fits(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        assert 'href="/bulk"' in an.get("/").text
        for group, digit, usual in (
            ("FORMAT:correct", FORMAT, "other+correct"),
            ("SIZE_PX:correct", LARGE, "other+correct"),
            ("SIZE_PX:reshoot", SMALL, "other+reshoot"),
            ("MISSING_PHOTO:reshoot", MISSING, "other+reshoot"),
        ):
            page = an.get(f"/bulk?group={group}").text
            assert len(marks(page)) == 3, group
            assert all(number_of(n * 10 + digit) in page for n in range(3))
            assert f'value="{usual}" class="primary"' in page
            assert "not_me" not in page  # no face is judged by the dozen


def test_each_is_recorded_by_itself_and_all_are_taken_back(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        chosen = marks(an.get("/bulk?group=FORMAT:correct").text)
        answer = an.post("/bulk", verdict="other+correct", case=chosen[:2])
        assert answer.headers["location"] == "/bulk?done=2&left=0"
        assert states(run, FORMAT) == {State.CORRECT, State.TODO}
        with opened(run) as desk:
            said = [e for e in desk.ledger.log.entries() if e.action == "answer"]
            assert len({e.subject for e in said}) == len(said) == 2
        page = an.get(answer.headers["location"]).text
        assert "已记录 2 人" in page
        batch = re.search(r'name="batch" value="([^"]+)"', page)
        assert batch
        bo = Visitor.log_in(client, "bo")
        assert bo.post("/bulk/undo", batch=batch[1]).status_code == 409  # another's
        an = Visitor.log_in(client, "an")
        assert an.post("/bulk/undo", batch=batch[1]).headers["location"] == "/bulk?undone=2"
        assert states(run, FORMAT) == {State.TODO}
        assert an.post("/bulk/undo", batch=batch[1]).status_code == 409
    with opened(run) as desk:
        assert verified(desk).fault == ""


def test_what_has_changed_since_it_was_looked_at_is_left_out(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        chosen = marks(an.get("/bulk?group=FORMAT:correct").text)
        an.post(f"/case/{chosen[0].split('.')[0]}/answer", verdict="ok")
        others = chosen[1].replace(".", ".0", 1), "nonsense"
        answer = an.post("/bulk", verdict="other+correct", case=[chosen[0], *others, chosen[2]])
        assert answer.headers["location"] == "/bulk?done=1&left=3"
        assert states(run, FORMAT) == {State.DONE, State.TODO, State.CORRECT}
        assert an.post("/bulk", verdict="other+nothing", case=chosen).status_code == 422
        assert an.post("/bulk", verdict="ok").headers["location"] == "/bulk?done=0&left=0"


def test_a_doubt_about_the_person_is_never_in_the_list(run: Path) -> None:
    with desk_client(run) as client:
        an = Visitor.log_in(client, "an")
        with opened(run) as desk:
            person = desk.student(number_of(0))
        assert person
        mark = f"{person.id}.{person.photo_sha256[:8]}.NOT_ME"
        answer = an.post("/bulk", verdict="ok", case=[mark])
        assert answer.headers["location"] == "/bulk?done=0&left=1"
