"""What another machine is sent before it works: weights, and the question whether it will do."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from models import manifest
from pipeline.core.errors import ModelError
from pipeline.core.policy import Policy
from pipeline.core.types import Job
from pipeline.night.executors import Afar, afar
from pipeline.night.executors.afar import afar_of

pytestmark = pytest.mark.networks


@pytest.fixture
def needs(policy: Policy) -> Afar[Job]:
    names = policy.comparison.recognisers
    return afar_of(policy.input, names, manifest.expected(names))


def test_weights_that_a_machine_lacks_are_kept_there_whole(
    needs: Afar[Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has none, and of one a damaged file."""
    sent = pickle.loads(pickle.dumps(needs.pack()))  # noqa: S301 - on its way
    unpack = pickle.loads(pickle.dumps(needs.unpack))  # noqa: S301
    here = manifest.digests()
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(tmp_path / "there"))
    damaged = manifest.weights_dir() / next(name for name in sent if name.endswith(".onnx"))
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"cut off")
    unpack(sent)
    assert manifest.digests() == here
    kept = {path.name: path.stat().st_mtime_ns for path in damaged.parent.iterdir()}
    unpack(sent)
    assert kept == {path.name: path.stat().st_mtime_ns for path in damaged.parent.iterdir()}


def test_a_machine_with_another_program_is_refused_by_name(
    needs: Afar[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(afar, "program_digest", lambda: "another")
    monkeypatch.setattr("platform.node", lambda: "n7")
    with pytest.raises(ModelError, match="n7") as told:
        needs.unpack(needs.pack())
    assert "requirements.lock" in told.value.hint


def test_a_machine_that_cannot_keep_weights_says_so(
    needs: Afar[Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = needs.pack()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="cannot be kept"):
        needs.unpack(sent)
