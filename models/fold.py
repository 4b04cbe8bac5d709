"""Turns block-quantised weights back into float32, so that every engine can load the network.

OpenCV Zoo's int8bq files hold each weight as int8 blocks with a scale and a zero point, joined by
a block-wise `DequantizeLinear` of opset 21, which OpenCV 5.0, onnxruntime 1.32 and OpenVINO 2026.4
refuse. What that node computes is fixed, so it is computed once, here, when weights are pulled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.manifest import RECORD_FILE, Record, derived, derived_status, weights
from models.place import put_whole
from pipeline.core.digest import sha256_of


def ensure_folded(dest: Path, on_event: Callable[[str], None]) -> Path:
    """Make the derived weight in `dest`, unless it is there, whole, and of the right source.

    Raises:
        OSError: If the source is not in `dest`, or `dest` cannot be written.
    """
    made = derived()
    target = dest / made.file
    if derived_status(dest) == "present":
        on_event(f"{made.id}: already there")
        return target
    source = dest / next(asset.file for asset in weights() if asset.id == made.source)
    data, version = fold_constants(source.read_bytes())
    # The record goes last: without a fitting record the file counts as damaged and is made again.
    put_whole(data, target)
    record = Record(sha256_of(source), version, len(data), sha256_of(target))
    put_whole(json.dumps(asdict(record), indent=1).encode(), dest / RECORD_FILE)
    on_event(f"{made.id}: made from {made.source}")
    return target


def fold_constants(model: bytes) -> tuple[bytes, str]:
    """Replace every `DequantizeLinear` of constants by its float32 result.

    Names in `graph.input` that no node reads, or that are constants, are cut as well: they are
    left over from older ONNX, and onnxruntime refuses them.

    Args:
        model: A serialised ONNX model.

    Returns:
        The new model, serialised, and the version of `onnx` that wrote it.
    """
    import onnx  # slow to import, and needed only when weights are pulled
    from onnx import numpy_helper

    proto = onnx.load_from_string(model)
    graph = proto.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    kept, folded = [], []
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and all(name in constants for name in node.input):
            inputs = [numpy_helper.to_array(constants[name]) for name in node.input]
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            folded.append(numpy_helper.from_array(dequantize(inputs, attributes), node.output[0]))
        else:
            kept.append(node)
    read = {name for node in kept for name in node.input}
    tensors = [t for t in graph.initializer if t.name in read] + folded
    inputs_left = [i for i in graph.input if i.name in read and i.name not in constants]
    for field, values in (("node", kept), ("initializer", tensors), ("input", inputs_left)):
        graph.ClearField(field)
        getattr(graph, field).extend(values)
    onnx.checker.check_model(proto)
    return proto.SerializeToString(deterministic=True), str(onnx.__version__)


def dequantize(inputs: list[NDArray[Any]], attributes: Mapping[str, Any]) -> NDArray[np.float32]:
    """(x - zero point) x scale, as ONNX defines `DequantizeLinear` since opset 21.

    Args:
        inputs: x of any shape; scale; zero point, which may be absent. Scale and zero point are
            scalars, or vectors along `axis`, or with a `block_size` arrays like x in which one
            value serves that many neighbours along `axis`.
        attributes: `axis` (1 if absent) and `block_size` (0 if absent).
    """
    x = inputs[0].astype(np.float32)
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)

    def spread(values: NDArray[Any]) -> NDArray[np.float32]:
        if block:
            values = np.repeat(values, block, axis=axis).take(range(x.shape[axis]), axis=axis)
        elif values.ndim:
            values = values.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
        return values.astype(np.float32)

    zero = spread(inputs[2]) if len(inputs) == 3 else np.float32(0)
    return np.asarray((x - zero) * spread(inputs[1]), dtype=np.float32)
