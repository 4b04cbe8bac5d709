"""What a command loads: nothing that only another command or a worker needs."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from review_runs import make_run, photos

from pipeline.cli.late import COMMANDS, LateGroup, loaded
from pipeline.night.folder import LEDGER
from pipeline.review import people
from pipeline.review.people import Role
from pipeline.store.ledger import Ledger

NETWORKS = ("cv2", "openvino", "mediapipe", "onnx")
SPREADSHEETS = ("openpyxl", "dbf", "xlsxwriter")
_LOADED = re.compile(r"^loaded: (.*)$", re.MULTILINE)


def loads(*arguments: str | Path, code: int = 0, **environment: str) -> set[str]:
    """Names of the modules that a command has loaded by its end, in a process of its own."""
    program = textwrap.dedent(f"""
        import sys
        from pipeline.cli import main
        sys.argv = ["photoproof", *{list(map(str, arguments))!r}]
        try:
            main()
        finally:
            print("loaded:", *(name for name, module in sys.modules.items() if module))
    """)
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )
    assert result.returncode == code, result.stderr
    found = _LOADED.search(result.stdout)
    assert found
    return set(found[1].split())


# --- commands


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_the_command_itself_says(name: str) -> None:
    command = loaded(name)
    assert command.name == name
    assert COMMANDS[name].help == inspect.cleandoc(command.help).split("\n\n")[0]
    assert "completion" not in " ".join(str(p.name) for p in command.params)


def test_a_mistyped_command_is_answered_with_a_near_one() -> None:
    group: Any = LateGroup(name="photoproof")
    with pytest.raises(Exception, match="Did you mean 'purge'"):
        group.resolve_command(group.context_class(group), ["purg"])


@pytest.mark.parametrize("arguments", [["--help"], ["version"]])
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    assert loads(*arguments).isdisjoint(NETWORKS + SPREADSHEETS)


@pytest.mark.parametrize("arguments", [["--help"], ["version"]])
def test_help_and_version_load_no_other_command(arguments: list[str]) -> None:
    found = loads(*arguments)
    assert found.isdisjoint(("numpy", "models"))
    assert {name for name in found if name.startswith("pipeline.")} <= {
        *("pipeline.cli", "pipeline.cli.console", "pipeline.cli.late"),
        *("pipeline.cli.version", "pipeline.errors"),
    }


def test_the_look_notices_what_is_loaded() -> None:
    assert loads("check", "--help") >= {"cv2", "openvino"}


@pytest.mark.parametrize("arguments", [["list"], ["show", "cet"], ["check", "own.toml"]])
def test_profiles_load_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    own = tmp_path / "own.toml"
    own.write_text('base = "cet"\n')
    words = [str(own) if word == "own.toml" else word for word in arguments]
    assert loads("profiles", *words).isdisjoint(NETWORKS + SPREADSHEETS)


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with an account at its desk."""
    run = make_run(tmp_path_factory.mktemp("reviewed"), photos(4))
    with Ledger(run / LEDGER) as ledger:
        people.add(ledger, "an", Role.REVIEWER, "a long pass phrase", "test")
    return run


@pytest.mark.parametrize("arguments", [["list", "--json"], ["remove", "an"]])
def test_users_load_nothing_heavy(reviewed: Path, arguments: list[str]) -> None:
    found = loads("users", *arguments, "--run", reviewed)
    assert found.isdisjoint(NETWORKS + SPREADSHEETS)


@pytest.mark.parametrize("table", ["csv", "college", "registry"])
def test_export_loads_no_more_than_a_workbook_needs(
    reviewed: Path, tmp_path: Path, table: str
) -> None:
    found = loads("export", table, reviewed, "--out", tmp_path / "tables")
    assert found.isdisjoint((*NETWORKS, "openpyxl", "dbf"))
    assert list((tmp_path / "tables").iterdir())
