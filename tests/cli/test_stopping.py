"""Ctrl-C, kill and a closed terminal: told in words, with the exit code of a shell, in time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from places import TESTS

SOUND = {f"S{n:02}": "score=0.9 face=1 sleep=0.05" for n in range(60)}
ENDS_WITHIN_S = 3


def started(base: Path, photos: dict[str, str], *before: str) -> subprocess.Popen[str]:
    (base / "photos.json").write_text(json.dumps(photos), "utf-8")
    command = [*before, sys.executable, str(TESTS / "stopped_program.py"), str(base)]
    # In a session of its own: a signal to the group is what a terminal sends. It heeds signals
    # that whoever runs the tests may ignore, as `nohup` does.
    return subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_all,
    )


def _heed_all() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def looked_at(base: Path) -> int:
    log = base / "log"
    return len(log.read_text().split()) if log.exists() else 0


def workers_of(group: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize(
    ("number", "code", "to_all"),
    [  # the workers hear what goes to all; the process that keeps the run does as much for each
        (signal.SIGINT, 130, True),
        (signal.SIGTERM, 143, True),
        (signal.SIGHUP, 129, True),
        (signal.SIGTERM, 143, False),
    ],
)
def test_a_stopped_night_says_what_is_stored_and_how_to_go_on(
    tmp_path: Path, number: signal.Signals, code: int, to_all: bool
) -> None:
    process = started(tmp_path, SOUND)
    wait_for(lambda: looked_at(tmp_path) >= 10)
    begun = time.monotonic()
    (os.killpg if to_all else os.kill)(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - begun < ENDS_WITHIN_S
    assert process.returncode == code, said
    assert "Traceback" not in said
    told = re.search(r"Stopped\. (\d+) of 60 students are stored in \S+/out\. Give the same", said)
    assert told, said
    assert 5 <= int(told[1]) <= 60
    wait_for(lambda: workers_of(process.pid) == [])  # Python's own helper ends by itself
    assert b"\x00\x00\x80\x3f" * 2 not in (tmp_path / "out/photoproof.sqlite").read_bytes()


def test_workers_that_hear_nothing_end_too(tmp_path: Path) -> None:
    process = started(tmp_path, {"S1": "spin", "S2": "spin", "S3": "score=0.9"})
    wait_for(lambda: looked_at(tmp_path) >= 2)
    time.sleep(0.3)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Give the same command again" in said
    wait_for(lambda: workers_of(process.pid) == [])
    assert time.monotonic() - begun < ENDS_WITHIN_S


@pytest.mark.parametrize("pause_s", [0, 0.002, 0.02])
def test_a_second_signal_ends_at_once(tmp_path: Path, pause_s: float) -> None:
    process = started(tmp_path, {f"S{n}": "spin" for n in range(6)})
    wait_for(lambda: looked_at(tmp_path) >= 2)
    begun = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(pause_s)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - begun < ENDS_WITHIN_S
    # Python lets go of its handlers at its very end; a shell says 130 of a death by SIGINT too.
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in said
    wait_for(lambda: workers_of(process.pid) == [])
    assert time.monotonic() - begun < ENDS_WITHIN_S


def test_workers_end_with_a_killed_parent_whatever_they_do(tmp_path: Path) -> None:
    process = started(tmp_path, {"S1": "spin", "S2": "spin"})
    wait_for(lambda: looked_at(tmp_path) >= 2)
    process.kill()
    process.communicate(timeout=60)
    begun = time.monotonic()
    wait_for(lambda: workers_of(process.pid) == [])
    assert time.monotonic() - begun < ENDS_WITHIN_S


def test_a_night_started_by_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    process = started(tmp_path, {f"S{n}": "score=0.9" for n in range(8)}, "nohup")
    wait_for(lambda: looked_at(tmp_path) >= 1)
    os.killpg(process.pid, signal.SIGHUP)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
