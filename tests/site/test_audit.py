"""The last hashes of the desks' logs leave the machine by themselves, and tell who rewrites one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from fakes import fake
from site_cases import SITE, deliver, site_file
from site_mail import Inbox, smtp

from pipeline.core.errors import ConfigError
from pipeline.core.words import words
from pipeline.desk.accounts import Role
from pipeline.desk.cases.desk import opened
from pipeline.desk.web.serve import Address, prepare
from pipeline.night import nightly
from pipeline.night.folder import DATABASE, LEDGER
from pipeline.night.nightly import run_night
from pipeline.site import auditing, people
from pipeline.site.config import Site, load_site
from pipeline.site.faults import examine
from pipeline.site.log import open_log
from pipeline.site.nights import work_site
from pipeline.site.outcome import CohortNight, Outcome
from pipeline.site.people import ledger_file, site_ledger
from pipeline.store.ledger import Ledger

QUIET = "[nightly]\nsettle_minutes = 0\nworkers = 1\n"
NEXT = SITE.split("[", 1)[1].replace("2026", "2027").replace("in/", "next/")
DAY = date(2026, 11, 24)
COPIED = (
    "UPDATE decision SET assessment ="
    " (SELECT assessment FROM decision WHERE student_key = 'S1') WHERE student_key = 'S2'"
)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Two cohorts after a night that wrote heads into a file outside; one has had a reviewer."""
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    deliver(tmp_path / "in", {"S1": "turn=0", "S2": "turn=90"})
    deliver(tmp_path / "next", {"T1": "turn=0"})
    (tmp_path / "outside").mkdir()
    text = f'lang = "en"\n{SITE}[{NEXT}'
    made = load_site(site_file(tmp_path, QUIET + '[audit]\nhead_file = "outside/heads"\n', text))
    work_site(made, today=DAY)
    with opened(made.run_of("2026")) as desk:
        desk.ledger.record("an", "looked")
    work_site(made, today=DAY)
    yield made


def night_of(site: Site) -> tuple[CohortNight, CohortNight]:
    first, second = sorted(work_site(site, today=DAY), key=lambda night: night.cohort)
    return first, second


def rewritten(run: Path) -> None:
    """The whole log made anew with another reviewer, chained as it should be."""
    with Ledger(run / LEDGER) as ledger:
        lines = list(ledger.log.entries())
    (run / LEDGER).rename(run / "old")
    with Ledger(run / LEDGER) as ledger:
        for line in lines[1:]:
            who = "bo" if line.who == "an" else line.who
            detail = json.loads(line.detail)
            ledger.record(who, line.action, line.subject, **detail)
        with closing(sqlite3.connect(run / "old")) as db:
            notes = db.execute("SELECT name, value FROM meta").fetchall()
        with ledger.transaction():
            for name, value in notes:
                ledger.note(name, value)
    (run / "old").unlink()


def test_every_night_writes_the_heads_and_the_next_finds_them(site: Site) -> None:
    lines = (site.folder / "outside/heads").read_text().splitlines()
    assert len({line.split()[1] for line in lines}) == 2  # a log a cohort
    assert len(lines) == 4  # two nights
    assert [night.outcome for night in night_of(site)] == [Outcome.WAITING, Outcome.WELL]


@pytest.mark.parametrize(
    "tamper",
    [
        rewritten,
        lambda run: edit(run / LEDGER, "UPDATE log SET who = 'bo' WHERE action = 'looked'"),
        lambda run: edit(run / LEDGER, "UPDATE item SET state = 'done' WHERE key = 'S2'"),
        lambda run: edit(run / DATABASE, COPIED),
    ],
    ids=["log rewritten whole", "entry", "state", "decision"],
)
def test_a_night_tells_who_has_changed_the_record(
    site: Site, tamper: Callable[[Path], None]
) -> None:
    with opened(site.run_of("2026")):
        pass  # the queue is there
    tamper(site.run_of("2026"))
    first, second = night_of(site)
    assert (first.outcome, second.outcome) == (Outcome.BROKEN, Outcome.WELL)
    assert "record is not as it was written" in first.said[-1]
    assert first.students == 2  # and the night was done


