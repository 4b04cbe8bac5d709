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
from dataclasses import dataclass
from pathlib import Path

import pytest
from places import ROOT
from site_mail import Inbox, smtp

from pipeline.sample import sources

pytestmark = pytest.mark.networks

UNIT = ROOT / "deploy" / "systemd" / "photoproof-nightly.service"
SOUND, OTHER = ("obama", "hopper"), "maher"
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
workers = 2
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
        return [sys.executable, "-m", "pipeline", *given, *site, *more]

    def night(self, code: int, *more: str) -> dict[str, dict[str, object]]:
        done = subprocess.run(
            self.command("--json", *more), capture_output=True, text=True, timeout=300
        )
        assert done.returncode == code, done.stdout + done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        return {one["cohort"]: one for one in told["cohorts"]}

    def results(self, cohort: str) -> dict[str, str]:
        path = self.folder / "cohorts" / cohort / "run" / "results.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["subject_id"]: row["reasons"] for row in csv.DictReader(file)}


@pytest.fixture
def school(tmp_path: Path) -> Iterator[tuple[School, Inbox]]:
    inbox = Inbox()
    with smtp(inbox, None) as port:
        yield School(tmp_path / "site", port), inbox


def test_ten_nights(school: tuple[School, Inbox], tmp_path: Path) -> None:
    site, inbox = school
    site.folder.mkdir()
    site.write()
    site.deliver("bachelor", {"B1": SOUND[0], "B2": SOUND[1]})
    site.deliver("master", {"M1": SOUND[0]})
    site.deliver("last", {"L1": OTHER})

    # 1: three cohorts for the first time.
    first = site.night(30)
    assert {name: one["students"] for name, one in first.items()} == {
        **{"bachelor": 2, "master": 1},
        "last-year": 1,
    }
    before = site.results("bachelor")

    # 2: nothing is new.
    assert [one["assessed"] for one in site.night(30).values()] == [0, 0, 0]

    # 3: a delivery is half written: the roster waits, and the cohort with it.
    site.write(settle=10)
    assert {one["outcome"] for one in site.night(31).values()} == {"arriving"}
    site.write()

    # 4: a new student comes.
    site.deliver("bachelor", {"B1": SOUND[0], "B2": SOUND[1], "B3": OTHER})
    fourth = site.night(30)
    assert fourth["bachelor"]["students"] == 3
    assert {k: v for k, v in site.results("bachelor").items() if k != "B3"} == before

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
    assert sixth["bachelor"]["waiting"] == 3

    # 7: the share is back, and the night is killed in the middle; given again, it goes on.
    photos.rmdir()
    (site.folder / "away").rename(photos)
    process = subprocess.Popen(site.command("bachelor"), start_new_session=True)
    time.sleep(2.5)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    site.night(30, "bachelor")
    assert {k: v for k, v in site.results("bachelor").items() if k != "B3"} == before

    # 8: a backup is put back elsewhere; a store of a newer version says so.
    site.night(30)
    archive = tmp_path / "b.tar.gz"
    run = [sys.executable, "-m", "pipeline"]
    subprocess.run([*run, "backup", str(archive), "--site", str(site.folder)], check=True)
    other = School(tmp_path / "other", site.port)
    other.folder.mkdir()
    other.write()
    subprocess.run([*run, "restore", str(archive), "--site", str(other.folder)], check=True)
    assert other.results("bachelor") == site.results("bachelor")
    database = other.folder / "cohorts/bachelor/run/photoproof.sqlite"
    with sqlite3.connect(database) as db:
        db.execute("PRAGMA user_version = 99")
    told = subprocess.run(
        [*run, "decide", str(database.parent)], capture_output=True, text=True, check=False
    )
    assert told.returncode == 16
    assert "newer version" in told.stderr

    # 9: last year's time is over.
    site.keep = 1
    site.write()
    ninth = site.night(30)
    assert ninth["last-year"]["purged"] is True
    left = {p.name for p in (site.folder / "cohorts/last-year").rglob("*") if p.is_file()}
    assert not left & {"results.csv", "report.html", "report.xlsx"}

    # 10: and so it stays.
    tenth = site.night(30)
    assert tenth["last-year"]["students"] == 0
    nights = sorted(p.name for p in (site.folder / "cohorts/bachelor/nights").iterdir())
    assert nights[-1] == "newest"
    assert len(nights) <= 4

    # What was told: a letter a night that ended, and nobody in letters, log and file.
    assert len(inbox.letters) == 10
    log = (site.folder / "night.log").read_text("utf-8")
    assert len({json.loads(line)["night"] for line in log.splitlines()}) == 11  # one was killed
    whole = log + (site.folder / "told.txt").read_text("utf-8")
    whole += "".join(letter.get_content() for letter in inbox.letters)
    for secret in ("欧阳", "B1", "M1", "roster.csv", str(site.folder)):
        assert secret not in whole
