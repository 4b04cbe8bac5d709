"""Another recogniser: its weights, its thresholds, and that scores of two never mix."""

from __future__ import annotations

import hashlib
import importlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import cohort_of, fake
from typer.testing import CliRunner

from models import fetch, manifest, recognisers
from models.manifest import Asset, digests, path_of
from pipeline import cli
from pipeline.assurance.evaluate.workers import networks as locator_factory
from pipeline.core.errors import ConfigError, ModelError
from pipeline.core.policy import Policy, Profile, load_policy
from pipeline.night.folder import DATABASE
from pipeline.night.nightly import redecide, run_night
from pipeline.student.examiner import NetworkEngine

SFACE, RETAIL, FUSED = "sface", "retail0095", "sface+retail0095"
ALL = (SFACE, RETAIL, FUSED)
WITH = "photoproof models pull --with retail0095"


def comparing_by(name: str, **privacy: bool) -> Policy:
    return load_policy(None, {"comparison": {"recogniser": name}, "privacy": privacy})


# --- weights


def weight(name: str, recogniser: str = "", optional: bool = False) -> Asset:
    digest = hashlib.sha256(name.encode()).hexdigest()
    size = len(name.encode())
    return Asset(name, name, size, digest, "MIT", "nobody", "", (), recogniser, optional)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror folder of small weights that stand in for the manifest's."""
    small = (weight("eyes"), weight("one", SFACE), weight("two", RETAIL, optional=True))
    for module in (manifest, fetch):
        monkeypatch.setattr(module, "weights", lambda: small)
    monkeypatch.setattr(fetch, "ensure_folded", lambda dest, _on_event: dest / "folded")
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "mirror"
    folder.mkdir()
    for asset in small:
        (folder / asset.file).write_text(asset.id)
    return folder


def test_optional_weights_are_pulled_only_when_asked_for(mirror: Path) -> None:
    assert set(fetch.pull_weights(mirror)) == {"eyes", "one", "sface_folded"}
    with pytest.raises(ModelError, match="two is missing") as caught:
        path_of("two")
    assert WITH in caught.value.hint
    fetch.pull_weights(mirror, extra=[RETAIL])
    assert path_of("two").read_text() == "two"


def test_a_run_needs_its_own_recognisers_weights_only(mirror: Path) -> None:
    fetch.pull_weights(mirror)
    assert set(digests()) == {"eyes", "one"}
    with pytest.raises(ModelError, match="two is missing") as caught:
        digests([RETAIL])
    assert WITH in caught.value.hint
    fetch.pull_weights(mirror, extra=[RETAIL])
    assert set(digests([RETAIL])) == {"eyes", "two"}
    assert set(digests([SFACE, RETAIL])) == {"eyes", "one", "two"}


@pytest.mark.parametrize("recogniser", [SFACE, RETAIL])
def test_damage_to_an_optional_weight_matters_where_it_is_used(
    mirror: Path, recogniser: str
) -> None:
    fetch.pull_weights(mirror, extra=[RETAIL])
    path_of("two").write_text("owt")
    if recogniser == SFACE:
        digests([recogniser])
    else:
        with pytest.raises(ModelError, match="two is damaged"):
            digests([recogniser])


def test_the_manifest_has_every_recogniser_of_the_policy() -> None:
    known = {asset.part for asset in manifest.weights()}
    for name in ALL:
        assert set(comparing_by(name).comparison.recognisers) <= known
    assert {a.part for a in manifest.weights() if a.optional} == {RETAIL, manifest.OCR}


def test_a_graph_and_its_weights_are_kept_under_one_name() -> None:
    """OpenVINO finds the second by the name of the first."""
    graph, weights = (a for a in manifest.weights() if a.part == RETAIL)
    assert Path(graph.file).with_suffix(".bin") == Path(weights.file)


def photoproof(*words: str) -> str:
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_models_list_marks_what_is_optional(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(tmp_path))
    rows = {row["id"]: row for row in json.loads(photoproof("models", "list", "--json"))}
    optional = [name for name, row in rows.items() if row["optional"]]
    assert optional == [RETAIL, f"{RETAIL}_bin", "ocr_lines", "ocr_reader"]
    table = photoproof("models", "list")
    assert table.count("missing (optional)") == 4


def test_models_pull_and_verify_optional_ones(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "derived_status", lambda _dest: "present")
    photoproof("models", "pull", "--mirror", str(mirror))
    assert "two" not in photoproof("models", "verify")
    photoproof("models", "pull", "--mirror", str(mirror), "--with", RETAIL)
    assert "two: present" in photoproof("models", "verify")
    path_of("two").write_text("owt")
    result = CliRunner().invoke(cli.app, ["models", "verify"])
    assert isinstance(result.exception, ModelError)
    assert "two" in result.exception.message


def test_an_unknown_recogniser_is_no_reason_to_fetch() -> None:
    result = CliRunner().invoke(cli.app, ["models", "pull", "--with", "auraface"])
    assert result.exit_code == 2
    assert "allowed: ocr, retail0095" in result.output


# --- register


def test_each_recogniser_has_a_file_weights_and_thresholds() -> None:
    assert set(recognisers.known()) == {SFACE, RETAIL}
    weights = {asset.id for asset in manifest.weights()} | {manifest.derived().id}
    for name in recognisers.known():
        module = importlib.import_module(f"models.recognisers.{name}")
        assert module.RECOGNISER.name == name
        assert module.WEIGHT in weights
        assert comparing_by(name).comparison.recognisers == (name,)


