"""The shipped units: systemd takes them and judges them safe, and photoproof works under them."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest
from desk_browsing import PASSWORD, Visitor, served
from desk_runs import make_run, photos
from filtered_program import settings
from places import ROOT, TESTS

from pipeline.cli.late import COMMANDS
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.night.folder import LEDGER
from pipeline.sample.cohort import SampleCohort
from pipeline.site.outcome import EXIT_CODES, Outcome
from pipeline.store.ledger import Ledger

UNITS = ROOT / "deploy/systemd"
DESK, NIGHT = UNITS / "photoproof-desk@.service", UNITS / "photoproof-nightly.service"
HUB = UNITS / "photoproof-hub.service"
PROGRAM = "/usr/local/bin/photoproof"
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is absent"
)
needs_filters = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as on a machine where the program is there."""
    for unit in UNITS.iterdir():
        text = unit.read_text("utf-8").replace(PROGRAM, sys.executable)
        (tmp_path / unit.name).write_text(text)
    shutil.copy(tmp_path / DESK.name, tmp_path / "photoproof-desk@2026.service")
    return tmp_path


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@needs_systemd
@pytest.mark.parametrize(
    "name",
    [
        "photoproof-desk@2026.service",
        "photoproof-hub.service",
        "photoproof-nightly.service",
        "photoproof-nightly.timer",
    ],
)
def test_systemd_takes_the_unit_without_a_word(installed: Path, name: str) -> None:
    done = analyze("verify", installed / name)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
def test_verify_notices_a_wrong_key(installed: Path) -> None:
    unit = installed / NIGHT.name
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in analyze("verify", unit).stderr


@needs_systemd
@pytest.mark.parametrize("unit", [DESK, NIGHT, HUB], ids=lambda unit: unit.stem)
def test_systemd_judges_the_unit_safe(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=30", unit)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", [DESK, NIGHT, HUB], ids=lambda unit: unit.stem)
def test_the_commands_and_options_of_the_units_are_there(unit: Path) -> None:
    said = settings(unit)
    _known(said["ExecStart"][0].replace("$OPTIONS", "--port 8766 --path /photoproof/2027"))


def test_the_cron_line_is_the_unit_s_command() -> None:
    lines = (ROOT / "deploy/photoproof.cron").read_text("utf-8").splitlines()
    line = next(line for line in lines if line[0].isdigit())
    *when, user, rest = line.split(" ", 6)
    assert (len(when), user) == (5, "photoproof")
    assert rest.partition("; ")[2] == settings(NIGHT)["ExecStart"][0]
    timer = settings(UNITS / "photoproof-nightly.timer")["OnCalendar"][0]
    assert timer == f"*-*-* {int(when[1]):02}:{int(when[0]):02}:00"


def _known(command: str) -> None:
    program, name, *rest = shlex.split(command)
    assert program == PROGRAM
    assert name in COMMANDS
    told = subprocess.run(
        [sys.executable, "-m", "pipeline", name, "--help"], capture_output=True, text=True
    ).stdout
    assert [word for word in rest if word.startswith("--") and word not in told] == []


def test_codes_that_are_no_failure_are_those_that_want_nobody() -> None:
    good = {EXIT_CODES[Outcome.WAITING], EXIT_CODES[Outcome.ARRIVING]}  # docs/site.md
    assert set(map(int, settings(NIGHT)["SuccessExitStatus"][0].split())) == good
    assert settings(DESK)["SuccessExitStatus"] == ["143"]  # SIGTERM, as a shell says it


@needs_systemd
@needs_filters
@pytest.mark.parametrize(
    ("unit", "attempt"),
    [
        (DESK, "import mmap; mmap.mmap(-1, 4096, prot=7)"),
        (DESK, "import os; os.sched_setaffinity(0, {0})"),
        (DESK, "import socket; socket.socket(socket.AF_UNIX)"),
        (NIGHT, "import os; os.chroot('/')"),
        (NIGHT, "import socket; socket.socket(socket.AF_NETLINK)"),
    ],
)
def test_the_filters_of_these_tests_bite(unit: Path, attempt: str) -> None:
    command = [sys.executable, str(TESTS / "filtered_program.py"), str(unit), sys.executable]
    told = subprocess.run([*command, "-c", attempt], capture_output=True, text=True)
    assert "PermissionError" in told.stderr


@needs_systemd
@needs_filters
def test_the_desk_works_as_its_unit_leaves_it(tmp_path: Path) -> None:
    run = make_run(tmp_path, photos(4))
    with Ledger(run / LEDGER) as ledger:
        accounts.add(ledger, "an", Role.REVIEWER, PASSWORD, "test")
    under = (str(TESTS / "filtered_program.py"), str(DESK), sys.executable)
    with (
        served(run, "--night-hours", "36", through=under) as (process, url),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        an = Visitor.log_in(client, "an")
        assert "/case/" in an.get("/next").headers["location"]
        assert client.get("/healthz").json()["store"]["ok"]
        process.terminate()
        assert process.wait(30) == 143


@pytest.mark.long
@needs_systemd
@needs_filters
@pytest.mark.networks
def test_a_night_works_as_its_unit_leaves_it(sample: SampleCohort, tmp_path: Path) -> None:
    """With its workers' cage, which needs calls of its own."""
    shutil.copytree(sample.root, tmp_path / "cohort")
    command = [sys.executable, str(TESTS / "filtered_program.py"), str(NIGHT), sys.executable]
    command += ["-m", "pipeline", "demo", "--out", str(tmp_path), "--workers", "2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "report/run.json").read_text("utf-8"))
    golden = (TESTS / "golden/written/run.run.json").read_text("utf-8")  # JSON but for times
    right, _ = json.JSONDecoder().raw_decode(golden, golden.index("{", golden.index('"counts"')))
    assert told["counts"] == right
