"""What a command loads: nothing that only another command or a worker needs."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
import textwrap
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from desk_runs import make_run, photos
from fakes import fake
from report_cases import subject

from models import manifest
from pipeline.cli.late import COMMANDS, LateGroup, loaded
from pipeline.core.policy import load_policy, load_profile
from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.night.folder import LEDGER
from pipeline.night.nightly import run_night
from pipeline.source import gather
from pipeline.store.ledger import Ledger
from pipeline.student.measures import all_measures

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
    at = COMMANDS[name]
    own = getattr(import_module(f"pipeline.cli.{at.module}"), at.name)
    if not isinstance(own, typer.Typer):
        assert command.help == inspect.cleandoc(own.__doc__)
    assert "completion" not in " ".join(str(p.name) for p in command.params)


def test_a_mistyped_command_is_answered_with_a_near_one() -> None:
    group: Any = LateGroup(name="photoproof")
    with pytest.raises(Exception, match="Did you mean 'purge'"):
        group.resolve_command(group.context_class(group), ["purg"])


@pytest.mark.parametrize("arguments", [["--help"], ["version"], ["run", "--help"]])
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    assert loads(*arguments).isdisjoint(NETWORKS + SPREADSHEETS)


@pytest.mark.parametrize("arguments", [["--help"], ["version"]])
def test_help_and_version_load_no_other_command(arguments: list[str]) -> None:
    found = loads(*arguments)
    assert found.isdisjoint(("numpy", "models"))
    assert {name for name in found if name.startswith("pipeline.")} <= {
        *("pipeline.cli", "pipeline.cli.console", "pipeline.cli.late", "pipeline.cli.stopping"),
        *("pipeline.cli.of_site", "pipeline.cli.version"),
        *("pipeline.core", "pipeline.core.errors", "pipeline.core.private"),
        *("pipeline.cli.speech", "pipeline.core.catalogue", "pipeline.core.said"),
        *("pipeline.site", "pipeline.site.place"),
    }


def test_the_look_notices_what_is_loaded() -> None:
    assert "cv2" in loads("regress", "--help")


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
        accounts.add(ledger, "an", Role.REVIEWER, "a long pass phrase", "test")
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
    drawn = {"cv2"} if table == "college" else set()  # its workbook shows pictures
    assert found.isdisjoint({*NETWORKS, "openpyxl", "dbf"} - drawn)
    assert list((tmp_path / "tables").iterdir())


# --- a night with nothing to do


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of weights of the right size, and nothing in them."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(folder))
    (folder / "models").mkdir(parents=True)
    for asset in manifest.weights():
        with (folder / "models" / asset.file).open("wb") as file:
            file.truncate(asset.bytes)
    derived = manifest.derived()
    (folder / "models" / derived.file).write_bytes(b"folded")
    source = next(a.sha256 for a in manifest.weights() if a.id == derived.source)
    record = {"source_sha256": source, "onnx": "1", "bytes": 6, "sha256": "0" * 64}
    (folder / "models" / manifest.RECORD_FILE).write_text(json.dumps(record))
    return folder


@pytest.fixture
def night(tmp_path: Path, cache: Path) -> list[str]:
    """The command of a night that the fake engine has already done."""
    roster, pictures = tmp_path / "roster.csv", tmp_path / "photos"
    pictures.mkdir()
    lines = ["学号,姓名"]
    for number in range(3):
        student = subject(number)
        lines.append(f"{student.student_no},{student.name}")
        (pictures / f"{student.student_no}.jpg").write_text("score=0.9")
    roster.write_text("\n".join(lines) + "\n", "utf-8")
    policy, out = load_policy(), tmp_path / "out"
    run_night(
        gather(roster, [pictures], {"idcard": [pictures]}),
        out,
        policy,
        load_profile(policy.profile, all_measures()),
        digests=manifest.expected(policy.comparison.recognisers),
        factory=fake(),
    )
    folders = ("--photos", str(pictures), "--references", f"idcard={pictures}")
    return ["run", "--roster", str(roster), *folders, "--out", str(out)]


def test_a_night_with_nothing_to_do_loads_nothing_heavy(night: list[str]) -> None:
    found, idle = loads(*night), ("jinja2", "PIL", "pipeline.student.examiner")
    assert found.isdisjoint((*NETWORKS, *SPREADSHEETS, *idle))
    assert "pipeline.night.run" in found


def test_weights_are_verified_only_where_somebody_is_looked_at(
    night: list[str], tmp_path: Path
) -> None:
    loads(*night)
    photo = min((tmp_path / "photos").iterdir())
    before = photo.read_text()
    photo.write_text("score=0.1")
    found = loads(*night, code=14)  # the weights have the right size and wrong bytes
    assert found.isdisjoint(NETWORKS)
    photo.write_text(before)
    loads(*night)  # and nothing was lost by it


def test_weights_of_another_size_stop_a_night_with_nothing_to_do(
    night: list[str], cache: Path
) -> None:
    (cache / "models" / manifest.weights()[0].file).write_bytes(b"short")
    loads(*night, code=14)
