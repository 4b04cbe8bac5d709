"""A network rounded so that it computes in whole numbers, and so alike on every processor.

The result of a sum of fractions depends on the order, and each instruction set has its own order.
Rounding to 8 bits makes such differences larger: a value near a half is rounded up on one machine
and down on another, and the next layers carry that on. With ordinary 8-bit rounding two kinds of
kernels gave SFace scores that differ by up to 0.006; whole float32 networks differ by 5e-7.

Sums of whole numbers have no order, as long as float32 holds them exactly, which it does up to
2^24. So every layer's input is whole, its weights and its bias lie on a grid of their own, and
every result is rounded before anything is added to it. The outcome is the same to the last bit,
whichever kernels run.

Large layers get bytes and weights of 8 bits, which run on integer units. Processors without VNNI
(all with AVX2 alone, the first with AVX-512) add two neighbouring products in 16 bits and
saturate. So no two neighbouring weights of one sign may sum to more than 128. Scores then move by
0.0054 (root mean square, LFW East Asian, 2026-11-24), as with free weights of 8 bits; with 7 bits
by 0.0072.

How far values reach is taken from the network's own batch normalisation: no pictures are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.layers import Chain, Doubles, Layer
from pipeline.core.types import Floats

BYTE = 255
FINE = 4095  # largest size of a whole number between a large layer and a small one
EXACT = 2.0**24  # float32 holds every whole number up to here
_PAIR = 127  # of two neighbouring weights of one sign, before each is rounded
# Values further from their mean than so many standard deviations are cut off. Of 4 to 12 ten moved
# scores least on LFW East Asian (2026-11-24), 8 and 12 hardly more. Fine numbers reach further, as
# they have bits to spare.
_BYTES_REACH, _FINE_REACH = 10.0, 16.0


@dataclass(frozen=True, slots=True)
class Stage:
    """One convolution in whole numbers and what is done to its sums, in this order.

    Attributes:
        weights: (O, I, rows, columns) int8 where the input is bytes; else float32, on a grid so
            coarse that every sum is exact.
        bias: (O,) float32, on the same grid; added.
        slopes: (O,) float32, PReLU's; None for the last stage.
        scale: (O,) float32, multiplied; then, but for the last stage, all is rounded, half to even.
        shift: (O,) float32 whole numbers, added after rounding; None before a small layer.
        top: Largest value; the smallest is 0 where there is a shift, -top where not.
        stride: Of the convolution.
    """

    weights: Floats | NDArray[np.int8]
    bias: Floats
    slopes: Floats | None
    scale: Floats
    shift: Floats | None
    top: int
    stride: int = 1


def stages(network: Chain) -> Iterator[Stage]:
    """A network's stages.

    The first takes 2p - 255 for the pixel values p of a network that wants (p - 127.5) / 128. It
    gives fine numbers. A layer with a filter a channel takes fine numbers, every other takes bytes.
    The last one's results are real numbers again.

    Args:
        network: A convolution, then pairs of one with a filter a channel and one of 1 x 1.
    """
    first, *rest = network.layers
    # A number n of channel c stands for the real value n * unit[c].
    unit = _reach(first, _FINE_REACH).max(axis=0) / FINE
    weights, bias = _grid(first.weights / 256 / _column(unit), first.bias / unit, BYTE)
    yield Stage(weights, bias, _single(first.slopes), np.ones_like(bias), None, FINE)
    for small, large in zip(rest[::2], rest[1::2], strict=True):
        step, shift = _bytes(small)
        weights, bias = _grid(small.weights * _column(unit / step), small.bias / step, FINE)
        slopes = _single(small.slopes)
        yield Stage(weights, bias, slopes, np.ones_like(bias), shift, BYTE, small.stride)
        whole, unit = _whole(large.weights, step)
        whole_bias = np.round(large.bias / unit) - _of_shift(whole, shift)
        slopes = _single(large.slopes)
        if large is not rest[-1]:
            scale = _power_of_two(_reach(large, _FINE_REACH).max(axis=0) / FINE / unit)
            yield Stage(whole, _single(whole_bias), slopes, _single(scale), None, FINE)
            unit = unit / scale
        else:
            step, shift = _bytes(large)
            yield Stage(whole, _single(whole_bias), slopes, _single(unit / step), shift, BYTE)
    whole, unit = _whole(network.weights, step)
    yield Stage(
        whole,
        _single(np.round(network.bias / unit) - _of_shift(whole, shift)),
        None,
        _single(unit),
        None,
        0,
    )


def _reach(layer: Layer, spreads: float) -> Doubles:
    """(2, O) how far a layer's values reach below and above 0 after PReLU, both as sizes."""
    ends = layer.mean + np.array([[-spreads], [spreads]]) * layer.spread
    ends = np.where(ends < 0, ends * layer.slopes, ends)
    low, high = np.minimum(ends.min(axis=0), 0), np.maximum(ends.max(axis=0), 0)
    return np.stack((-low, np.maximum(high, 1e-6)))


