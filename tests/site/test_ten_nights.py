"""Ten nights of a site with real networks, mail and the unit's own command; nothing is lost."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from old_stores import VERSION_1
from places import ROOT
from site_mail import Inbox, smtp

from pipeline.desk.cases.desk import opened
from pipeline.night.folder import DATABASE
from pipeline.sample import sources

pytestmark = [pytest.mark.networks, pytest.mark.long]

UNIT = ROOT / "deploy" / "systemd" / "photoproof-nightly.service"
SOUND, OTHER = ("obama", "hopper"), "maher"
MANY = {f"B{n}": name for n, name in enumerate((*SOUND, "biden", "collins"), 1)}
SITE = """
name = "示例大学"
lang = "en"

[cohorts.bachelor]
roster = "inbox/bachelor/roster.csv"
photos = "inbox/bachelor/photos"
policy = "policy.toml"

[cohorts.master]
roster = "inbox/master/roster.csv"
photos = "inbox/master/photos"
policy = "policy.toml"

[cohorts.last-year]
roster = "inbox/last/roster.csv"
photos = "inbox/last/photos"
policy = "policy.toml"
registration_ends = 2020-06-30
keep_days = {keep}

[nightly]
settle_minutes = {settle}
workers = 1
keep_nights = 3

[messages]
file = "told.txt"

[messages.mail]
to = ["registry@example.edu.cn"]
sender = "photoproof@example.edu.cn"
host = "localhost"
port = {port}
tls = "none"

[log]
file = "night.log"
"""
FOREVER = 3650
PROGRAM = [sys.executable, "-m", "pipeline"]


@dataclass
class School:
    """A site's folder, and the command that a timer gives."""

    folder: Path
    port: int
    keep: int = FOREVER

    def write(self, settle: float = 0) -> None:
        text = SITE.format(port=self.port, settle=settle, keep=self.keep)
        (self.folder / "photoproof.toml").write_text(text, "utf-8")
        (self.folder / "policy.toml").write_text('[severity]\nNO_REFERENCE = "advice"\n')

    def deliver(self, cohort: str, pictures: dict[str, str]) -> None:
        """Roster and photos by student number and name of a sample picture."""
        folder, found = self.folder / "inbox" / cohort, sources.fetch()
        (folder / "photos").mkdir(parents=True, exist_ok=True)
        with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("学号", "姓名"))
            rows.writerows((number, f"欧阳{number}") for number in pictures)
        for number, name in pictures.items():
            picture = found[name]
            shutil.copy(picture, folder / "photos" / f"{number}{picture.suffix}")

    def command(self, *more: str) -> list[str]:
        """What the unit starts, on this machine's Python."""
        (line,) = re.findall(r"^ExecStart=(.+)$", UNIT.read_text("utf-8"), re.MULTILINE)
        words = line.split()[1:]
        site = ["--site", str(self.folder)]
        given = [w for w in words if w != "--site" and not w.startswith("/")]
        return [*PROGRAM, *given, *site, *more]

    def night(self, code: int, *more: str) -> dict[str, dict[str, object]]:
        done = subprocess.run(
            self.command("--json", *more), capture_output=True, text=True, timeout=300
        )
        assert done.returncode == code, done.stdout + done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        return {one["cohort"]: one for one in told["cohorts"]}

    def run_of(self, cohort: str) -> Path:
        return self.folder / "cohorts" / cohort / "run"

    def call(self, *words: str) -> str:
        done = subprocess.run(
            [*PROGRAM, *words, "--site", str(self.folder)],
            capture_output=True, text=True, timeout=60, check=True
        )  # fmt: skip
        return done.stdout

    def results(self, cohort: str) -> dict[str, str]:
        path = self.run_of(cohort) / "results.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["subject_id"]: row["reasons"] for row in csv.DictReader(file)}


def answer(run: Path, student: str) -> None:
    """Somebody judges a case at the desk."""
    with opened(run) as desk, desk.ledger.transaction():
        item = desk.ledger.items.by_key(student)
        assert item is not None
        said = {"verdict": "ok"}
        desk.ledger.answers.add("an", item.answers_key, item.photo_sha256, "answer", said)


def answers(run: Path) -> list[str]:
    with opened(run) as desk:
        item = desk.ledger.items.by_key("M1")
        assert item is not None
        return [str(one.verdict) for one in desk.answers(item)]


def kill_in_the_middle(site: School, cohort: str, students: int) -> None:
    """Begin a night and kill all its processes when some students are stored, and not all."""
    process = subprocess.Popen(site.command(cohort), start_new_session=True)
    uri = f"file:{site.run_of(cohort) / DATABASE}?mode=ro"
    done, deadline = 0, time.monotonic() + 120
    while not done:
        assert process.poll() is None
        assert time.monotonic() < deadline
        with closing(sqlite3.connect(uri, uri=True)) as db:
            ask = "SELECT count(*) FROM student WHERE photo_sha256 != ''"
            done = int(db.execute(ask).fetchone()[0])
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    site.write()
    assert done < students
    assert process.returncode == -signal.SIGKILL


def make_old(run: Path, student: str) -> None:
    """Put a store in the place of a run's as version 1 of its tables made them."""
    for path in run.glob(f"{DATABASE}*"):
        path.unlink()
    with closing(sqlite3.connect(run / DATABASE)) as db:
        db.executescript(VERSION_1)
        subject = json.dumps({"subject_id": student, "row": 2, "student_no": student})
        db.execute("DELETE FROM student WHERE key = 's2'")
        db.execute("UPDATE student SET key = ?, subject = ?", (student, subject))
        db.execute("UPDATE measurement SET key = ?", (student,))
        db.commit()


