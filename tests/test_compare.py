"""Templates of crops, with a recogniser whose vectors are written in the crops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.compare import SURE, embed, embed_together, score
from pipeline.types import Floats, Pixels


class Directions:
    """The vector of a crop points where its top left pixel says: 0 to 255 for 0 to 90 degrees.

    Mirroring exchanges the top corners, so a crop may differ from its mirror image.
    """

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        self.seen += len(crops)
        angles = [np.deg2rad(int(crop[0, 0, 0]) / 255 * 90) for crop in crops]
        return 7 * np.array([(np.cos(a), np.sin(a)) for a in angles], dtype=np.float32)


def crop(degrees: float, mirrored: float | None = None) -> Pixels:
    picture = np.zeros((112, 112, 3), dtype=np.uint8)
    picture[0, 0] = round(degrees / 90 * 255)
    picture[0, -1] = round((degrees if mirrored is None else mirrored) / 90 * 255)
    return picture


def degrees(template: Floats) -> float:
    assert np.linalg.norm(template) == pytest.approx(1, abs=1e-6)
    return float(np.rad2deg(np.arctan2(template[1], template[0])))


def test_a_template_is_the_mean_of_a_crop_and_its_mirror_image() -> None:
    (template,) = embed(Directions(), [crop(20, 60)])
    assert degrees(template) == pytest.approx(40, abs=0.3)


def test_a_clear_pair_spares_the_mirrored_crops() -> None:
    recogniser = Directions()
    probe, reference = embed_together(recogniser, [crop(20, 60), crop(30, 70)])
    assert recogniser.seen == 2
    assert (degrees(probe), degrees(reference)) == pytest.approx((20, 30), abs=0.3)
    assert score(probe, reference) >= SURE


def test_any_doubtful_reference_brings_the_mirrored_crops_of_all() -> None:
    recogniser = Directions()
    crops = [crop(0, 20), crop(10, 30), crop(80, 90)]
    found = [degrees(template) for template in embed_together(recogniser, crops)]
    assert recogniser.seen == 6
    assert found == pytest.approx([10, 20, 85], abs=0.3)


def test_a_photo_without_references_has_its_mirrored_crop_too() -> None:
    (template,) = embed_together(Directions(), [crop(20, 60)])
    assert degrees(template) == pytest.approx(40, abs=0.3)


def test_nothing_gives_nothing_to_divide_by_zero() -> None:
    class Silent:
        def __call__(self, crops: Sequence[Pixels]) -> Floats:
            return np.zeros((len(crops), 2), dtype=np.float32)

    assert np.isfinite(embed(Silent(), [crop(0)])[0]).all()
