"""`--site` of every command: a cohort's name for its run, and what its site says as defaults."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes import fake
from site_cases import deliver, site_file
from typer.testing import CliRunner, Result

from models import manifest
from pipeline import cli
from pipeline.cli.late import COMMANDS, loaded
from pipeline.cli.of_site import optional_parts
from pipeline.core.errors import ConfigError, InstallationError, ModelError, StoreError
from pipeline.desk.cases.desk import opened
from pipeline.night import nightly
from pipeline.night.folder import DATABASE
from pipeline.night.nightly import run_night
from pipeline.site.config import Site, load_site
from pipeline.site.nights import work_site
from pipeline.site.place import FILE, VARIABLE

QUIET = "[nightly]\nsettle_minutes = 0\nworkers = 1\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site in English with one cohort that has had its night; nobody stands in its folder."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(nightly, "run_night", partial(run_night, factory=fake()))
    deliver(tmp_path / "in", {"S1": "turn=0", "S2": "turn=90"})
    text = 'name = "U"\nlang = "en"\n[cohorts.2026]\nroster = "in/roster.csv"\n'
    text += 'photos = "in/photos"\npolicy = "policy.toml"\nprofile = "own.toml"\n'
    (tmp_path / "own.toml").write_text('base = "cet"\n')
    made = load_site(site_file(tmp_path, QUIET, text))
    work_site(made)
    with opened(made.run_of("2026")):
        yield made


def call(*words: object, ok: bool = True) -> Result:
    done = CliRunner().invoke(cli.app, [str(word) for word in words])
    assert (done.exit_code == 0) is ok, (done.output, done.exception)
    return done


def commands(name: str) -> Iterator[Any]:
    """A command of the program, or each of a group's."""
    found = loaded(name)
    for inner in getattr(found, "commands", {name: found}).values():
        yield from getattr(inner, "commands", {"": inner}).values()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_a_site(name: str) -> None:
    for command in commands(name):
        assert [p.opts for p in command.params if p.name == "site"] == [["--site"]]


READING = [
    ["diff", "RUN", "RUN", "--json"],
    ["audit", "verify", "RUN", "--json"],
    ["users", "list", "--run", "RUN", "--json"],
    ["export", "csv", "RUN", "--out", "OUT"],
    ["privacy", "RUN", "--json"],
    ["evaluate", "cohort", "RUN", "truth.csv", "--json"],
    ["manifest", "verify", "in/photos", "--files", "RUN"],
    ["purge", "RUN", "--before", "2000"],
]


@pytest.mark.parametrize("words", READING, ids=lambda words: " ".join(words[:2]))
def test_a_cohorts_name_stands_for_its_run(
    site: Site, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site.folder)
    Path("truth.csv").write_text("subject_id,decision,reasons,turn_cw,looks_like\nS1,ACCEPT,,,\n")

    def told(run: object) -> str:
        places = {"RUN": str(run), "OUT": "out"}
        done = call(*(places.get(word, word) for word in words))
        told = done.stdout.replace(str(site.run_of("2026")), "2026")
        return json.dumps({**json.loads(told), "seconds": 0}) if told[0] == "{" else told

    there = told(site.run_of("2026"))
    assert told("2026") == there  # found in this folder
    monkeypatch.chdir(site.folder / "in")
    monkeypatch.setenv(VARIABLE, str(site.folder))
    words[:] = [{"in/photos": "photos", "truth.csv": "../truth.csv"}.get(w, w) for w in words]
    assert told("2026") == there  # found by the variable
    words[:] = [{"photos": "in/photos", "../truth.csv": "truth.csv"}.get(w, w) for w in words]


def test_the_option_stands_before_or_after_the_cohort(site: Site) -> None:
    for words in (["--site", site.folder, "2026"], ["2026", "--site", site.folder / FILE]):
        assert json.loads(call("privacy", *words, "--json").stdout)["persons"] == 0


def test_a_name_that_is_no_cohort_is_told_with_those_there_are(site: Site) -> None:
    done = call("decide", "2025", "--site", site.folder, ok=False)
    assert isinstance(done.exception, ConfigError)
    assert "'2025'" in done.exception.message
    assert "2026" in done.exception.hint


def test_a_folder_that_holds_a_run_goes_before_a_cohort_unless_a_site_is_named(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site.folder)
    assert call("purge", "2026", "--before", "2000").stdout.startswith(str(site.run_of("2026")))
    Path("2026").mkdir()
    shutil.copy(site.run_of("2026") / DATABASE, "2026")
    assert call("purge", "2026", "--before", "2000").stdout == "2026: kept\n"
    named = call("purge", "2026", "--before", "2000", "--site", ".")
    assert named.stdout.startswith(str(site.run_of("2026")))


