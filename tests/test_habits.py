"""What the texts beside the code promise: paths, commands, versions, recipes."""

from __future__ import annotations

import csv
import re
import runpy
import shutil
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import ROOT

from pipeline import __version__
from pipeline.assurance.regress.golden import load

FOLDERS = "pipeline", "models", "data", "docs", "tests", "bench", "deploy", ".github", ".ci"
PAGES = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "ARCHITECTURE", "CHANGELOG")]
PAGES += sorted((ROOT / "docs").rglob("*.md")) + sorted((ROOT / ".github").rglob("*.md"))
SCRIPTS = sorted(
    p for top in FOLDERS for p in (ROOT / top).rglob("*") if p.suffix in (".py", ".toml")
)
SCRIPTS += [ROOT / "Makefile", ROOT / "pyproject.toml"]
MAKE = re.compile(r"`(?:[\w/.]+ && )?make ([a-z]+)`")
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text("utf-8")


def project() -> dict[str, Any]:
    return tomllib.loads(text("pyproject.toml"))


def anchors(page: Path) -> set[str]:
    """The fragments that GitHub gives a page's headings."""
    heads = re.findall(r"^#+ (.+)$", CODE_BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def absent_paths(written: str) -> list[str]:
    """Paths from the project's top that lead nowhere; `<name>`, `NAME` and `*` are any."""
    tops = "|".join(map(re.escape, FOLDERS))
    found = re.findall(rf"(?<![\w/.~-])(?:{tops})/[\w./<>*-]*[\w>*/]", written)
    named = {re.sub(r"<\w+>|\bNAME\b", "*", path.rstrip("/")) for path in found}
    return sorted(path for path in named if not any(ROOT.glob(path)))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    assert absent_paths(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_of_code_that_a_page_names_is_there(page: Path) -> None:
    """Also where only the end of its path is said."""
    ours = [f"/{name_of(path)}" for path in SCRIPTS]
    named = re.findall(r"`([\w./]+\.(?:py|toml))`", page.read_text("utf-8"))
    # Of the reader's own, and of a package that carries pictures.
    others = re.compile(
        r"(?:zh|en|school|photoproof)\.toml|my\.toml|floors\.toml|setup\.py|.*\bNAME\..*"
    )
    sought = [name for name in named if not others.fullmatch(name)]
    assert [name for name in sought if not any(o.endswith(f"/{name}") for o in ours)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8")):
        path, _, fragment = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        assert not fragment or fragment in anchors(other), target


def test_every_page_that_code_names_is_there() -> None:
    pages = re.compile(r"\b(?:docs/\w+\.(?:md|py)|[A-Z]{5,}\.md)\b")
    named = {(name_of(p), page) for p in SCRIPTS for page in pages.findall(p.read_text("utf-8"))}
    assert sorted(f"{p}: {page}" for p, page in named if not (ROOT / page).exists()) == []


def test_a_dead_path_is_noticed() -> None:
    assert absent_paths("see pipeline/nowhere.py and `docs/`, pipeline/<name>.py") == [
        "pipeline/nowhere.py"
    ]


def test_every_make_command_that_a_page_names_is_there() -> None:
    rules = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = {rule for page in PAGES for rule in MAKE.findall(page.read_text("utf-8"))}
    assert {"demo", "test", "check", "lint"} <= named <= rules


def test_pre_commit_calls_make_lint_and_fetches_nothing() -> None:
    config = yaml.safe_load(text(".pre-commit-config.yaml"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    (hook,) = config["repos"][0]["hooks"]
    assert (hook["entry"], hook["language"]) == ("make lint", "system")
    assert not hook["pass_filenames"]


def test_types_are_checked_strictly_in_tests_too() -> None:
    mypy = project()["tool"]["mypy"]
    assert mypy["strict"]
    assert {"pipeline", "models", "data", "tests"} <= set(mypy["files"])
    assert not any("ignore_errors" in override for override in mypy["overrides"])


def test_check_runs_all_and_measures_coverage() -> None:
    recipes = dict(re.findall(r"^([a-z]+):.*\n((?:\t.+\n)+)", text("Makefile"), re.MULTILINE))
    assert "--cov" in recipes["check"]
    assert "-m pytest $(ON_CORES) --cov\n" in recipes["check"], "all tests, the long ones too"
    assert "--cov" not in recipes["test"] and '-m "not long"' in recipes["test"]
    assert "make check" in text(".ci/run")
    coverage = project()["tool"]["coverage"]
    assert set(coverage["run"]["source"]) == set(project()["tool"]["importlinter"]["root_packages"])
    assert coverage["report"]["fail_under"] >= 80


def test_every_requirement_has_an_exact_version() -> None:
    about = project()["project"]
    asked = list(about["dependencies"])
    for extra in about["optional-dependencies"].values():
        asked += extra
    plain = {re.split(r"[<>=\[]", line)[0].lower().replace("_", "-") for line in asked}
    pinned = re.findall(r"^([\w-]+)==[\w.]+$", text("constraints.txt"), re.MULTILINE)
    assert plain - {"photoproof"} <= {name.lower().replace("_", "-") for name in pinned}


def test_the_locks_hold_a_hash_of_all_that_is_pinned_and_no_address() -> None:
    """`make lock` writes them anew."""
    text = "".join((ROOT / f"requirements{kind}.lock").read_text("utf-8") for kind in ("", "-dev"))
    pinned = re.findall(r"^(\S+)==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    locked = re.findall(r"^(\S+)==(\S+) \\\n {4}--hash=sha256:[0-9a-f]{64}", text, re.M)
    assert sorted(locked) == sorted((re.sub(r"[-_.]+", "-", n).lower(), v) for n, v in pinned)
    assert "://" not in text


def test_the_version_is_said_once() -> None:
    assert "version" in project()["project"]["dynamic"]
    assert project()["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "pipeline.__version__"}


def test_sections_of_the_changelog_are_versions_with_dates() -> None:
    sections = re.findall(r"^## (.+)$", text("CHANGELOG.md"), re.MULTILINE)
    heads = [
        re.fullmatch(r"(\d+)\.(\d+)\.(\d+) \((unreleased|\d{4}-\d\d-\d\d)\)", s) for s in sections
    ]
    found = [(tuple(map(int, head.groups()[:3])), head[4]) for head in heads if head]
    assert len(found) == len(sections)
    assert ".".join(map(str, found[0][0])) == __version__
    assert all(date != "unreleased" for _, date in found[1:])
    assert all(newer > older for newer, older in pairwise(found))


def test_the_changelog_tells_no_states_between_releases() -> None:
    """Nobody had them: 0.1.0 has what it has, and does nothing "instead of" anything."""
    first = text("CHANGELOG.md").partition("\n## 0.1.0")[2]
    assert not re.search(r"instead of \d|\bbefore\)|no longer|taken again", first)


def test_a_new_measure_needs_five_places_at_most() -> None:
    recipe = text("CONTRIBUTING.md").partition("## A new measure")[2].partition("\n## ")[0]
    assert 0 < len(re.findall(r"^\d+\. ", recipe, re.MULTILINE)) <= 5
    assert "`make rows`" in recipe


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "measure_rows.py"))


def test_the_line_of_a_measure_is_written_in_its_place(
    rows: dict[str, Any], tmp_path: Path
) -> None:
    """With unit, key and codes; the rest is left alone."""
    table = tmp_path / "measures.md"
    whole = text("docs", "measures.md").splitlines(keepends=True)
    at = next(n for n, line in enumerate(whole) if line.startswith("| `roll`"))
    table.write_text("".join(whole[:at] + whole[at + 1 :]), "utf-8")
    assert rows["describe"](table) == ["roll"]
    written = table.read_text("utf-8").splitlines(keepends=True)
    assert written[:at] + written[at + 1 :] == whole[:at] + whole[at + 1 :]
    cells = [cell.strip() for cell in written[at].strip("|\n").split("|")]
    assert [cells[0], cells[2], *cells[4:6]] == ["`roll`", "°", "`limits.roll`", "`ROLL`"]
    assert cells[1] and cells[6]
    assert rows["describe"](table) == []


@pytest.mark.networks
def test_golden_rows_of_a_measure_are_written_and_counted(
    rows: dict[str, Any], tmp_path: Path
) -> None:
    known = load()
    for name in ("measures.csv", "floors.toml"):
        shutil.copy(known.folder / name, tmp_path)
    table, whole = tmp_path / "measures.csv", text("data", "golden", "measures.csv")
    kept = [line for line in whole.splitlines(keepends=True) if line.split(",")[1] != "yaw"]
    table.write_text("".join(kept), "utf-8")
    assert rows["measure_golden"](tmp_path) == ["yaw"]
    added = list(csv.reader(table.read_text("utf-8").splitlines()[len(kept) :]))
    yaw = {row.image: row for row in known.rows if row.measure == "yaw"}
    assert [row[0] for row in added] == ["hopper", "maher", "rocket"]
    for image, _, value, tolerance, why in added:
        assert value == yaw[image].expected == "" or float(value) == pytest.approx(
            float(yaw[image].expected), abs=yaw[image].tolerance
        )
        assert bool(tolerance) == bool(value)
        assert why
    floor = known.floors.rows.trials_at_least + len(added)
    assert f"trials_at_least = {floor} " in (tmp_path / "floors.toml").read_text("utf-8")
    assert rows["measure_golden"](tmp_path) == []
