"""MediaPipe selfie segmentation (Apache-2.0) on OpenVINO: how surely each pixel is the person.

Input contract: (1, 256, 256, 3) float32 **RGB** 0-1, the whole picture squeezed to the square
(MediaPipe's `selfie_segmentation_cpu.pbtxt`, `keep_aspect_ratio: false`). Output (1, 256, 256, 1),
0 background to 1 person: hair, skin and clothes are one class.

The last layer is MediaPipe's own operation, a transposed convolution with a bias, which OpenVINO
does not know; it is put together here from two that it does know. Equal to LiteRT's own run of the
file within 3e-5 on twenty portraits (2026-11), in float32. bf16 takes 2.3 ms instead of 3.0 and
moves the top of the hair by up to 5 % of the height (702 photos, 99 in 100 by less than 0.8 %).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import openvino as ov
from openvino import frontend, opset13

from models.runtime import Network
from pipeline.core.geometry import shrink, stretch
from pipeline.core.types import Floats, Pixels

SIDE = 256


class Segmenter:
    """One compiled segmenter."""

    def __init__(self, path: Path) -> None:
        self._network = Network(path, (1, SIDE, SIDE, 3), reader=_read)

    def __call__(self, bgr: Pixels) -> Floats:
        """(256, 256) how surely each part of this upright (H, W, 3) BGR picture is a person, 0-1.

        The square covers the whole picture, whatever its shape.
        """
        square = stretch(shrink(bgr, 2 * SIDE), SIDE)
        rgb = cv2.cvtColor(square, cv2.COLOR_BGR2RGB)[None].astype(np.float32) / np.float32(255)
        (person,) = self._network(rgb).values()
        return person[0, :, :, 0]


def _read(_: ov.Core, path: Path) -> ov.Model:
    """The TFLite file with its last layer translated."""
    tflite = frontend.FrontEndManager().load_by_framework("tflite")
    tflite.add_extension(
        frontend.ConversionExtension("Convolution2DTransposeBias", _transposed_convolution)
    )
    return tflite.convert(tflite.load(str(path)))


def _transposed_convolution(node: frontend.NodeContext) -> list[ov.Output]:
    """Stride 2, no padding, one output; TFLite's orders: NHWC, and output, rows, columns, input.

    Every pixel becomes a block of four of its own, so the four are outputs of a 1 x 1 convolution:
    OpenVINO's transposed one gives the same bits and takes 0.12 ms longer.
    """
    picture, weights, bias = (node.get_input(i) for i in range(3))
    _, rows, columns, inputs = weights.get_shape()
    blocks = opset13.reshape(weights, [rows * columns, inputs, 1, 1], special_zero=False)
    pixels = opset13.transpose(picture, [0, 3, 1, 2])
    four = opset13.convolution(pixels, blocks, [1, 1], [0, 0], [0, 0], [1, 1])
    wide = opset13.depth_to_space(four, "blocks_first", rows)
    raised = opset13.add(wide, opset13.unsqueeze(bias, [0, 2, 3]))
    return [opset13.transpose(raised, [0, 2, 3, 1]).output(0)]
