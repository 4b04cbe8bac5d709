"""Templates of crops, with a recogniser whose vectors are written in the crops."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pipeline.core.types import Floats, Pixels
from pipeline.student.compare import embed, embed_together, score, scores_between


class Directions:
    """The vector of a crop points where its top left pixel says: 0 to 255 for 0 to 90 degrees.

    Mirroring exchanges the top corners, so a crop may differ from its mirror image.
    """

    name = "directions"

    def __init__(self, sure: float = 0.6, length: float = 7, widened: float = 1) -> None:
        self.sure, self._length, self._widened = sure, length, widened
        self.seen = 0

    def prepare(self) -> None:
        pass

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        self.seen += len(crops)
        angles = [np.deg2rad(int(crop[0, 0, 0]) / 255 * 90) * self._widened for crop in crops]
        return self._length * np.array([(np.cos(a), np.sin(a)) for a in angles], dtype=np.float32)


def crop(degrees: float, mirrored: float | None = None) -> Pixels:
    picture = np.zeros((112, 112, 3), dtype=np.uint8)
    picture[0, 0] = round(degrees / 90 * 255)
    picture[0, -1] = round((degrees if mirrored is None else mirrored) / 90 * 255)
    return picture


def degrees(template: Floats) -> float:
    assert np.linalg.norm(template) == pytest.approx(1, abs=1e-6)
    return float(np.rad2deg(np.arctan2(template[1], template[0])))


def test_a_template_is_the_mean_of_a_crop_and_its_mirror_image() -> None:
    (template,) = embed([Directions()], [crop(20, 60)])
    assert degrees(template) == pytest.approx(40, abs=0.3)


def test_a_clear_pair_spares_the_mirrored_crops() -> None:
    recogniser = Directions()
    probe, reference = embed_together([recogniser], [crop(20, 60), crop(30, 70)])
    assert recogniser.seen == 2
    assert (degrees(probe), degrees(reference)) == pytest.approx((20, 30), abs=0.3)
    assert score(probe, reference) >= recogniser.sure


def test_any_doubtful_reference_brings_the_mirrored_crops_of_all() -> None:
    recogniser = Directions()
    crops = [crop(0, 20), crop(10, 30), crop(80, 90)]
    found = [degrees(template) for template in embed_together([recogniser], crops)]
    assert recogniser.seen == 6
    assert found == pytest.approx([10, 20, 85], abs=0.3)


def test_a_photo_without_references_has_its_mirrored_crop_too() -> None:
    (template,) = embed_together([Directions()], [crop(20, 60)])
    assert degrees(template) == pytest.approx(40, abs=0.3)


def test_what_is_a_clear_pair_belongs_to_the_recogniser() -> None:
    """Ten degrees apart are a cosine of 0.985."""
    for sure, seen in ((0.98, 2), (0.99, 4)):
        recogniser = Directions(sure)
        embed_together([recogniser], [crop(20, 60), crop(30, 70)])
        assert recogniser.seen == seen


@pytest.mark.parametrize("together", [embed, embed_together])
@pytest.mark.parametrize("sure", [-1, 2])
def test_the_score_of_fused_templates_is_the_mean_of_the_scores(
    together: Callable[..., list[Floats]], sure: float
) -> None:
    """However long each recogniser's own vectors are; with and without mirrored crops."""
    one, other = Directions(sure, length=900), Directions(sure, length=0.01, widened=2)
    crops = [crop(10, 30), crop(60, 90)]
    alone = [score(*together([recogniser], crops)) for recogniser in (one, other)]
    probe, reference = together([one, other], crops)
    assert alone[0] > alone[1] + 0.1
    assert np.linalg.norm(probe) == pytest.approx(1, abs=1e-6)
    assert score(probe, reference) == pytest.approx(sum(alone) / 2, abs=1e-6)
    assert probe.dtype == np.float32


def test_one_doubting_recogniser_brings_the_mirrored_crops_of_all() -> None:
    one, other = Directions(), Directions(sure=0.999)
    embed_together([one, other], [crop(20, 60), crop(30, 70)])
    assert (one.seen, other.seen) == (4, 4)


def test_nothing_gives_nothing_to_divide_by_zero() -> None:
    class Silent:
        name, sure = "silent", 0.6

        def prepare(self) -> None:
            pass

        def __call__(self, crops: Sequence[Pixels]) -> Floats:
            return np.zeros((len(crops), 2), dtype=np.float32)

    assert np.isfinite(embed([Silent()], [crop(0)])[0]).all()


def test_references_are_compared_with_each_other_and_nothing_else_is() -> None:
    east, north = (np.array(v, dtype=np.float32) for v in ((1, 0), (0, 1)))
    templates = {"photo": east, "idcard": east, "admission": north, "idcard#2": east}
    templates["set_aside"] = north
    assert {m.name: m.value for m in scores_between(templates)} == {
        "between.admission~idcard": 0.0,
        "between.idcard~idcard#2": 1.0,
        "between.admission~idcard#2": 0.0,
    }
