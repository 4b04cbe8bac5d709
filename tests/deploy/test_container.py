"""The image and its compose file, as far as they can be judged without building one.

`deploy/container` builds and tries it; it takes minutes, root and Debian's tools.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import ROOT

from pipeline.cli.late import COMMANDS

DEPLOY = ROOT / "deploy"
IMAGE = (DEPLOY / "Containerfile").read_text("utf-8")


def services() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    return table


@pytest.mark.parametrize("name", ["desk", "nightly"])
def test_a_service_may_write_its_folders_alone_and_nothing_more(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    inside = [volume.split(":")[1] for volume in service["volumes"]]
    assert inside == ["/srv/photoproof", "/weights"]
    assert [folder for folder in inside if f'"{folder}"' not in IMAGE] == []


def test_the_desk_is_published_on_this_machine_alone() -> None:
    assert all(port.startswith("127.0.0.1:") for port in services()["desk"]["ports"])


@pytest.mark.parametrize("name", ["desk", "nightly"])
def test_the_commands_of_the_services_are_there(name: str) -> None:
    command, *rest = services()[name]["command"]
    assert command in COMMANDS
    told = subprocess.run(
        [sys.executable, "-m", "pipeline", command, "--help"], capture_output=True, text=True
    ).stdout
    options = [word.partition("=")[0] for word in rest if word.startswith("--")]
    assert options
    assert [option for option in options if option not in told] == []


def test_the_image_runs_as_nobody_special_and_installs_by_hash_without_a_network() -> None:
    last = IMAGE.rpartition("FROM ")[2]
    assert re.search(r"^USER photoproof$", last, re.MULTILINE)
    installs = [line for line in IMAGE.split("RUN ") if "/pip install" in line]
    assert installs
    assert all(line.count("--no-index") == line.count("pip install") for line in installs)
    assert "--require-hashes" in IMAGE


def test_the_image_has_the_system_libraries_of_the_readme() -> None:
    named = re.search(r"`apt-get install make (.+?)`", (ROOT / "README.md").read_text("utf-8"))
    assert named
    for place in (IMAGE, (DEPLOY / "container").read_text("utf-8")):
        assert [library for library in named[1].split() if library not in place] == []


def test_the_trial_says_why_it_cannot_be_made_here(tmp_path: Path) -> None:
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = subprocess.run(
        [str(tmp_path / "bash"), str(DEPLOY / "container")],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (77, "not here: mmdebstrap is absent\n")
