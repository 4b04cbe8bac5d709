"""SFace in whole numbers, by NumPy alone; run as a program, by OpenVINO on capped instructions.

    python tests/whole_reference.py WEIGHT CROPS.npy VECTORS.npy [--unpaired]

A process of its own, because OpenVINO reads `ONEDNN_MAX_CPU_ISA` once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models import whole_numbers
from models.layers import chain
from models.recognisers.sface import SFace
from models.whole_numbers import Stage, stages


def of_file(weight: Path) -> list[Stage]:
    return list(stages(chain(ov.Core().read_model(weight))))


def reference(network: Iterable[Stage], crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(128,) what the stages give for one (112, 112, 3) BGR crop."""
    values = 2.0 * crop[..., ::-1].transpose(2, 0, 1).astype(np.float64) - 255
    for stage in network:
        sums = (convolved(values, stage) + stage.bias[:, None, None]).astype(np.float32)
        if stage.slopes is None:
            return sums[:, 0, 0] * stage.scale
        after = np.where(sums < 0, sums * stage.slopes[:, None, None], sums)
        values = np.rint(after * stage.scale[:, None, None]).astype(np.float64)
        if stage.shift is not None:
            values = np.clip(values + stage.shift[:, None, None], 0, stage.top)
        else:
            values = np.clip(values, -stage.top, stage.top)
    raise AssertionError("the last stage has no slopes")


def convolved(values: NDArray[np.float64], stage: Stage) -> NDArray[np.float64]:
    """(O, rows, columns) sums; float64 holds each exactly, so their order does not matter."""
    weights = stage.weights.astype(np.float64)
    outputs, inputs, side, _ = weights.shape
    if side == 1:
        sums = weights[:, :, 0, 0] @ values.reshape(inputs, -1)
        return sums.reshape(outputs, *values.shape[1:])
    if side != 3:
        return np.asarray(np.einsum("oirc,irc->o", weights, values)[:, None, None])
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (3, 3), axis=(1, 2))[:, :: stage.stride, :: stage.stride]
    if inputs == 1:
        return np.asarray(np.einsum("orc,oyxrc->oyx", weights[:, 0], windows))
    return np.asarray(np.einsum("oirc,iyxrc->oyx", weights, windows))


def unpaired(
    weights: NDArray[np.float64], step: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Whole weights as they would be if neighbours did not matter."""
    scaled = weights * step[:, None, None]
    unit = np.abs(scaled).max(axis=(1, 2, 3)) / 127
    return np.round(scaled / unit[:, None, None, None]).astype(np.int8), unit


def main() -> None:
    weight, crops, vectors, *rest = sys.argv[1:]
    if rest == ["--unpaired"]:
        whole_numbers._whole = unpaired
    np.save(vectors, SFace(Path(weight))(list(np.load(crops))))


if __name__ == "__main__":
    main()
