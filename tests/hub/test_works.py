"""Nights begun in the browser: processes that are shown as they are, ended, stopped or dead."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from site_cases import SITE, deliver, site_file

from pipeline.core.errors import ConfigError, StoreError
from pipeline.hub.starting import start
from pipeline.site import works
from pipeline.site.config import Site, load_site
from pipeline.site.outcome import CohortNight, Outcome
from pipeline.site.works import State, Work, at_work, new_work, recorded, work_of, works_of


@pytest.fixture
def site(tmp_path: Path) -> Site:
    deliver(tmp_path / "in", {"S1": "turn=0"})
    return load_site(site_file(tmp_path, "[nightly]\nsettle_minutes = 60\n"))


def ended(site: Site, work: Work) -> Work:
    deadline = time.monotonic() + 60
    while (now := work_of(site, work.identity)) and now.state is State.RUNNING:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert now
    return now


def test_a_night_begun_in_the_browser_is_a_process_of_its_own(site: Site) -> None:
    work = start(site, "2026", "lu")
    running = work_of(site, work.identity)
    assert running and (running.by, running.cohorts, running.state) == (
        *("lu", ("2026",)),
        State.RUNNING,
    )
    pid = json.loads((work.folder / "process.json").read_text())["pid"]
    assert os.getsid(pid) == pid  # what ends the server does not end it
    with pytest.raises(ConfigError, match="at work already"):
        start(site, "2026", "lu")
    niceness, deadline = min(19, os.nice(0) + 10), time.monotonic() + 10
    while os.getpriority(os.PRIO_PROCESS, pid) != niceness:  # people at the desk go first
        assert time.monotonic() < deadline
        time.sleep(0.01)
    done = ended(site, work)
    assert (done.state, done.code) == (State.ENDED, 31)  # the roster is still arriving
    assert done.nights[0]["outcome"] == "arriving"
    assert at_work(site) is None


def test_a_night_that_cannot_begin_says_why_in_both_languages(site: Site) -> None:
    with pytest.raises(StoreError), recorded(site, (), False, ""):
        raise StoreError("night_at_work")
    (work,) = works_of(site)
    assert (work.state, work.code, work.by) == (State.ENDED, 16, "timer")
    assert work.fault["zh"] != work.fault["en"]
    assert work.concerns("2026")


def test_one_that_is_gone_without_a_word_has_died(site: Site) -> None:
    work = new_work(site, "lu", ("2026",), forced=False)
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    works.note_process(work, sleeper.pid)
    assert at_work(site) is not None
    sleeper.send_signal(signal.SIGKILL)
    sleeper.wait()
    assert [one.state for one in works_of(site)] == [State.DIED]
    assert not works.stop(work)


def test_what_one_left_that_was_killed_goes_with_the_next(site: Site) -> None:
    """A half file of one that is at work stays: it is just being written."""
    dead = new_work(site, "lu", ("2026",), forced=False)
    alive = new_work(site, "lu", ("2026",), forced=False)
    works.note_process(alive, os.getpid())
    left, written = (one.folder / ".progress.json.0a1b2c3d.tmp" for one in (dead, alive))
    left.touch()
    written.touch()
    new_work(site, "lu", ("2026",), forced=False)
    assert (left.exists(), written.exists()) == (False, True)
    assert len(works_of(site)) == 3


def test_another_process_of_that_number_is_not_taken_for_it(site: Site) -> None:
    work = new_work(site, "lu", ("2026",), forced=False)
    told = {"pid": os.getpid(), "begun": "1"}
    (work.folder / "process.json").write_text(json.dumps(told))
    assert [one.state for one in works_of(site)] == [State.DIED]
    assert not works.stop(work)  # or it would end the tests


def test_one_that_is_stopped_is_asked_and_says_so(site: Site) -> None:
    work = new_work(site, "lu", ("2026",), forced=False)
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    works.note_process(work, sleeper.pid)
    assert works.stop(work)
    assert sleeper.wait() == -signal.SIGTERM
    works.Recorder(work).end(143)
    assert [one.state for one in works_of(site)] == [State.STOPPED]


def test_progress_is_what_the_night_says(site: Site) -> None:
    with recorded(site, ("2026",), True, "") as recorder:
        recorder.progress("2026", 0, 7)
        recorder.progress("2026", 7, 7)
        (work,) = works_of(site)
        assert (work.state, work.cohort, work.done, work.total) == (State.RUNNING, "2026", 7, 7)
        recorder.nights = [CohortNight("2026", "", Outcome.WAITING, waiting=2)]
    (work,) = works_of(site)
    assert (work.state, work.code, work.forced) == (State.ENDED, 30, True)
    assert work.nights[0]["waiting"] == 2


def test_a_cohort_with_nothing_handed_in_is_told_so(tmp_path: Path) -> None:
    text = SITE.replace('roster = "in/roster.csv"\nphotos = "in/photos"\n', "")
    site = load_site(site_file(tmp_path, text=text))
    done = ended(site, start(site, "2026", "lu"))
    assert (done.code, done.nights[0]["outcome"]) == (32, "stopped")
    assert done.nights[0]["said"] == {"zh": ["还没有名册"], "en": ["no roster has come in yet"]}


def test_what_is_no_record_is_none(site: Site) -> None:
    for name in ("", "..", "20261128T190412123-3f9a1c20", "20261128T190412123-3f9a1c20/.."):
        assert work_of(site, name) is None