def alive() -> list[str]:
    """Workers that still run: the command lines of our Python's spawned processes in no session."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = place.read_bytes().replace(b"\0", b" ").decode()
            if line.startswith(sys.executable) and "multiprocessing" in line:
                parent = (place.parent / "stat").read_text().rsplit(")", 1)[1].split()[1]
                found += [line] if parent == "1" else []  # its own parent has gone
    return found


@pytest.fixture
def school(tmp_path: Path) -> Iterator[tuple[School, Inbox]]:
    inbox = Inbox()
    with smtp(inbox, None) as port:
        yield School(tmp_path / "site", port), inbox


def test_ten_nights(school: tuple[School, Inbox], tmp_path: Path) -> None:
    site, inbox = school
    subprocess.run([*PROGRAM, "site", "init", str(site.folder)], check=True)
    site.write()
    site.deliver("bachelor", {n: name for n, name in MANY.items() if n != "B3"})
    site.deliver("master", {"M1": SOUND[0]})
    site.deliver("last", {"L1": OTHER})

    # 1: three cohorts for the first time.
    first = site.night(30)
    assert {name: one["students"] for name, one in first.items()} == {
        **{"bachelor": 3, "master": 1},
        "last-year": 1,
    }
    site.call("site", "check")  # is sound, or fails
    before, of_master = site.results("bachelor"), site.results("master")
    answer(site.run_of("master"), "M1")

    # 2: nothing is new.
    assert [one["assessed"] for one in site.night(30).values()] == [0, 0, 0]

    # 3: a delivery is half written: the roster waits, and the cohort with it.
    site.write(settle=10)
    assert {one["outcome"] for one in site.night(31).values()} == {"arriving"}
    site.write()

    # 4: a new student comes.
    site.deliver("bachelor", MANY)
    fourth = site.night(30)
    assert fourth["bachelor"]["students"] == 4
    assert {k: v for k, v in site.results("bachelor").items() if k != "B3"} == before
    whole = site.results("bachelor")

    # 5: the share is not mounted: the safety catch trips, and the good night stays.
    photos = site.folder / "inbox/bachelor/photos"
    photos.rename(site.folder / "away")
    photos.mkdir()
    kept = (site.folder / "cohorts/bachelor/run/report.html").read_bytes()
    fifth = site.night(32)
    assert fifth["bachelor"]["outcome"] == "stopped"
    assert fifth["master"]["outcome"] in ("well", "waiting")
    assert (site.folder / "cohorts/bachelor/run/report.html").read_bytes() == kept

    # 6: somebody means it.
    sixth = site.night(30, "bachelor", "--force")
    assert set(site.results("bachelor").values()) == {"MISSING_PHOTO"}
    assert sixth["bachelor"]["waiting"] == 4

    # 7: the share is back, and the night is killed in the middle; given again, it goes on. The
    # master's store is one that version 0.1 made in its first days.
    photos.rmdir()
    (site.folder / "away").rename(photos)
    kill_in_the_middle(site, "bachelor", len(MANY))
    assert not {name.name for name in site.run_of("bachelor").glob("*.html")} - {"report.html"}
    make_old(site.run_of("master"), "M1")
    seventh = site.night(30, "bachelor", "master")
    assert seventh["bachelor"]["assessed"] in range(1, 4)  # who was stored is not looked at again
    assert site.results("bachelor") == whole
    assert site.results("master") == of_master
    assert (site.run_of("master") / ".photoproof.sqlite.version1").is_file()  # as it was

    # 8: a backup is put back elsewhere; a store of a newer version says so.
    site.night(30)
    archive = tmp_path / "b.tar.gz"
    site.call("backup", str(archive))
    other = School(tmp_path / "other", site.port)
    other.folder.mkdir()
    other.write()
    other.call("restore", str(archive))
    assert other.results("bachelor") == site.results("bachelor")
    assert answers(other.run_of("master")) == ["ok"]
    database = other.run_of("bachelor") / DATABASE
    with sqlite3.connect(database) as db:
        db.execute("PRAGMA user_version = 99")
    told = subprocess.run(
        [*PROGRAM, "decide", str(database.parent)], capture_output=True, text=True, check=False
    )
    assert told.returncode == 16
    assert "newer version" in told.stderr

    # 9: last year's time is over.
    site.keep = 1
    site.write()
    ninth = site.night(30)
    assert ninth["last-year"]["purged"] is True
    names = {p.name for p in (site.folder / "cohorts/last-year").rglob("*") if p.is_file()}
    assert not names & {"results.csv", "report.html", "report.xlsx"}

    # 10: and so it stays.
    tenth = site.night(30)
    assert tenth["last-year"]["students"] == 0
    nights = sorted(p.name for p in (site.folder / "cohorts/bachelor/nights").iterdir())
    assert nights[-1] == "newest"
    assert len(nights) <= 4

    # Nothing is lost: people's answers and who gave them; nothing is left over.
    assert answers(site.run_of("master")) == ["ok"]
    site.call("audit", "verify", "master")
    passing = re.compile(r"\.(owner|next.*|.*\.tmp|\d{4}-.*)")
    left = list((site.folder / "cohorts").rglob("*"))
    assert [path for path in left if passing.fullmatch(path.name)] == []
    assert [path for path in left if path.name.endswith("-wal") and path.stat().st_size] == []
    assert alive() == []

    # What was told: a letter a night that ended, and nobody in letters, log and file.
    assert len(inbox.letters) == 10
    log = (site.folder / "night.log").read_text("utf-8")
    assert len({json.loads(line)["night"] for line in log.splitlines()}) == 11  # one was killed
    everything = log + (site.folder / "told.txt").read_text("utf-8")
    everything += "".join(letter.get_content() for letter in inbox.letters)
    for secret in ("欧阳", "B1", "M1", "roster.csv", str(site.folder)):
        assert secret not in everything
