"""`import pipeline`: what it offers, what it does with paths and a policy, what its page says."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from fakes import FakeEngine, fake
from places import DOCS, ROOT

import pipeline
from models import manifest
from pipeline import api
from pipeline.core.policy import InputLimits
from pipeline.night import nightly
from pipeline.night.nightly import run_night
from pipeline.sample import sources
from pipeline.sample.cohort import SampleCohort

PAGE = (DOCS / "api.md").read_text("utf-8")
EXAMPLE = re.search(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PRINTS = re.search(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ERRORS = ("ConfigError", "ModelError", "RosterError", "SourceError", "StoreError")
UPSIDE_DOWN = "turn=180 score=0.9"


def python(*arguments: str, cwd: Path = ROOT) -> str:
    """What another Python prints, with nothing on standard error.

    It measures no coverage: a worker in its cage could not write that down, and would say so.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    result = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**own, "PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


# --- what is offered


def test_the_page_describes_what_all_names() -> None:
    described = re.findall(r"^\| `(\w+)[`(]", PAGE, re.MULTILINE)
    assert sorted(described) == sorted(set(pipeline.__all__))
    assert len(pipeline.__all__) == len(set(pipeline.__all__))


@pytest.mark.parametrize("name", [n for n in pipeline.__all__ if n.islower()])
def test_the_page_shows_each_call_as_it_is(name: str) -> None:
    call = getattr(pipeline, name)
    plain = [p.replace(annotation=p.empty) for p in inspect.signature(call).parameters.values()]
    shown = re.sub(r"<function .*0x\w+>", "…", str(inspect.Signature(plain)))
    assert f"| `{name}{shown}` |" in PAGE
    assert call.__doc__


@pytest.mark.parametrize("name", [n for n in api.__all__ if n.islower() and n != "sentence"])
def test_each_call_says_what_it_raises(name: str) -> None:
    assert re.search(r"Raises:\n +(\w+Error): ", getattr(pipeline, name).__doc__)


