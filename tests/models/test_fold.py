"""Folded weights give what the block-quantised network gives, by ONNX's own reference."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from models.fetch import pull_weights
from models.fold import dequantize, fold_constants
from models.manifest import Asset, derived_status, digests, path_of
from pipeline.core.errors import ModelError


def quantised_model(bias: float = 0.5) -> onnx.ModelProto:
    """y = x W + b with W int8 in blocks of 4 and b per tensor; a stale and a constant input."""
    rng = np.random.default_rng(7)
    constants: dict[str, NDArray[Any]] = {
        "w_q": rng.integers(-128, 128, (10, 3), dtype=np.int8),
        "w_s": rng.uniform(0.01, 0.1, (3, 3)).astype(np.float32),
        "w_z": rng.integers(-5, 6, (3, 3), dtype=np.int8),
        "b_q": rng.integers(-128, 128, (3,), dtype=np.int8),
        "b_s": np.array(bias, dtype=np.float32),
        "two": np.array(2.0, dtype=np.float32),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["w_q", "w_s", "w_z"], ["w"], axis=0, block_size=4),
        helper.make_node("DequantizeLinear", ["b_q", "b_s"], ["b"]),
        helper.make_node("Mul", ["data", "two"], ["x"]),
        helper.make_node("Gemm", ["x", "w", "b"], ["y"]),
    ]
    real = helper.make_tensor_value_info("data", TensorProto.FLOAT, [None, 10])
    stale = helper.make_tensor_value_info("w_old", TensorProto.FLOAT, [10, 3])
    constant = helper.make_tensor_value_info("two", TensorProto.FLOAT, [])
    graph = helper.make_graph(
        nodes,
        "tiny",
        [real, stale, constant],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def run(model: onnx.ModelProto, data: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first output by ONNX's reference; stale inputs, which it insists on, are cut."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.input[1:]
    (output,) = ReferenceEvaluator(copy).run(None, {"data": data})
    return np.asarray(output, dtype=np.float32)


def test_the_folded_network_gives_the_same() -> None:
    model = quantised_model()
    data, version = fold_constants(model.SerializeToString())
    folded = onnx.load_from_string(data)
    assert [node.op_type for node in folded.graph.node] == ["Mul", "Gemm"]
    assert [i.name for i in folded.graph.input] == ["data"]
    assert {t.name for t in folded.graph.initializer} == {"two", "w", "b"}
    assert version == onnx.__version__
    x = np.random.default_rng(1).normal(size=(5, 10)).astype(np.float32)
    np.testing.assert_allclose(run(folded, x), run(model, x), rtol=1e-6)


def test_folding_twice_gives_the_same_bytes() -> None:
    model = quantised_model().SerializeToString()
    assert fold_constants(model) == fold_constants(model)


def test_a_dequantised_activation_is_left_alone() -> None:
    model = quantised_model()
    model.graph.node[1].input[0] = "from_outside"
    extra = helper.make_tensor_value_info("from_outside", TensorProto.INT8, [3])
    model.graph.input.append(extra)
    folded = onnx.load_from_string(fold_constants(model.SerializeToString())[0])
    assert [n.op_type for n in folded.graph.node] == ["DequantizeLinear", "Mul", "Gemm"]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    block=st.integers(0, 10),
    axis=st.sampled_from([0, 1, -1]),
    zero=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_dequantize_is_what_onnx_says(
    rows: int, columns: int, block: int, axis: int, zero: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (rows, columns), dtype=np.int8)
    shape = [rows, columns]
    shape[axis] = -(-shape[axis] // block) if block else shape[axis]
    if not block:
        shape = [shape[axis]]
    inputs: list[NDArray[Any]] = [x, rng.uniform(0.01, 1, shape).astype(np.float32)]
    if zero:
        inputs.append(rng.integers(-128, 128, shape, dtype=np.int8))
    names = ["x", "s", "z"][: len(inputs)]
    node = helper.make_node("DequantizeLinear", names, ["y"], axis=axis, block_size=block)
    infos = [
        helper.make_tensor_value_info(
            n, helper.np_dtype_to_tensor_dtype(value.dtype), list(value.shape)
        )
        for n, value in zip(names, inputs, strict=True)
    ]
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, columns])
    graph = helper.make_graph([node], "one", infos, [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    (expected,) = ReferenceEvaluator(model).run(None, dict(zip(names, inputs, strict=True)))
    found = dequantize(inputs, {"axis": axis, "block_size": block})
    np.testing.assert_allclose(found, np.asarray(expected, np.float32), rtol=1e-6)


def stand_in(model: onnx.ModelProto, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Asset:
    """Make `model` the only weight of the manifest, to be had from the folder `mirror`."""
    content = model.SerializeToString()
    digest = hashlib.sha256(content).hexdigest()
    small = Asset("sface", "sface.onnx", len(content), digest, "MIT", "nobody", "", ())
    (mirror / small.file).write_bytes(content)
    monkeypatch.setenv("PHOTOPROOF_CACHE", str(mirror / "cache"))
    for module in ("fetch", "fold", "manifest"):
        monkeypatch.setattr(f"models.{module}.weights", lambda: (small,))
    return small


def test_pull_weights_folds_and_notices_every_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = stand_in(quantised_model(), tmp_path, monkeypatch)
    paths = pull_weights(tmp_path)
    folded = paths["sface_folded"]
    assert path_of("sface") == paths["sface"]
    assert path_of("sface_folded") == folded
    before = digests()
    assert before["sface"] == small.sha256
    assert before["sface_folded"] == hashlib.sha256(folded.read_bytes()).hexdigest()

    good = folded.read_bytes()
    folded.write_bytes(good[:-1] + b"X")
    assert path_of("sface_folded") == folded  # same size: only the digest tells
    with pytest.raises(ModelError, match=r"sface_folded is damaged: .*sface_folded\.onnx"):
        digests()
    pull_weights(tmp_path)
    assert digests() == before

    folded.write_bytes(good + b"X")
    with pytest.raises(ModelError, match="another size"):
        path_of("sface_folded")
    (folded.parent / "derived.json").unlink()
    assert derived_status(folded.parent) == "damaged"
    pull_weights(tmp_path)
    assert digests() == before


def test_a_folded_weight_of_an_older_source_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for bias in (1.0, 2.0):
        stand_in(quantised_model(bias), tmp_path, monkeypatch)
        made.append(pull_weights(tmp_path)["sface_folded"].read_bytes())
    assert made[0] != made[1]


@pytest.mark.networks
def test_the_real_network_folded_gives_the_same() -> None:
    try:
        source, target = path_of("sface"), path_of("sface_folded")
    except ModelError as error:
        pytest.skip(error.message)
    x = np.random.default_rng(3).uniform(0, 255, (1, 3, 112, 112)).astype(np.float32)
    original, folded = onnx.load(source), onnx.load(target)
    assert [i.name for i in folded.graph.input] == ["data"]
    np.testing.assert_allclose(run(folded, x), run(original, x), rtol=1e-3, atol=1e-4)