def _bytes(layer: Layer) -> tuple[Doubles, Floats]:
    """Step of each channel's values as bytes, and the byte that stands for 0.

    One step for all channels would waste the bits of channels with small values, each channel's own
    those of the weights that go with large ones; the geometric mean of both is better than either.
    """
    low, high = _reach(layer, _BYTES_REACH)
    own = (low + high) / BYTE
    step = np.sqrt(own * own.max())
    return step, _single(np.clip(np.round(low / step), 0, BYTE))


def _whole(weights: Doubles, step: Doubles) -> tuple[NDArray[np.int8], Doubles]:
    """Weights of a layer that takes bytes, and what one unit of each output's sum stands for.

    Neighbours are channels 0 and 1, 2 and 3, and so on, at one place of the filter.
    """
    scaled = weights * step[:, None, None]
    pairs = scaled.reshape(len(scaled), -1, 2, *scaled.shape[2:])
    of_one_sign = [np.maximum(sign * pairs, 0).sum(axis=2) for sign in (1, -1)]
    unit = np.maximum(np.max(of_one_sign, axis=(0, 2, 3, 4)), 1e-12) / _PAIR
    return np.round(scaled / _column(unit)).astype(np.int8), unit


def _of_shift(weights: NDArray[np.int8], shift: Floats) -> Doubles:
    """(O,) what the bytes that stand for 0 add to each sum."""
    products = weights.astype(np.int64) * shift.astype(np.int64)[:, None, None]
    return np.asarray(products.sum(axis=(1, 2, 3)), dtype=np.float64)


def _grid(weights: Doubles, bias: Doubles, largest: int) -> tuple[Floats, Floats]:
    """Both on the finest grid of each output that keeps its sums below 2^24 of its steps.

    Args:
        weights: (O, I, rows, columns).
        bias: (O,).
        largest: Size of the inputs.
    """
    reach = np.abs(weights).sum(axis=(1, 2, 3)) * largest + np.abs(bias)
    finest = _power_of_two(reach / (0.99 * EXACT), limit=np.inf)  # the rest: rounding's own share
    on_grid = np.round(weights * _column(finest)) / _column(finest)
    return _single(on_grid), _single(np.round(bias * finest) / finest)


def _power_of_two(values: Doubles, limit: float = 1.0) -> Doubles:
    """The largest powers of two not above 1 / values, and not above a limit."""
    _, exponents = np.frexp(1 / np.maximum(values, 1e-30))
    return np.asarray(np.minimum(np.ldexp(1.0, exponents - 1), limit), dtype=np.float64)


def _column(values: Doubles) -> Doubles:
    """One value an output, (O,), as (O, 1, 1, 1)."""
    return values[:, None, None, None]


def _single(values: Doubles) -> Floats:
    return np.asarray(values, dtype=np.float32)
