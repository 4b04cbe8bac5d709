"""A hostile picture holds up no single command: it is ended, told, and the others go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile.pictures import in_scans
from places import ROOT

from pipeline.sample import sources

pytestmark = pytest.mark.networks

# 6,000 scans of 16 megapixels take minutes; the policy of these tests lets them be tried for 8 s.
LIMITS = "[input]\nmax_seconds = 8\nmax_scans = 100000\n"


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    (tmp_path / "policy.toml").write_text(LIMITS)
    (tmp_path / "a-slow.jpg").write_bytes(in_scans(4000, 4000, 6000))
    (tmp_path / "b-sound.jpg").write_bytes(sources.fetch()["obama"].read_bytes())
    return tmp_path


def test_check_tells_it_and_goes_on(hostile: Path) -> None:
    photos = ["a-slow.jpg", "b-sound.jpg"]
    done = command(hostile, "check", *photos, "--policy", "policy.toml", "--json")
    told = {one["photo"]: one for one in json.loads(done.stdout)}
    slow, sound = (told[name] for name in photos)
    assert [f["code"] for f in slow["findings"]] == ["NOT_ASSESSED"]
    assert "NOT_ASSESSED" not in {f["code"] for f in sound["findings"]}
    drawn = command(hostile, "check", *photos, "--policy", "policy.toml", "--annotate", "drawn")
    assert "Traceback" not in drawn.stderr
    assert [path.name for path in (hostile / "drawn").iterdir()] == ["b-sound.png"]


def test_propose_goes_on(hostile: Path) -> None:
    done = command(
        hostile, "propose", "a-slow.jpg", "b-sound.jpg", "--policy", "policy.toml", "--out", "out"
    )
    assert done.returncode == 0, done.stderr
    assert "b-sound.jpg" in (hostile / "out/proposals.csv").read_text("utf-8-sig")


def test_an_evaluation_counts_it_as_a_failure(hostile: Path) -> None:
    (hostile / "list.csv").write_text("path\na-slow.jpg\nb-sound.jpg\n")
    words = ["--root", ".", "--out", "out", "--policy", "policy.toml", "--workers", "1", "--json"]
    done = command(hostile, "evaluate", "orientation", "list.csv", *words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["failures"] == 1
    assert "longer than it may" in (hostile / "out/failures.csv").read_text("utf-8-sig")
