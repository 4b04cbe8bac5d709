"""A hostile picture holds up no single command: it is ended, told, and the others go on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from english import english
from hostile.pictures import in_scans
from places import ROOT

from pipeline.sample import sources

pytestmark = [pytest.mark.networks, pytest.mark.long]

# 6,000 scans of 16 megapixels take minutes; the policy of these tests lets them be tried for 4 s.
LIMITS = "[input]\nmax_seconds = 4\nmax_scans = 100000\n"


def command(folder: Path, *words: str, spoken: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": spoken},
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
    words = ["check", *photos, "--policy", "policy.toml", "--annotate", "drawn"]
    done = command(hostile, *words, spoken="zh_CN.UTF-8")
    assert "Traceback" not in done.stderr
    assert english(done.stdout + done.stderr) == []
    slow, sound = done.stdout.split("b-sound.jpg")
    assert re.findall("[A-Z_]{4,}", slow) == ["NOT_ASSESSED"]
    assert "检查未完成 NOT_ASSESSED" in slow
    assert "像素尺寸 SIZE_PX" in sound
    assert "NOT_ASSESSED" not in sound
    assert [path.name for path in (hostile / "drawn").iterdir()] == ["b-sound.png"]


def test_propose_goes_on(hostile: Path) -> None:
    words = ["propose", "a-slow.jpg", "b-sound.jpg", "--policy", "policy.toml", "--out", "out"]
    done = command(hostile, *words, spoken="zh_CN.UTF-8")
    assert done.returncode == 0, done.stderr
    assert re.search("[\u4e00-\u9fff]", done.stdout)
    assert english(done.stdout + done.stderr) == []
    assert "b-sound.jpg" in (hostile / "out/proposals.csv").read_text("utf-8-sig")


def test_an_evaluation_counts_it_as_a_failure(hostile: Path) -> None:
    (hostile / "list.csv").write_text("path\na-slow.jpg\nb-sound.jpg\n")
    words = ["--root", ".", "--out", "out", "--policy", "policy.toml", "--workers", "1", "--json"]
    done = command(hostile, "evaluate", "orientation", "list.csv", *words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["failures"] == 1
    assert "longer than it may" in (hostile / "out/failures.csv").read_text("utf-8-sig")