def edit(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(sql).rowcount
        db.commit()


def test_a_night_tells_who_has_changed_the_people_of_the_site(site: Site) -> None:
    with site_ledger(site) as ledger:
        people.add(ledger, "wang", Role.REVIEWER, ["一学院"], None, "test")
    assert [night.outcome for night in night_of(site)] == [Outcome.WAITING, Outcome.WELL]
    heads = (site.folder / "outside/heads").read_text().splitlines()
    assert len({line.split()[1] for line in heads}) == 3  # a log a cohort, and the site's
    edit(ledger_file(site), "UPDATE account SET colleges = '[]'")
    first, second = night_of(site)
    assert (first.outcome, second.outcome) == (Outcome.BROKEN, Outcome.WELL)
    assert words("night", "en")["tampered_site"] in first.said


def test_a_desk_that_opens_on_a_rewritten_log_says_so(site: Site) -> None:
    run, file = site.run_of("2026"), site.folder / "outside/heads"

    def doubt() -> str:
        service = prepare(run, Address(port=0), file)
        service.listener.close()
        return service.doubt

    assert doubt() == ""
    edit(run / LEDGER, "UPDATE log SET hash = 'x' WHERE seq = (SELECT max(seq) FROM log)")
    assert "the log has been rewritten" in doubt()


def test_a_file_of_heads_that_is_gone_is_told(site: Site) -> None:
    (site.folder / "outside/heads").unlink()
    assert [night.outcome for night in night_of(site)] == [Outcome.BROKEN, Outcome.BROKEN]


def test_heads_are_sent_by_letter_and_webhook(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inbox, posted = Inbox(), []
    monkeypatch.setattr(
        auditing, "send_webhook", lambda url, content: posted.append((url, content))
    )
    with smtp(inbox, None) as port:
        mail = '[messages.mail]\nsender = "p@b.cn"\nhost = "localhost"\ntls = "none"\n'
        mail += f"port = {port}\n"
        extra = f'{QUIET}[audit]\nmail = ["lead@b.cn"]\nwebhook = "https://h.b.cn/x"\n{mail}'
        open_log(tmp_path / "night.log", "info")
        work_site(load_site(site_file(tmp_path, extra, f'lang = "en"\n{SITE}')), today=DAY)
    with Ledger(site.run_of("2026") / LEDGER) as ledger:
        entry, digest = ledger.log.head()
    (letter,) = inbox.letters
    assert letter["To"] == "lead@b.cn"
    assert f" {entry} {digest}\n" in letter.get_content().replace("\r", "")
    ((url, content),) = posted
    assert url == "https://h.b.cn/x"
    assert content["heads"][0]["hash"] == digest
    events = [
        json.loads(line)["event"] for line in (tmp_path / "night.log").read_text().splitlines()
    ]
    assert events.count("heads_sent") == 2


def test_what_leaves_is_named_and_what_cannot_be_is_refused(tmp_path: Path) -> None:
    extra = '[audit]\nhead_file = "none/heads"\nwebhook = "https://h.b.cn/x"\n'
    remarks = {r.key: (r.fault, r.text) for r in examine(load_site(site_file(tmp_path, extra)))}
    assert remarks["audit.head_file"][0] is True
    assert remarks["audit.webhook"] == (
        False,
        "sends last hashes of the desks' logs to https://h.b.cn/x",
    )
    with pytest.raises(ConfigError, match=r"audit\.mail"):
        load_site(site_file(tmp_path, '[audit]\nmail = ["lead@b.cn"]\n'))


def test_a_file_that_cannot_be_written_stops_no_night(site: Site, tmp_path: Path) -> None:
    extra = f'{QUIET}[audit]\nhead_file = "none/heads"\n'
    open_log(tmp_path / "night.log", "info")
    text = f'lang = "en"\n{SITE}[{NEXT}'
    nights = work_site(load_site(site_file(tmp_path, extra, text)), today=DAY)
    assert {night.outcome for night in nights} == {Outcome.WAITING, Outcome.WELL}
    assert "heads_not_written" in (tmp_path / "night.log").read_text()
