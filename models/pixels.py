"""Pictures as networks take them: the way from uint8 BGR squares is part of each network's graph.

OpenVINO changes layout, colour order and range on its way into the first layer, which in NumPy took
0.1 to 1 ms a call of the detectors, with bit-equal results. Not every network gains: SFace in bf16
rounds otherwise then, and the segmenter takes as long either way; they are given floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import openvino as ov
from openvino.preprocess import ColorFormat, PrePostProcessor

from models.compiled import Reader


@dataclass(frozen=True, slots=True)
class Takes:
    """What a network's own input holds: (value - mean) / scale of each of a pixel's channels.

    Attributes:
        layout: Order of its axes.
        rgb: Red first; else blue first.
        mean: Subtracted from 0-255.
        scale: Divided by.
    """

    layout: Literal["NCHW", "NHWC"]
    rgb: bool
    mean: float = 0.0
    scale: float = 1.0

    def from_pixels(self, reader: Reader) -> Reader:
        """A reader that lets its network take (N, H, W, 3) uint8 BGR pictures instead."""

        def read(core: ov.Core, path: Path) -> ov.Model:
            steps = PrePostProcessor(reader(core, path))
            given = steps.input()
            given.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
            given.tensor().set_color_format(ColorFormat.BGR)
            given.model().set_layout(ov.Layout(self.layout))
            ways = given.preprocess().convert_element_type(ov.Type.f32)
            if self.rgb:
                ways.convert_color(ColorFormat.RGB)
            if self.mean:
                ways.mean(self.mean)
            if self.scale != 1.0:
                ways.scale(self.scale)
            return steps.build()

        return read