def test_a_type_checker_sees_the_same_names() -> None:
    """It reads the imports that are never made; every other name is unknown to it."""
    tree = ast.parse((ROOT / "pipeline" / "__init__.py").read_text("utf-8"))
    (branch,) = (node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(branch.test) == "TYPE_CHECKING"
    (imported,) = branch.body
    assert isinstance(imported, ast.ImportFrom)
    assert imported.module == "pipeline.api"
    assert sorted(name.name for name in imported.names) == sorted(pipeline.__all__)
    assert [n.name for n in branch.orelse if isinstance(n, ast.FunctionDef)] == ["__getattr__"]
    assert sorted(api.__all__) == sorted(pipeline.__all__)
    assert set(pipeline.__all__) <= set(dir(pipeline))


def test_types_are_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "py.typed" in project["tool"]["setuptools"]["package-data"]["pipeline"]
    assert (ROOT / "pipeline" / "py.typed").is_file()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'pipeline' has no attribute 'run_cohorts'"):
        pipeline.run_cohorts  # type: ignore[attr-defined]  # noqa: B018


def test_the_import_loads_nothing_and_a_night_no_network() -> None:
    told = python(
        "-c",
        "import sys, pipeline\n"
        "print(*(name for name in sys.modules if name.startswith('pipeline.')))\n"
        "pipeline.run_cohort\n"
        "print(*({'cv2', 'openvino', 'PIL', 'jinja2', 'openpyxl'} & set(sys.modules)))\n",
    )
    assert told == "\n\n"


def test_all_errors_have_one_parent() -> None:
    assert all(issubclass(getattr(pipeline, n), pipeline.PhotoproofError) for n in ERRORS)


# --- one photo, by an engine that reads text


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fake engines instead of the networks; what they did, in order."""
    did: list[str] = []

    class Watched(FakeEngine):
        def close(self) -> None:
            did.append("closed")

    def made(_limits: InputLimits, _recognisers: object) -> FakeEngine:
        did.append("made")
        return Watched()

    monkeypatch.setattr(manifest, "digests", dict)
    monkeypatch.setattr(api, "network_engine", made)
    return did


def photo(folder: Path, text: str) -> Path:
    path = folder / "photo.jpg"
    path.write_text(text)
    return path


def test_a_photo_is_checked_and_the_engine_closed(tmp_path: Path, engines: list[str]) -> None:
    checked = pipeline.check_photo(str(photo(tmp_path, UPSIDE_DOWN)))
    assert "UPSIDE_DOWN" in {finding.code for finding in checked.violations}
    assert checked.assessment.decision is pipeline.Decision.FLAG
    assert engines == ["made", "closed"]


def test_many_photos_share_an_engine_that_is_closed_early_too(
    tmp_path: Path, engines: list[str]
) -> None:
    one = photo(tmp_path, "turn=0")
    assert len(list(pipeline.check_photos([one, one]))) == 2
    assert engines == ["made", "closed"]
    for _ in pipeline.check_photos(iter([one, one])):
        break
    assert engines == ["made", "closed"] * 2


def test_a_missing_photo_is_an_error(tmp_path: Path, engines: list[str]) -> None:
    with pytest.raises(pipeline.SourceError, match="no such file"):
        pipeline.check_photo(tmp_path / "none.jpg")
    assert engines[-1] == "closed"


def by_object(path: Path) -> pipeline.Policy:
    return pipeline.load_policy(path)


def by_text(path: Path) -> str:
    return str(path)


@pytest.mark.parametrize("given", [by_object, by_text, Path])
def test_a_policy_is_an_object_or_a_file(
    tmp_path: Path, engines: list[str], given: Callable[[Path], pipeline.Policy | str | Path]
) -> None:
    school = tmp_path / "school.toml"
    school.write_text('[severity]\nUPSIDE_DOWN = "advice"\n')
    one = photo(tmp_path, UPSIDE_DOWN)
    found = pipeline.check_photo(one, policy=given(school), profile="cet").assessment.findings
    severity = {finding.code: finding.severity for finding in found}
    assert severity["UPSIDE_DOWN"] is pipeline.Severity.ADVICE
    with pytest.raises(pipeline.ConfigError, match="passport"):
        pipeline.check_photo(one, policy=given(school), profile="passport")


# --- a cohort, by the same engine


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a roster of three and their photos; the night looks at them with fakes."""
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    monkeypatch.setattr(manifest, "expected", lambda _: {})
    (tmp_path / "photos").mkdir()
    texts = {"2022001": "score=0.9", "2022002": UPSIDE_DOWN, "2022003": "score=0.01"}
    for number, text in texts.items():
        (tmp_path / "photos" / f"{number}.jpg").write_text(text)
    rows = "\n".join(f"{number},学生{number[-1]}" for number in texts)
    (tmp_path / "roster.csv").write_text(f"学号,姓名\n{rows}\n", "utf-8")
    return tmp_path


def run(inputs: Path, policy: pipeline.Policy | None = None) -> pipeline.Outputs:
    return pipeline.run_cohort(
        str(inputs / "roster.csv"),
        str(inputs / "photos"),
        str(inputs / "out"),
        references={"idcard": [inputs / "photos"]},
        policy=policy,
        workers=1,
        lang="en",
    )


def flagged(opened: pipeline.Run) -> dict[str, set[str]]:
    """Codes by student, of those who are flagged."""
    return {
        case.subject.student_key: {finding.code for finding in case.assessment.findings}
        for case in opened.cases()
        if case.assessment.decision is pipeline.Decision.FLAG
    }


def test_a_cohort_is_run_opened_and_decided_anew(inputs: Path) -> None:
    outputs = run(inputs)
    assert outputs.csv.is_file()
    assert 'lang="en"' in outputs.html.read_text("utf-8")
    opened = pipeline.open_run(str(inputs / "out"))
    assert opened.summary.counts == outputs.summary.counts
    assert [case.subject.student_key[-1] for case in opened.cases()] == ["1", "2", "3"]
    assert {"2022002": {"UPSIDE_DOWN"}, "2022003": {"NOT_ME"}}.items() <= {
        key: codes & {"UPSIDE_DOWN", "NOT_ME"} for key, codes in flagged(opened).items()
    }.items()
    mild = pipeline.load_policy(overrides={"severity": {"UPSIDE_DOWN": "advice"}})
    pipeline.decide_anew(inputs / "out", policy=mild)
    assert "2022002" not in flagged(pipeline.open_run(inputs / "out"))


def test_a_run_that_was_changed_since_is_not_read_as_the_old_one(inputs: Path) -> None:
    run(inputs)
    opened = pipeline.open_run(inputs / "out")
    assert list(opened.cases())
    pipeline.decide_anew(
        inputs / "out",
        policy=pipeline.load_policy(overrides={"severity": {"UPSIDE_DOWN": "advice"}}),
    )
    with pytest.raises(pipeline.StoreError, match="was changed since it was opened"):
        list(opened.cases())


def test_an_open_run_is_only_read_and_holds_nothing(inputs: Path) -> None:
    run(inputs)
    database = inputs / "out" / "photoproof.sqlite"
    before = database.read_bytes()
    opened = pipeline.open_run(inputs / "out")
    next(opened.cases())
    assert database.read_bytes() == before
    database.rename(database.with_suffix(".moved"))
    with pytest.raises(pipeline.StoreError, match="holds no run"):
        list(opened.cases())


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(pipeline.StoreError, match="holds no run"):
        pipeline.open_run(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_the_call_asks_for_stands_over_a_policy(inputs: Path) -> None:
    outputs = pipeline.run_cohort(
        inputs / "roster.csv",
        [inputs / "photos"],
        inputs / "out",
        policy=pipeline.load_policy(overrides={"cohort": {"owner_margin": 0.2}}),
        profile="cet",
        search_owner=True,
        workers=1,
    )
    policy = outputs.summary.policy
    assert (outputs.summary.profile, policy["profile"]) == ("cet", "cet")
    assert (policy["cohort"]["one_to_many"], policy["cohort"]["owner_margin"]) == (True, 0.2)


def test_progress_counts_to_the_end(inputs: Path) -> None:
    told: list[tuple[int, int]] = []
    pipeline.run_cohort(
        inputs / "roster.csv",
        inputs / "photos",
        inputs / "out",
        workers=1,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(done, 3) for done in range(4)]


def test_no_worker_is_made_for_a_negative_number(inputs: Path) -> None:
    with pytest.raises(pipeline.ConfigError, match="workers is -1"):
        pipeline.run_cohort(inputs / "roster.csv", inputs / "photos", inputs / "out", workers=-1)


# --- with the networks


@pytest.mark.networks
def test_a_sample_picture_is_checked_and_drawn() -> None:
    checked = pipeline.check_photo(sources.fetch()["hopper"])
    (size,) = (finding for finding in checked.violations if finding.code == "SIZE_PX")
    assert size.value == "512×600"
    assert "512×600" in pipeline.sentence(size, "en")
    drawn = pipeline.annotate(checked)
    assert drawn is not None
    assert drawn.size[0] == 512


@pytest.mark.long
@pytest.mark.networks
def test_the_pages_example_prints_what_the_page_says(sample: SampleCohort, tmp_path: Path) -> None:
    assert EXAMPLE
    assert PRINTS
    shutil.copytree(sample.root, tmp_path / "runs" / "demo" / "cohort")
    script = tmp_path / "example.py"
    script.write_text(EXAMPLE[1], "utf-8")
    assert python(script.name, cwd=tmp_path) == PRINTS[1]
