"""A package outside brings a measure: installed, run, versioned, and named where it is broken.

The environment is a fresh one; it borrows what photoproof depends on from this one.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from places import ROOT

from pipeline.core import reasons
from pipeline.core.errors import InstallationError
from pipeline.core.extensions import Extension, Installed
from pipeline.sample import sources
from pipeline.student import measures
from pipeline.student.measures import Measure, all_measures

EXAMPLE = ROOT / "examples" / "warmth"
MODULE = Path("photoproof_warmth") / "__init__.py"
PICTURES = "obama", "hopper", "maher"

Photoproof = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's source, to be changed."""
    return shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("package") / "warmth")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Path:
    """Python of a fresh environment with the example installed, as a user installs it."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home)
    interpreter = home / "bin" / "python"
    own = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    borrowed = f"{ROOT}\n{sysconfig.get_path('purelib')}\n"
    (Path(own) / "borrowed.pth").write_text(borrowed)
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    pip = [sys.executable, "-m", "pip", "--python", str(interpreter)]  # a pip of its own takes long
    subprocess.run([*pip, "install", *options, str(package)], check=True)
    return interpreter


@pytest.fixture
def installed(python: Path, package: Path) -> Iterator[Path]:
    """The installed module, whole again after the test."""
    where = "import importlib.util as u; print(u.find_spec('photoproof_warmth').origin)"
    told = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True)
    module = Path(told.stdout.strip())
    module.write_bytes((package / MODULE).read_bytes())
    yield module
    module.write_bytes((package / MODULE).read_bytes())


@pytest.fixture
def photoproof(python: Path, installed: Path) -> Photoproof:
    """The command in that environment."""

    def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        told = subprocess.run(
            [python, "-m", "pipeline", *map(str, arguments)], capture_output=True, text=True
        )
        assert told.returncode == code, told.stdout + told.stderr
        return told

    return run


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three students with a roster; the first lies in warm light."""
    folder = tmp_path_factory.mktemp("cohort")
    (folder / "photos").mkdir()
    found = sources.fetch()
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("学号", "姓名"))
        for number, name in enumerate(PICTURES):
            shutil.copy(found[name], folder / "photos" / f"S{number}{found[name].suffix}")
            rows.writerow((f"S{number}", name))
    return folder


def night(photoproof: Photoproof, cohort: Path, out: Path, **more: int) -> dict[str, list[str]]:
    """Two workers' findings by student; the run's other words are returned by `photoproof`."""
    photoproof(
        *("run", "--roster", cohort / "roster.csv", "--photos", cohort / "photos"),
        *("--profile", EXAMPLE / "school.toml", "--workers", "2", "--out", out),
        **more,
    )
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["subject_id"]: row["reasons"].split(";") for row in csv.DictReader(file)}


@pytest.mark.networks
def test_check_shows_the_measure_in_both_languages(photoproof: Photoproof, cohort: Path) -> None:
    (photo,) = (cohort / "photos").glob("S0.*")
    asked = ("check", photo, "--profile", EXAMPLE / "school.toml")
    (told,) = json.loads(photoproof(*asked, "--json", code=18).stdout)
    found = next(f for f in told["findings"] if f["code"] == "LIGHT_WARM")
    assert found["severity"] == "review"
    assert found["zh"].startswith("面部光线偏暖")
    assert found["en"].startswith("The light on the face is warm")
    assert told["measures"]["warmth"]["zh"] == "光线冷暖"
    assert "面部光线偏暖" in photoproof(*asked, code=18).stdout


@pytest.mark.long
@pytest.mark.networks
def test_a_night_runs_it_in_every_worker(
    photoproof: Photoproof, cohort: Path, installed: Path, tmp_path: Path
) -> None:
    reasons = night(photoproof, cohort, tmp_path / "out")
    assert "LIGHT_WARM" in reasons["S0"]
    assert "光线偏暖" in (tmp_path / "out" / "report.html").read_text("utf-8")
    summary = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert (summary["assessed"], summary["versions"]["photoproof-warmth"]) == (3, "1.0")

    night(photoproof, cohort, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["assessed"] == 0

    installed.write_text(installed.read_text("utf-8").replace("version=1,", "version=2,"), "utf-8")
    night(photoproof, cohort, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["assessed"] == 3


BROKEN = {
    "raises": (
        "import numpy",
        "raise OSError('no licence')\nimport numpy",
        "OSError: no",
    ),
    "not an extension": ("EXTENSION = Extension(", "EXTENSION = dict(", "is no Extension"),
    "unknown code": ('"LIGHT_COLD": "advice", ', "", "an unknown reason code, LIGHT_COLD"),
    "no words": ('"LIGHT_COLD"', '"LIGHT_DIM"', "zh.toml has no `LIGHT_DIM` in [reason]"),
    "no severity": ('"advice"', '"bad"', "the severity of LIGHT_COLD is 'bad'"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_one_is_named_before_the_first_photo(
    photoproof: Photoproof, cohort: Path, installed: Path, tmp_path: Path, what: str
) -> None:
    sound, broken, told = BROKEN[what]
    text = installed.read_text("utf-8")
    last = text.rfind(sound)  # the declaration stands at the end
    assert last >= 0
    installed.write_text(text[:last] + broken + text[last + len(sound) :], "utf-8")
    run = ("run", "--roster", cohort / "roster.csv", "--photos", cohort / "photos")
    error = photoproof(*run, "--out", tmp_path / "out", code=17).stderr
    plain = " ".join(error.split())
    assert "package photoproof-warmth" in plain
    assert told in plain
    assert "pip uninstall photoproof-warmth" in plain
    assert not (tmp_path / "out").exists()


def test_names_and_codes_are_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def bringing(name: str, code: str) -> tuple[Installed]:
        own = Measure(name, "", lambda _view: 0.0, below="YAW", above="YAW")
        extension = Extension((own,), {code: "advice"}, EXAMPLE / "words", 1)
        return (Installed("hat", extension, {}),)

    monkeypatch.setattr(measures, "installed", lambda: bringing("yaw", "HAT"))
    with pytest.raises(InstallationError, match="a measure is called yaw already"):
        measures.all_measures.__wrapped__()
    monkeypatch.setattr(reasons, "installed", lambda: bringing("hat", "NOT_ME"))
    with pytest.raises(InstallationError, match="the reason code NOT_ME is there already"):
        reasons.catalogue.__wrapped__()


def test_an_environment_without_the_package_has_no_such_measure() -> None:
    assert "warmth" not in all_measures()
