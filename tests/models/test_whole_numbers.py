"""SFace rounded to whole numbers: exact, alike on every processor, and near to float32."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import pytest
import whole_reference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from places import ROOT

from models import whole_numbers
from models.layers import chain
from models.manifest import path_of
from models.recognisers.sface import SFace
from models.runtime import Batches
from models.whole_numbers import BYTE, EXACT, FINE, Stage
from pipeline.core.errors import ModelError
from pipeline.core.types import Floats, Pixels
from pipeline.sample import sources

CAP = "ONEDNN_MAX_CPU_ISA"
LAST_BIT = 1e-6  # of vectors whose entries are about 1
PICTURES = ("obama", "obama2", "obama3", "biden", "guido", "hopper")


@pytest.fixture(scope="module")
def crops() -> list[Pixels]:
    """The middles of real portraits: of faces roughly, which is enough to compare arithmetic."""
    paths = sources.fetch()
    found = []
    for name in PICTURES:
        bgr = cv2.imread(str(paths[name]))
        assert bgr is not None
        height, width = bgr.shape[:2]
        side = min(height, width) // 2
        top, left = height // 8, (width - side) // 2
        crop = cv2.resize(bgr[top : top + side, left : left + side], (112, 112))
        found.append(np.asarray(crop, dtype=np.uint8))
    return found


@pytest.fixture(scope="module")
def network() -> list[Stage]:
    return whole_reference.of_file(path_of("sface_folded"))


def units(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@given(arrays(np.float64, (3, 8, 1, 1), elements=st.floats(-4, 4)))
def test_no_two_neighbours_of_one_sign_sum_to_more_than_a_saturating_add_can_hold(
    weights: np.ndarray,
) -> None:
    whole, unit = whole_numbers._whole(weights, np.ones(8))
    pairs = whole.astype(int).reshape(3, 4, 2)
    for sign in (1, -1):
        assert (np.maximum(sign * pairs, 0).sum(axis=2) * BYTE).max() <= 2**15 - 1
    assert np.abs(whole * unit[:, None, None, None] - weights).max() <= unit.max() / 2 + 1e-9


@given(
    arrays(np.float64, (2, 3, 3, 3), elements=st.floats(-9, 9)),
    arrays(np.float64, 2, elements=st.floats(-99, 99)),
)
def test_a_grid_keeps_every_sum_exact(weights: np.ndarray, bias: np.ndarray) -> None:
    on_grid, on_grid_bias = whole_numbers._grid(weights, bias, FINE)
    for row, start in zip(on_grid, on_grid_bias, strict=True):
        products = [float(w) * FINE for w in row.reshape(-1)] + [float(start)]
        there = back = np.float32(0)
        for one, other in zip(products, reversed(products), strict=True):
            there, back = there + np.float32(one), back + np.float32(other)
        assert there == back == sum(products)


@pytest.mark.networks
def test_every_sum_of_sface_stays_exact(network: list[Stage]) -> None:
    for stage in network[:-1]:
        if stage.weights.dtype == np.int8:
            pairs = stage.weights.astype(int).reshape(len(stage.weights), -1, 2, 1, 1)
            for sign in (1, -1):
                assert np.maximum(sign * pairs, 0).sum(axis=2).max() * BYTE < 2**15
            reach = np.abs(stage.weights.astype(float)).sum(axis=(1, 2, 3)) * BYTE
            assert (reach + np.abs(stage.bias)).max() < EXACT
        assert stage.top in (BYTE, FINE)
    # The last one's sums are taken in 32-bit integers.
    last = network[-1].weights.astype(float)
    assert np.abs(last).sum(axis=(1, 2, 3)).max() * BYTE < 2**31


@pytest.mark.networks
def test_a_face_gets_the_same_bits_alone_and_beside_others(crops: list[Pixels]) -> None:
    sface = SFace(path_of("sface_folded"))
    together = sface(crops)
    for crop, vector in zip(crops, together, strict=True):
        assert np.array_equal(sface([crop])[0], vector)


@pytest.mark.long
@pytest.mark.networks
@pytest.mark.parametrize("cap", ["ALL", "SSE41", "AVX2", "AVX2_VNNI", "AVX512_CORE"])
def test_every_instruction_set_gives_the_same_bits(
    crops: list[Pixels], network: list[Stage], tmp_path: Path, cap: str
) -> None:
    """A cap above what this processor has changes nothing."""
    vectors = capped(crops, tmp_path, cap)
    assert np.array_equal(vectors, SFace(path_of("sface_folded"))(crops)[: len(vectors)])
    for crop, vector in zip(crops, vectors, strict=False):
        # All before the last layer is exact; its sums are turned to float32 once.
        assert np.abs(vector - whole_reference.reference(network, crop)).max() < LAST_BIT


@pytest.mark.networks
def test_the_comparison_can_fail(
    crops: list[Pixels], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights of full 8 bits, their neighbours left as they are, saturate on AVX2."""
    vectors = capped(crops, tmp_path, "AVX2", "--unpaired")
    monkeypatch.setattr(whole_numbers, "_whole", whole_reference.unpaired)
    network = whole_reference.of_file(path_of("sface_folded"))
    assert np.abs(vectors[0] - whole_reference.reference(network, crops[0])).max() > 100 * LAST_BIT


def capped(crops: list[Pixels], folder: Path, cap: str, *options: str) -> Floats:
    """SFace's vectors from a process, and a folder for compiled networks, of its own."""
    weight, file, vectors = (folder / n for n in ("weight.onnx", "crops.npy", "vectors.npy"))
    weight.symlink_to(path_of("sface_folded"))
    np.save(file, np.stack(crops[:3]))
    done = subprocess.run(
        [sys.executable, whole_reference.__file__, weight, file, vectors, *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), CAP: cap},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return np.asarray(np.load(vectors), dtype=np.float32)


@pytest.mark.networks
def test_scores_stay_near_float32s(crops: list[Pixels]) -> None:
    """Of 913,276 public pairs none moved by more than 0.045; single crops, as here, move more."""
    weight = path_of("sface_folded")
    rgb = np.stack(crops)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
    exact = units(Batches(weight, (3, 112, 112)).in_pairs(rgb))
    whole = units(SFace(weight)(crops))
    assert (exact * whole).sum(axis=1).min() > 0.985
    assert np.abs(exact @ exact.T - whole @ whole.T).max() < 0.06


@pytest.mark.networks
def test_a_file_of_other_layers_is_refused() -> None:
    with pytest.raises(ModelError, match="other layers"):
        chain(ov.Core().read_model(path_of("yunet")))
