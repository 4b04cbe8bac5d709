"""The segmenter on drawn and real pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import pytest
from openvino import opset13

from models import segmenter as segmenter_module
from models.manifest import path_of
from models.segmenter import SIDE, Segmenter
from pipeline.core.errors import ModelError
from pipeline.core.types import Pixels
from pipeline.sample import sources

pytestmark = pytest.mark.networks


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(path_of("selfie_segmenter"))


@pytest.fixture(scope="module")
def portrait() -> Pixels:
    """A photo of one man from the waist up before a dark garden; the head is in the middle."""
    return np.asarray(cv2.imread(str(sources.fetch()["filippo"])), np.uint8)


def test_an_empty_wall_has_nobody(segmenter: Segmenter) -> None:
    seen = segmenter(np.full((640, 480, 3), 200, dtype=np.uint8))
    assert seen.shape == (SIDE, SIDE) and seen.dtype == np.float32
    assert (seen >= 0).all() and seen.max() < 0.5


def test_the_person_is_told_from_the_garden(segmenter: Segmenter, portrait: Pixels) -> None:
    seen = segmenter(portrait)
    assert seen.min() >= 0 and seen.max() <= 1
    face, corners = seen[60:100, 115:140], (seen[:20, :40], seen[:20, -40:])
    assert face.mean() > 0.95
    assert all(corner.mean() < 0.05 for corner in corners)
    assert seen[-10:, 110:150].mean() > 0.95  # the body reaches the lower edge


def test_the_square_covers_the_whole_picture(segmenter: Segmenter, portrait: Pixels) -> None:
    """A picture of another shape gives the same square, squeezed the other way."""
    squeezed = cv2.resize(portrait, (400, 700), interpolation=cv2.INTER_AREA)
    apart = np.abs(segmenter(portrait) - segmenter(np.asarray(squeezed, np.uint8)))
    assert apart.mean() < 0.02


def test_a_mirrored_picture_has_a_mirrored_person(segmenter: Segmenter, portrait: Pixels) -> None:
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    apart = np.abs(segmenter(mirrored)[:, ::-1] - segmenter(portrait))
    assert apart.mean() < 0.02


def test_pictures_smaller_than_the_square_are_taken(segmenter: Segmenter, portrait: Pixels) -> None:
    small = np.asarray(cv2.resize(portrait, (96, 64), interpolation=cv2.INTER_AREA), np.uint8)
    assert segmenter(small)[60:100, 115:140].mean() > 0.9


class _Layer:
    """A layer of the TFLite file, as the frontend hands it over."""

    def __init__(self, *inputs: np.ndarray) -> None:
        self._inputs = [opset13.constant(given).output(0) for given in inputs]

    def get_input(self, number: int) -> ov.Output:
        return self._inputs[number]


def test_every_pixel_of_the_last_layer_becomes_a_block() -> None:
    rng = np.random.default_rng(0)
    picture, weights = rng.random((1, 3, 5, 4), np.float32), rng.random((1, 2, 2, 4), np.float32)
    layer = _Layer(picture, weights, np.array([7], dtype=np.float32))
    (output,) = segmenter_module._transposed_convolution(layer)
    (wide,) = ov.compile_model(ov.Model([output], []), "CPU")([]).values()
    blocks = np.einsum("yxi,rci->yrxc", picture[0], weights[0]) + 7
    np.testing.assert_allclose(wide[0, :, :, 0], blocks.reshape(6, 10), rtol=1e-5)


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "selfie_segmentation.tflite"
    broken.write_bytes(path_of("selfie_segmenter").read_bytes()[:2000])
    with pytest.raises(ModelError, match=r"selfie_segmentation\.tflite cannot be loaded") as told:
        Segmenter(broken)
    assert "models pull" in told.value.hint