def test_names_are_known_without_loading_a_network() -> None:
    script = "import sys, models.recognisers as r; print(r.known(), 'openvino' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "('retail0095', 'sface') False"


def test_a_name_without_a_file_is_no_recogniser() -> None:
    with pytest.raises(KeyError, match="auraface"):
        recognisers.load(["auraface"])


# --- policy


@pytest.mark.parametrize("name", ALL)
def test_every_recogniser_has_thresholds_of_its_own(name: str) -> None:
    policy = comparing_by(name)
    assert policy.comparison.recognisers == tuple(name.split("+"))
    others = [comparing_by(other) for other in ALL if other != name]
    limits, rules = policy.comparison.of("idcard"), policy.cohort.calibration
    for other in others:
        theirs, their_rules = other.comparison.of("idcard"), other.cohort.calibration
        assert limits.provenance != theirs.provenance
        assert limits.flag_below != theirs.flag_below
        assert limits.accept_from != theirs.accept_from
        for field in ("flag_floor", "accept_floor", "same_face_from"):
            assert getattr(rules, field) != getattr(their_rules, field), field
        assert policy.input == other.input


def test_a_schools_own_keys_stay_above_the_recognisers(tmp_path: Path) -> None:
    path = tmp_path / "school.toml"
    path.write_text(
        f'[comparison]\nrecogniser = "{RETAIL}"\n[cohort.calibration]\naccept_floor = 0.7\n'
    )
    policy = load_policy(path)
    assert policy.comparison.of("idcard") == comparing_by(RETAIL).comparison.of("idcard")
    assert policy.cohort.calibration.accept_floor == 0.7
    assert load_policy(path, {"comparison": {"recogniser": SFACE}}).comparison == (
        load_policy().comparison
    )


@pytest.mark.parametrize("value", ['"auraface"', "5", '["sface"]'])
def test_an_unknown_recogniser_is_refused_with_the_known(tmp_path: Path, value: str) -> None:
    path = tmp_path / "school.toml"
    path.write_text(f"[comparison]\nrecogniser = {value}\n")
    with pytest.raises(ConfigError, match=r"`comparison\.recogniser`") as caught:
        load_policy(path)
    assert f"'{FUSED}'" in caught.value.message


# --- a run


@pytest.fixture
def go(tmp_path: Path, mirror: Path, profile: Profile) -> Callable[[Policy], list[str]]:
    """Run two students by a policy into one folder; who was looked at."""
    fetch.pull_weights(mirror, extra=[RETAIL])
    cohort = cohort_of(tmp_path / "photos", {"A": "score=0.9", "B": "score=0.8"})
    log = tmp_path / "log"

    def run(policy: Policy) -> list[str]:
        log.write_text("")
        used = digests(policy.comparison.recognisers)
        run_night(cohort, tmp_path / "out", policy, profile, digests=used, factory=fake(log))
        return log.read_text().split()

    return run


def cohort_key(out: Path) -> str:
    with sqlite3.connect(out / DATABASE) as database:
        (value,) = database.execute("SELECT value FROM meta WHERE name = 'cohort_key'").fetchone()
    database.close()
    return str(value)


@pytest.mark.parametrize("keep_templates", [True, False])
def test_another_recogniser_looks_at_everybody_again(
    go: Callable[[Policy], list[str]], tmp_path: Path, keep_templates: bool
) -> None:
    keys = set()
    for name in (*ALL, SFACE):
        policy = comparing_by(name, keep_templates=keep_templates)
        assert go(policy) == ["A", "B"], name
        assert go(policy) == [], name
        keys.add(cohort_key(tmp_path / "out"))
    assert len(keys) == len(ALL)


def test_a_finished_run_is_not_judged_by_another_recognisers_thresholds(
    go: Callable[[Policy], list[str]], tmp_path: Path, profile: Profile
) -> None:
    go(comparing_by(RETAIL))
    with pytest.raises(ConfigError, match="its scores are of `retail0095`") as caught:
        redecide(tmp_path / "out", load_policy(), profile, "en")
    assert "Run again" in caught.value.hint
    redecide(tmp_path / "out", comparing_by(RETAIL), profile, "en")


def test_runs_older_than_the_choice_were_compared_by_sface(
    go: Callable[[Policy], list[str]], tmp_path: Path, profile: Profile
) -> None:
    go(load_policy())
    with sqlite3.connect(tmp_path / "out" / DATABASE) as database:
        database.execute(
            "UPDATE meta SET value = json_remove(value, '$.policy.comparison.recogniser')"
            " WHERE name = 'run'"
        )
    database.close()
    redecide(tmp_path / "out", load_policy(), profile, "en")
    with pytest.raises(ConfigError, match="its scores are of `sface`"):
        redecide(tmp_path / "out", comparing_by(FUSED), profile, "en")


def test_evaluation_compares_by_the_policys_recognisers(policy: Policy) -> None:
    factory = locator_factory(policy.input, (SFACE, RETAIL))
    assert factory.func is NetworkEngine  # type: ignore[attr-defined]
    assert factory.args == (policy.input, (SFACE, RETAIL))  # type: ignore[attr-defined]
