"""What a network's file says, layer by layer: convolutions with batch normalisation folded in.

For networks that are one chain of convolution, batch normalisation and PReLU, closed by a linear
layer, as SFace is. Arrays are float64, so that folding rounds nothing that float32 would show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino.passes import ConstantFolding, Manager

from pipeline.core.errors import ModelError

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution with its batch normalisation, then PReLU.

    Attributes:
        weights: (O, I, rows, columns); I is 1 where each channel has its own filter.
        bias: (O,).
        slopes: (O,) what PReLU multiplies negative values by; may itself be negative.
        stride: Of the convolution; its padding keeps the size, or halves it with stride 2.
        mean: (O,) of the values that PReLU gets, over the pictures the network was trained on.
        spread: (O,) their standard deviation.
    """

    weights: Doubles
    bias: Doubles
    slopes: Doubles
    stride: int
    mean: Doubles
    spread: Doubles


@dataclass(frozen=True, slots=True)
class Chain:
    """A whole network.

    Attributes:
        layers: In order.
        weights: (O, I, rows, columns) of the linear layer, over the last layer's whole picture.
        bias: (O,).
    """

    layers: tuple[Layer, ...]
    weights: Doubles
    bias: Doubles


def chain(model: ov.Model) -> Chain:
    """The layers of a model as read from its file.

    Raises:
        ModelError: If it is no such chain.
    """
    passes = Manager()
    passes.register_pass(ConstantFolding())
    passes.run_passes(model)
    operations = {kind: list(_of_kind(model, kind)) for kind in _KINDS}
    convolutions = [
        node for node in model.get_ordered_ops() if node.get_type_name().endswith("Convolution")
    ]
    norms, slopes = operations["BatchNormInference"], operations["PRelu"]
    linear, added = operations["MatMul"], operations["Add"]
    if not (len(convolutions) == len(slopes) == len(norms) - 2 and len(linear) == len(added) == 1):
        raise ModelError("network_layers")
    layers = tuple(map(_layer, convolutions, norms, slopes))
    return Chain(layers, *_linear(linear[0], added[0], *norms[-2:]))


_KINDS = ("BatchNormInference", "PRelu", "MatMul", "Add")


def _of_kind(model: ov.Model, kind: str) -> Iterator[ov.Node]:
    return (node for node in model.get_ordered_ops() if node.get_type_name() == kind)


def _constant(node: ov.Node, index: int) -> Doubles:
    """An input of a node that is a constant."""
    return np.asarray(node.input_value(index).get_node().data, dtype=np.float64)


def _scaled(norm: ov.Node) -> tuple[Doubles, Doubles]:
    """Factor and summand, (O,) each, that a batch normalisation comes to."""
    gamma, beta, mean, variance = (_constant(norm, i) for i in range(1, 5))
    factor = gamma / np.sqrt(variance + norm.get_attributes()["epsilon"])
    return factor, beta - mean * factor


def _layer(convolution: ov.Node, norm: ov.Node, slopes: ov.Node) -> Layer:
    weights = _constant(convolution, 1)
    weights = weights.reshape(-1, *weights.shape[-3:])  # a filter a channel: (O, 1, 1, 3, 3)
    factor, bias = _scaled(norm)
    return Layer(
        weights * factor[:, None, None, None],
        bias,
        _constant(slopes, 1).reshape(-1),
        convolution.get_attributes()["strides"][0],
        mean=_constant(norm, 2),
        spread=np.abs(_constant(norm, 1)),
    )


def _linear(
    linear: ov.Node, added: ov.Node, before: ov.Node, after: ov.Node
) -> tuple[Doubles, Doubles]:
    """Weights and bias of the linear layer with the normalisations before and after it."""
    factor, summand = _scaled(before)
    last_factor, last_summand = _scaled(after)
    flat = _constant(linear, 1)
    outputs, inputs = flat.shape
    side = round((inputs / len(factor)) ** 0.5)
    weights = flat.reshape(outputs, len(factor), side, side)
    bias = _constant(added, 1).reshape(-1) + (weights * summand[:, None, None]).sum(axis=(1, 2, 3))
    weights = weights * factor[:, None, None] * last_factor[:, None, None, None]
    return weights, bias * last_factor + last_summand
