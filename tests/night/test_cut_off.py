"""A night that is cut off anywhere and taken up again ends like one that nobody disturbed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from places import TESTS

NIGHT = TESTS / "night_program.py"
PHOTOS = {
    f"S{n:02}": f"turn={90 * (n % 4)} score={(n % 10) / 10} sha={n % 37} sleep=0.02"
    for n in range(80)
} | {"S80": "crash", "S81": "die"}


def base_of(folder: Path) -> Path:
    folder.mkdir()
    (folder / "photos.json").write_text(json.dumps(PHOTOS), "utf-8")
    return folder


def start(base: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(NIGHT), str(base), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def finish(base: Path, *more: str) -> tuple[int, str]:
    process = start(base, *more)
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors


def children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    except OSError:
        return []
    return [int(word) for word in text.split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def has_ended(pid: int) -> bool:
    return not alive(pid)


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def looked_at(base: Path) -> int:
    log = base / "log"
    return len(log.read_text().split()) if log.exists() else 0


def has_looked_at(base: Path, students: int) -> bool:
    return looked_at(base) >= students


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """results.csv of a night that nobody disturbed."""
    base = base_of(tmp_path_factory.mktemp("calm") / "night")
    code, errors = finish(base)
    assert (code, errors) == (0, "")
    return (base / "out/results.csv").read_bytes()


@pytest.mark.long
def test_killed_at_random_points_it_ends_the_same(tmp_path: Path, undisturbed: bytes) -> None:
    chance = random.Random(20261123)
    base = base_of(tmp_path / "night")
    for kill in range(6):
        process = start(base)
        seen = looked_at(base)
        if kill:  # the first is killed while it starts
            more = chance.randint(1, 12)
            wait_for(partial(has_looked_at, base, seen + more), "it works")
        time.sleep(chance.uniform(0, 0.1))
        workers = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        for pid in workers:
            wait_for(partial(has_ended, pid), "its workers end with it")
    assert finish(base)[0] == 0
    assert (base / "out/results.csv").read_bytes() == undisturbed
    # At each kill at most the students in hand, four a worker, are looked at in vain.
    assert looked_at(base) <= len(PHOTOS) + 8 * 6 + 8


def test_killed_workers_are_replaced(tmp_path: Path, undisturbed: bytes) -> None:
    base = base_of(tmp_path / "night")
    process = start(base)
    for seen in (5, 30):
        wait_for(partial(has_looked_at, base, seen), "it works")
        workers = [pid for pid in children(process.pid) if b"spawn_main" in command_of(pid)]
        os.kill(workers[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert (base / "out/results.csv").read_bytes() == undisturbed


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path, undisturbed: bytes) -> None:
    base = base_of(tmp_path / "night")
    code, errors = finish(base, str(150_000))
    assert code == 1
    assert "cannot be written" in errors
    assert "Traceback" not in errors
    assert "Make room" in errors
    assert finish(base)[0] == 0
    assert (base / "out/results.csv").read_bytes() == undisturbed


def test_a_killed_night_leaves_no_template_on_the_disk(tmp_path: Path) -> None:
    """Face templates are in memory alone; the night that goes on makes them again."""
    faces = {f"S{n:02}": f"score=0.9 face={n % 8} sleep=0.02 lies=here" for n in range(40)}
    base = base_of(tmp_path / "night")
    (base / "photos.json").write_text(json.dumps(faces), "utf-8")
    process = start(base)
    wait_for(partial(has_looked_at, base, 20), "it works")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    left = b"".join(file.read_bytes() for file in (base / "out").iterdir() if file.is_file())
    assert b"S05" in left
    assert not any(face.tobytes() in left for face in np.eye(8, dtype=np.float32))
    assert finish(base)[0] == 0
    assert b"NOT_ASSESSED" not in (base / "out/results.csv").read_bytes()
