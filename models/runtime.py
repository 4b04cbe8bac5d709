"""Compiled networks: one OpenVINO core a process, one thread a network, compiled once.

OpenVINO was chosen by measurement (`docs/performance.md`): SFace on one core takes 14 ms in
float32, against 29 ms in onnxruntime and 46 ms in OpenCV's own engine.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import openvino as ov

from models.arithmetic import PRECISION
from models.compiled import FAILURES, Reader, is_kept, load_compiled
from models.kernels import preferring
from models.pixels import Takes
from pipeline.core.errors import ModelError
from pipeline.core.types import Floats, Pixels

_CONFIG = {
    "INFERENCE_NUM_THREADS": 1,
    "PERFORMANCE_HINT": "LATENCY",
    # Pinned, the only threads of two workers would share the first core.
    "ENABLE_CPU_PINNING": False,
    **PRECISION,
}


@cache
def _core() -> ov.Core:
    return ov.Core()


def _made(takes: Takes | None, kernels: str) -> str:
    """What tells apart the graphs that a file is made into."""
    return f"{takes or ''}{kernels}"


class Network:
    """One compiled network with a fixed input shape; call it with an array.

    Args:
        path: ONNX or TFLite file, or the .xml of an OpenVINO graph.
        shape: Input shape, for instance (4, 3, 160, 160).
        reader: Reads a file that OpenVINO cannot read by itself.
        takes: Given, the network is called with (N, H, W, 3) uint8 BGR pictures, and `shape` is
            theirs.
        kernels: Those its convolutions should run on, where OpenVINO's own choice is slow; see
            `models.kernels`.

    Raises:
        ModelError: If the file cannot be loaded, or the network cannot run on this machine.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        *,
        reader: Reader = ov.Core.read_model,
        takes: Takes | None = None,
        kernels: str = "",
    ) -> None:
        if kernels:
            reader = preferring(kernels, reader)
        if takes is not None:
            reader = takes.from_pixels(reader)
        made = _made(takes, kernels)
        try:
            network, self._names = load_compiled(_core(), path, shape, _CONFIG, reader, made)
            self._request = network.create_infer_request()
            self._request.infer()  # on an empty picture: what cannot run here fails now
        except (*FAILURES, OSError, MemoryError) as error:
            raise ModelError("network_unloadable", name=path.name, why=_told(error)) from error

    def __call__(self, batch: Floats | Pixels) -> dict[str, Floats]:
        """Outputs by name; the arrays are copies the caller may keep."""
        results = self._request.infer({0: np.ascontiguousarray(batch)}, share_inputs=True)
        return {
            name: np.array(result, dtype=np.float32)
            for name, result in zip(self._names, results.to_tuple(), strict=True)
        }


class Batches:
    """One network for batches of any size; each size is compiled when first met.

    Args:
        path: As for `Network`.
        shape: Input shape of one picture, without the batch.
        takes: As for `Network`.
        reader: As for `Network`.
        kernels: As for `Network`.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        takes: Takes | None = None,
        *,
        reader: Reader = ov.Core.read_model,
        kernels: str = "",
    ) -> None:
        self.of = cache(
            lambda size: Network(path, (size, *shape), takes=takes, reader=reader, kernels=kernels)
        )

        self._path, self._shape, self._made = path, shape, _made(takes, kernels)

    def prepare(self, most: int) -> None:
        """Compile and keep every size up to `most` that is not kept yet.

        A worker in its cage (`core.cage`) can write no file, so it can only load.
        """
        for size in range(1, most + 1):
            shape = (size, *self._shape)
            if not is_kept(_core(), self._path, shape, _CONFIG, self._made):
                self.of(size)

    def __call__(self, batch: Floats | Pixels) -> dict[str, Floats]:
        """Outputs by name."""
        return self.of(len(batch))(batch)

    def in_pairs(self, batch: Floats | Pixels) -> Floats:
        """(N, D) the network's only output for N pictures, two at a time."""
        parts = []
        for start in range(0, len(batch), 2):
            (output,) = self(batch[start : start + 2]).values()
            parts.append(output.reshape(len(output), -1))
        return np.concatenate(parts)


def _told(error: BaseException) -> str:
    """The line of OpenVINO's message that says what; the others say where in its sources."""
    lines = [line.strip() for line in str(error).splitlines()]
    about = [line for line in lines if line and not line.startswith(("Exception from", "Check '"))]
    return (about or lines or [type(error).__name__])[-1]
