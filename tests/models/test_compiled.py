"""The compiled form of a network, kept beside its weights."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from models import compiled as module
from models.arithmetic import PRECISION
from models.compiled import load_compiled
from models.manifest import path_of

SHAPE = (1, 128, 128, 3)
CONFIG: dict[str, object] = {"INFERENCE_NUM_THREADS": 1, **PRECISION}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return Path(shutil.copy(path_of("blazeface"), tmp_path / "net.tflite"))


def compile_it(path: Path, config: Mapping[str, object] = CONFIG) -> tuple[list[str], float]:
    network, names = load_compiled(ov.Core(), path, SHAPE, dict(config))
    results = network.create_infer_request().infer({0: np.full(SHAPE, 0.5, np.float32)})
    return list(names), float(results[0].sum())


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every network that is really compiled, not read."""
    made: list[Path] = []
    keep = module._keep

    def counting(*args: object) -> None:
        made.append(args[2])  # type: ignore[arg-type]
        keep(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_keep", counting)
    return made


def test_the_second_process_reads_what_the_first_compiled(
    weights: Path, compilations: list[Path]
) -> None:
    first, second = compile_it(weights), compile_it(weights)
    assert len(compilations) == 1
    assert first[0] == second[0] == ["regressors", "classificators"]
    assert first[1] == pytest.approx(second[1], rel=1e-4)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text"])
def test_a_damaged_file_is_made_again(weights: Path, compilations: list[Path], damage: str) -> None:
    right = compile_it(weights)
    (kept,) = (weights.parent / "compiled").rglob("*.blob")
    whole = kept.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    bad = {"cut": whole[:middle], "flipped": flipped, "empty": b"", "text": b"{}\nnot a network"}
    kept.write_bytes(bad[damage])
    assert compile_it(weights)[1] == pytest.approx(right[1], rel=1e-4)
    assert len(compilations) == 2
    assert len(kept.read_bytes()) == pytest.approx(len(whole), rel=0.01)


def test_other_weights_or_settings_are_compiled_anew(
    weights: Path, compilations: list[Path]
) -> None:
    compile_it(weights)
    compile_it(weights, {**CONFIG, "INFERENCE_NUM_THREADS": 2})
    assert len(compilations) == 2
    weights.touch()
    compile_it(weights, {**CONFIG, "INFERENCE_NUM_THREADS": 2})
    assert len(compilations) == 3


def test_two_ways_to_make_a_network_of_a_file_are_kept_side_by_side(
    weights: Path, compilations: list[Path]
) -> None:
    for _ in range(2):
        for made in ("", "one way", "another"):
            load_compiled(ov.Core(), weights, SHAPE, dict(CONFIG), made=made)
    assert len(compilations) == len(set(compilations)) == 3


def test_a_folder_that_cannot_be_written_costs_only_time(
    weights: Path, compilations: list[Path]
) -> None:
    (weights.parent / "compiled").write_text("a file where the folder should be")
    assert compile_it(weights) == compile_it(weights)
    assert len(compilations) == 2


def test_other_code_compiles_anew(
    weights: Path, compilations: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that makes another graph of the same file must not be given the old one."""
    load_compiled(ov.Core(), weights, SHAPE, dict(CONFIG))
    monkeypatch.setattr("models.compiled._code", lambda: "another version")
    load_compiled(ov.Core(), weights, SHAPE, dict(CONFIG))
    assert len(compilations) == 2


def test_programs_beside_each_other_keep_their_own_and_old_ones_go(
    weights: Path, compilations: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two versions that share a cache made each other compile at every start."""

    def by(version: str) -> None:
        monkeypatch.setattr("models.compiled._code", lambda: version)
        load_compiled(ov.Core(), weights, SHAPE, dict(CONFIG))

    for version in ("one", "another", "one", "another"):
        by(version)
    assert len(compilations) == 2
    for when, version in enumerate(("third", "fourth", "fifth")):
        for folder in (weights.parent / "compiled").iterdir():
            os.utime(folder, (when, folder.stat().st_mtime - 60))
        by(version)
    left = list((weights.parent / "compiled").iterdir())
    assert len(left) == 4
    assert compilations[0].parent not in left
