"""Engines that fail, workers that die, kill -9: nobody is lost; with a fake engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import cohort_of
from night_cases import GOOD, Go, rows
from places import TESTS


@pytest.mark.parametrize("workers", [1, 2])
def test_engine_failure_is_that_students_alone(go: Go, workers: int) -> None:
    outputs, _ = go({"A": GOOD, "B": "crash", "C": GOOD}, workers)
    by_id = {r["subject_id"]: r for r in rows(outputs)}
    assert by_id["B"]["reasons"] == "NOT_ASSESSED"
    assert by_id["B"]["decision"] == "REVIEW"
    assert by_id["A"]["decision"] == by_id["C"]["decision"] == "ACCEPT"
    assert "110105194912310021" not in outputs.html.read_text()


def test_photo_that_kills_its_worker_is_data(go: Go) -> None:
    photos = {f"S{n}": GOOD for n in range(12)} | {"S5": "die"}
    outputs, _ = go(photos, workers=2)
    by_id = {r["subject_id"]: r for r in rows(outputs)}
    assert by_id.pop("S5")["reasons"] == "NOT_ASSESSED"
    assert {r["decision"] for r in by_id.values()} == {"ACCEPT"}


def test_student_whose_worker_died_is_tried_once_more(go: Go, tmp_path: Path) -> None:
    photos = {f"S{n}": GOOD for n in range(6)} | {"S2": f"die-once:{tmp_path / 'witness'}"}
    outputs, _ = go(photos, workers=2)
    assert {r["decision"] for r in rows(outputs)} == {"ACCEPT"}


def test_killed_run_continues_where_it_stopped(tmp_path: Path, go: Go) -> None:
    photos = {f"S{n:02}": f"turn={90 * (n % 4)} sleep=0.05" for n in range(40)}
    cohort_of(tmp_path / "photos", photos)
    script = f"""
import sys; sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from fakes import cohort_of, fake
from pipeline.night.nightly import run_night
from pipeline.core.policy import load_policy, load_profile
if __name__ == "__main__":
    base = Path({str(tmp_path)!r})
    run_night(cohort_of(base / "photos", {photos!r}), base / "out", load_policy(),
            load_profile("chsi-graduation"), digests={{}}, workers=1, factory=fake(base / "killed"))
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    killed = tmp_path / "killed"
    deadline = time.monotonic() + 60
    while not (killed.exists() and len(killed.read_text().split()) > 8):
        assert time.monotonic() < deadline, "the run to be killed did not get going"
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = killed.read_text().split()
    outputs, after = go(photos)
    # At most the one student in hand when the process died is looked at twice.
    assert len(before) + len(after) <= len(photos) + 1
    assert set(before) | set(after) == set(photos)
    assert [r["turn_cw"] for r in rows(outputs)] == [str(90 * (n % 4)) for n in range(40)]
