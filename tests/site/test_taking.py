"""Accounts of run folders, taken over into the site: once, with their passwords, nobody guessed."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from desk_browsing import PASSWORD
from desk_runs import make_run
from hub_cases import NEXT, comer, hub_client
from site_cases import SITE, site_file

from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.desk.cases.answers import Given, give
from pipeline.desk.cases.desk import Desk
from pipeline.desk.cases.verdicts import State, Verdict
from pipeline.desk.web.serve import Address
from pipeline.hub.app import create_hub
from pipeline.hub.serve import prepare
from pipeline.night.folder import LEDGER
from pipeline.site import people
from pipeline.site.config import Site, load_site
from pipeline.site.people import site_ledger
from pipeline.site.taking import Taken, take_over
from pipeline.store.ledger import Ledger


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two cohorts with people of their own."""
    site = load_site(site_file(tmp_path, text=SITE + NEXT))
    for cohort, names in (("2026", ("wang", "both", "lead")), ("2027", ("li", "both"))):
        site.run_of(cohort).mkdir(parents=True)
        with Ledger(site.run_of(cohort) / LEDGER) as ledger:
            for name in names:
                role = Role.LEAD if name == "lead" else Role.REVIEWER
                accounts.add(ledger, name, role, PASSWORD, "test")
    return site


def test_each_is_taken_over_once_and_who_may_be_two_is_named(site: Site) -> None:
    with site_ledger(site) as ledger:
        taken = take_over(site, ledger)
        assert taken == Taken(("lead", "li", "wang"), (("both", ("2026", "2027")),))
        known = {p.name: (p.role, p.colleges, p.signs_in) for p in ledger.accounts.people()}
        assert known["lead"] == ("lead", (), "password")
        assert set(known) == {"lead", "li", "wang"}
        made = [json.loads(e.detail) for e in ledger.log.entries() if e.action == "account_made"]
        assert [one["taken_from"] for one in made] == ["2026", "2027", "2026"]
        assert ledger.verify().fault == ""
        people.remove(ledger, "wang", "test")  # the administrator's word stays
        assert take_over(site, ledger) == Taken((), (("both", ("2026", "2027")),))


def test_a_name_that_the_site_has_is_nobody_elses(site: Site) -> None:
    with site_ledger(site) as ledger:
        people.add(ledger, "li", Role.AUDITOR, (), PASSWORD, "test")
        assert ("li", ("2027",)) in take_over(site, ledger).clashes
        person = ledger.accounts.person("li")
        assert person
        assert person.role == "auditor"


def test_who_was_taken_over_logs_in_by_the_old_password(site: Site) -> None:
    service = prepare(site, Address(port=0))
    service.listener.close()
    assert service.taken.names == ("lead", "li", "wang")
    with hub_client(create_hub(site)), comer(site, "wang") as one:
        assert one.get("/").status_code == 200


def test_what_was_said_before_accounts_makes_no_second_person(tmp_path: Path) -> None:
    """A desk without accounts signs all answers alike: two are needed who can be told apart."""
    site = load_site(site_file(tmp_path, text=SITE))
    run = make_run(site.home_of("2026"), {0: "face=1 reference=9 score=0.1"}, "run")

    def say(who: str, role: Role) -> tuple[State, str]:
        with closing(Desk(run)) as desk:
            desk.refresh()
            item = next(desk.items())
            give(desk, item, who, role, Given(Verdict.NOT_ME))
            fresh = desk.item(item.id)
            assert fresh
            return fresh.state, fresh.need

    assert say(accounts.LOCAL, Role.LEAD) == (State.TODO, "second")
    assert say("wang", Role.REVIEWER) == (State.TODO, "second")
    assert say("li", Role.REVIEWER)[0] is not State.TODO
