"""Rules that no single file can keep by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from places import ROOT, TESTS

from pipeline.core import measurements

SOURCES = sorted(p for top in ("pipeline", "models", "data") for p in (ROOT / top).rglob("*.py"))
MOST_LINES = dict.fromkeys(SOURCES, 310) | dict.fromkeys(sorted(TESTS.rglob("*.py")), 350)


def lines_with(pattern: str, *allowed: str) -> list[str]:
    """`file:line` of every match outside the allowed files or folders."""
    found = []
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(allowed):
            continue
        text = path.read_text("utf-8")
        found += [
            f"{name}:{text.count(chr(10), 0, m.start()) + 1}" for m in re.finditer(pattern, text)
        ]
    return found


def test_pixels_and_points_are_turned_in_geometry_alone() -> None:
    turning = (
        r"cv2\.(rotate|flip|warpAffine|resize|transpose)\(|np\.(rot90|flip\w*)\("
        r"|exif_transpose|\.transpose\(Image|\.rotate\("
    )
    # The sample draws its pictures; it judges none.
    assert lines_with(turning, "pipeline/core/geometry.py", "pipeline/sample/") == []


def test_only_the_command_line_prints_or_exits() -> None:
    assert lines_with(r"(?m)^\s*(print|typer\.echo|sys\.exit)\(", "pipeline/cli/") == []


def test_commands_that_have_an_api_call_nothing_else() -> None:
    """They print words of `core`; the demo fetches and builds what it runs on."""
    past_it = r"(?m)^\s*(from|import) (models(?! import fetch)|pipeline\.(?!cli|core|sample))"
    found = lines_with(past_it)
    assert found, "the pattern finds imports"
    commands = {f"pipeline/cli/{name}.py" for name in ("check", "demo", "nightly")}
    assert [line for line in found if line.split(":")[0] in commands] == []


def test_the_front_door_is_for_those_outside_and_the_commands() -> None:
    """The contract of the layers does not see what comes through it."""
    assert lines_with(r"(?m)^from pipeline import (?!__version__$)", "pipeline/cli/") == []


def test_four_blind_excepts_in_all() -> None:
    """A measure, a photo, a package outside, a cohort; all else names what it expects."""
    blind = lines_with(r"except Exception\b")
    assert [line.split(":")[0] for line in blind] == [
        "pipeline/core/extensions.py",
        "pipeline/night/executors/assessing.py",
        "pipeline/site/nights.py",
        "pipeline/student/measures/__init__.py",
    ]


def test_measurements_are_named_in_one_place() -> None:
    """A loose string would be a name that a change forgets; migrations alone keep old ones."""
    loose = r"""f?["'](source|cohort|eyes)\.[\w{]|Measurement\(\s*f?["']"""
    assert lines_with(loose, "pipeline/store/schema.py") == []
    # `turn_cw` and `roll_deg` are columns of tables and keys of JSON as well.
    asked = {*measurements.ENGINE, measurements.ASSESS_ERROR} - {
        *(measurements.TURN_CW, measurements.ROLL_DEG)
    }
    told = lines_with(rf"""["']({"|".join(asked)})["']""")
    assert {line.split(":")[0] for line in told} == {"pipeline/core/measurements.py"}


def test_numbers_are_masked_in_one_place() -> None:
    assert lines_with(r'"\*" \*|\\d\{1[45]', "pipeline/core/privacy.py") == []


def test_a_runs_files_are_named_in_one_place() -> None:
    files = r"photoproof\.sqlite|review\.sqlite|results\.csv|report\.(html|xlsx)|run\.json"
    found = {line.split(":")[0] for line in lines_with(rf"""["']({files})["']|: holds no run""")}
    assert found == {"pipeline/night/folder.py"}


def test_sql_stands_in_one_room() -> None:
    """Statements, connections, and what a caller would need to bring its own."""
    assert (
        lines_with(r"\.execute(many|script)?\(|(store|ledger|desk|self)\.db\b", "pipeline/store/")
        == []
    )
    assert lines_with(r"sqlite3\.connect", "pipeline/store/") == []


@pytest.mark.parametrize("path", MOST_LINES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES[path]


def test_readme_begins_with_the_two_commands() -> None:
    head = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:30])
    assert "make demo" in head
    assert "make test" in head


def test_no_index_address_in_any_tracked_text() -> None:
    """A package index is the machine's own setting, never the project's."""
    pattern = re.compile(r"(pypi\.org/simple|files\.pythonhosted|index-url|/opt/pypi)")
    texts = [
        p
        for p in ROOT.rglob("*")
        if p.suffix in (".toml", ".txt", ".md", ".csv", ".py", ".cfg", "")
        and p.is_file()
        and not {".venv", ".git", "runs"} & set(p.relative_to(ROOT).parts)
        and p != Path(__file__)
    ]
    assert [p.name for p in texts if pattern.search(p.read_text("utf-8", "ignore"))] == []


def test_no_test_imports_from_a_conftest() -> None:
    """There are several of that name, and the folder that is collected first would decide."""
    tests = [p for p in (ROOT / "tests").rglob("*.py") if "from conftest" in p.read_text("utf-8")]
    assert [p.name for p in tests if p != Path(__file__)] == []
