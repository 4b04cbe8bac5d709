"""Which of OpenVINO's kernels a network's convolutions run on, where its own choice is slow.

On AVX-512 OpenVINO 2026.4 takes oneDNN's `brgconv` for every convolution. That is best for most
networks, and slow for some: MediaPipe's face mesh takes 5.5 ms with it and 4.0 with `jit_avx512`
(docs/performance.md). On a processor without AVX-512 the nearest `jit` kernels are taken, about as
fast as OpenVINO's choice there.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import openvino as ov

from models.compiled import Reader


def preferring(kernels: str, reader: Reader) -> Reader:
    """A reader whose networks prefer these kernels, for instance "jit_avx512".

    Python can say so in a model's file only: the graph is written, marked and read again.
    """

    def read(core: ov.Core, path: Path) -> ov.Model:
        # OpenVINO may go on reading the file; where that keeps it, it is left behind.
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            file = Path(folder, "marked.xml")
            ov.serialize(reader(core, path), file)
            _mark(file, f"cpu:{kernels}")
            return core.read_model(file)

    return read


def _mark(file: Path, priority: str) -> None:
    """Give each convolution of an OpenVINO graph a `primitives_priority`."""
    graph = ElementTree.parse(file)  # noqa: S314 - our own file
    for layer in graph.iter("layer"):
        if layer.get("type") not in ("Convolution", "GroupConvolution"):
            continue
        about = layer.find("rt_info")
        if about is None:
            about = ElementTree.Element("rt_info")
            layer.insert(1, about)  # after `data`
        mark = {"name": "primitives_priority", "version": "0", "value": priority}
        ElementTree.SubElement(about, "attribute", mark)
    graph.write(file)
