"""How the networks compute: one arithmetic on every machine, on the instructions it has.

bf16 units halve a network's time and move what it says: points of the mesh by pixels, comparison
scores by 0.01, and with them decisions (docs/performance.md, "Arithmetic"). So every network runs
in float32 everywhere; between instruction sets that differs only in the order of its sums. SFace
alone is rounded to whole numbers, whose sums have no order (`models.whole_numbers`).
"""

from __future__ import annotations

import re
from functools import cache

# Part of every fingerprint and of `run.json`: results of another arithmetic are taken anew.
ARITHMETIC = "float32, SFace in int8"
# For `ov.Core.compile_model`.
PRECISION = {"INFERENCE_PRECISION_HINT": "f32"}
_INSTRUCTIONS = re.compile(r"(sse|avx)[0-9]+")


@cache
def instruction_set() -> str:
    """What convolutions run on here: "avx512", "avx2", "sse42"; "other" where it cannot be told.

    OpenVINO is asked, not the processor: `ONEDNN_MAX_CPU_ISA` in the environment caps what it
    uses, and its list of capabilities takes no notice of that. A drawn convolution is compiled
    (20 ms) and the name of its kernel read, for instance "brgconv_avx512_f32".

    Raises:
        RuntimeError: If OpenVINO cannot compile even that.
    """
    import numpy as np  # late, as OpenVINO: who asks for the arithmetic alone needs neither
    import openvino as ov
    from openvino import opset13

    picture = opset13.parameter([1, 16, 16, 16], np.float32)
    weights = opset13.constant(np.ones((16, 16, 3, 3), dtype=np.float32))
    around = [1, 1]
    convolution = opset13.convolution(picture, weights, [1, 1], around, around, [1, 1])
    network = ov.Core().compile_model(ov.Model([convolution], [picture]), "CPU", dict(PRECISION))
    kernels = [
        node.get_rt_info()["primitiveType"].astype(str)
        for node in network.get_runtime_model().get_ops()
        if node.get_friendly_name() == convolution.get_friendly_name()
    ]
    found = _INSTRUCTIONS.search(" ".join(kernels))
    return found.group() if found else "other"
