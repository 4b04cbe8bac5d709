"""The stages of `models.whole_numbers` as an OpenVINO graph that runs on integer units.

OpenVINO runs a convolution in integers where its input comes out of a `FakeQuantize` to bytes and
its weights are int8 constants, converted and multiplied; the rounding in between is done by the
same kernels that convolve, so that it costs no time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13

from models.whole_numbers import BYTE, Stage


def graph(name: str, side: int, stages: Iterable[Stage]) -> ov.Model:
    """A network for (N, 3, side, side) float32 pictures of the whole numbers 0 to 255.

    Its last stage sees the whole picture; outputs are (N, O, 1, 1).
    """
    pixels = opset13.parameter(ov.PartialShape([-1, 3, side, side]), ov.Type.f32, name=name)
    values = opset13.subtract(opset13.multiply(pixels, _scalar(2)), _scalar(BYTE))
    for stage in stages:
        values = _staged(values, stage)
    return ov.Model([values], [pixels])


def _staged(values: ov.Node, stage: Stage) -> ov.Node:
    sums = opset13.add(_convolved(values, stage), _by_channel(stage.bias))
    if stage.slopes is None:
        return opset13.multiply(sums, _by_channel(stage.scale))
    values = opset13.prelu(sums, opset13.constant(stage.slopes))
    if (stage.scale != 1).any():
        values = opset13.multiply(values, _by_channel(stage.scale))
    values = opset13.round(values, "half_to_even")
    if stage.shift is None:
        return opset13.clamp(values, -float(stage.top), float(stage.top))
    values = opset13.add(values, _by_channel(stage.shift))
    ends = (_scalar(0), _scalar(stage.top)) * 2
    return opset13.fake_quantize(values, *ends, stage.top + 1)


def _convolved(values: ov.Node, stage: Stage) -> ov.Node:
    weights = opset13.constant(stage.weights)
    strides = [stage.stride] * 2
    padding = [int(stage.weights.shape[-1] == 3)] * 2
    if stage.weights.dtype == np.int8:
        ones = np.ones((len(stage.weights), 1, 1, 1), dtype=np.float32)
        weights = opset13.multiply(opset13.convert(weights, "f32"), opset13.constant(ones))
    elif stage.weights.shape[1] == 1:
        weights = opset13.constant(stage.weights[:, None])
        return opset13.group_convolution(values, weights, strides, padding, padding, [1, 1])
    return opset13.convolution(values, weights, strides, padding, padding, [1, 1])


def _scalar(value: float) -> ov.Node:
    return opset13.constant(np.float32(value))


def _by_channel(values: Any) -> ov.Node:
    """(O,) as (1, O, 1, 1)."""
    return opset13.constant(values.reshape(1, -1, 1, 1))