def test_without_a_site_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    done = call("decide", "2026", ok=False)
    assert isinstance(done.exception, StoreError)
    assert done.exception.message == "2026: holds no run"
    named = call("privacy", "--site", "nowhere", ok=False)
    assert isinstance(named.exception, ConfigError)


def test_a_site_with_a_fault_is_told_only_where_it_is_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.folder / FILE).write_text("colour = 1\n")
    monkeypatch.chdir(site.folder)
    call("version")
    assert "unknown key `colour`" in str(call("decide", "2026", ok=False).exception)
    assert "unknown key `colour`" in str(call("version", "--site", ".", ok=False).exception)


# --- what the site says of options


def test_deciding_anew_is_by_the_cohorts_own_rules_and_language(site: Site) -> None:
    told = json.loads(call("decide", "2026", "--site", site.folder, "--json").stdout)
    assert told["policy"]["severity"]["NO_REFERENCE"] == "advice"  # of policy.toml
    assert told["profile"] == str(site.folder / "own.toml")  # from the site's folder
    page = (site.run_of("2026") / "report.html").read_text("utf-8")
    assert '<html lang="en"' in page
    mine = site.folder / "mine.toml"
    mine.write_text('[severity]\nNO_REFERENCE = "review"\n')
    other = call("decide", "2026", "--site", site.folder, "--policy", mine, "--json")
    assert json.loads(other.stdout)["policy"]["severity"]["NO_REFERENCE"] == "review"
    plain = call("decide", site.run_of("2026"), "--lang", "zh", "--json")
    assert json.loads(plain.stdout)["profile"] != str(site.folder / "own.toml")


def test_what_has_come_in_is_understood_by_the_cohorts_own_sources(site: Site) -> None:
    told = json.loads(call("intake", "--cohort", "2026", "--site", site.folder, "--json").stdout)
    assert (told["students"], told["with_photo"]) == (2, 2)
    empty = site.folder / "empty"
    empty.mkdir()
    other = ["intake", "--cohort", "2026", "--site", site.folder, "--photos", empty, "--json"]
    told = json.loads(call(*other, ok=False).stdout)
    assert told["with_photo"] == 0  # an option goes before the site
    none = call("intake", "--cohort", "2030", "--site", site.folder, ok=False)
    assert "there is no cohort '2030'" in str(none.exception)


def test_a_run_by_hand_goes_where_the_nights_go(site: Site) -> None:
    done = call("run", "--cohort", "2026", "--site", site.folder, "--rehash", "--json")
    told = json.loads(done.stdout)
    assert (told["assessed"], told["students"]) == (0, 2)
    assert told["report"] == str(site.run_of("2026") / "report.html")


def test_without_names_all_runs_of_the_site_are_meant(site: Site) -> None:
    told = json.loads(call("privacy", "--site", site.folder, "--json").stdout)
    assert list(told["runs"]) == [str(site.run_of("2026"))]
    rotated = call("key", "rotate", "--site", site.folder, ok=False)
    assert "no key is configured" in str(rotated.exception)
    assert call("purge", "--all", "--yes", "--site", site.folder, ok=False)  # never by itself
    assert (site.run_of("2026") / "report.html").is_file()


def test_the_doctor_looks_at_the_site(site: Site) -> None:
    done = CliRunner().invoke(cli.app, ["doctor", "--site", str(site.folder), "--json"])
    rows = {row["name"]: row for row in json.loads(done.stdout)["checks"]}
    assert rows["site"]["ok"] is True
    (site.folder / "in" / "roster.csv").unlink()
    done = CliRunner().invoke(cli.app, ["doctor", "--site", str(site.folder), "--json"])
    rows = {row["name"]: row for row in json.loads(done.stdout)["checks"]}
    assert "[cohorts.2026.roster]" in rows["site"]["found"]
    assert isinstance(done.exception, InstallationError)


def test_weights_that_a_cohort_compares_by_are_needed(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    optional = next(asset for asset in manifest.weights() if asset.optional)
    assert optional_parts(site) == []
    (site.folder / "policy.toml").write_text(f'[comparison]\nrecogniser = "{optional.part}"')
    assert optional_parts(site) == [optional.part]
    (site.folder / "policy.toml").write_text("[card]\nread = true")
    assert optional_parts(site) == [manifest.OCR]
    (site.folder / "policy.toml").write_text(f'[comparison]\nrecogniser = "{optional.part}"')
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(tmp_path / "cache"))
    assert f"{optional.id}: missing" not in call("models", "verify", ok=False).stdout
    named = call("models", "verify", "--site", site.folder, ok=False)
    assert isinstance(named.exception, ModelError)
    assert f"{optional.id}: missing" in named.stdout
    pulled: list[object] = []
    monkeypatch.setattr("pipeline.cli.models.fetch.pull_weights", lambda *a: pulled.append(a[2]))
    call("models", "pull", "--site", site.folder)
    assert pulled == [[optional.part]]
