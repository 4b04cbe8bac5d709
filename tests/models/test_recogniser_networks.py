"""Recognisers on real pictures: two fused in the engine, and retail-0095 itself where it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from places import SHARED

from models import fetch, manifest, recognisers
from pipeline.core.geometry import align
from pipeline.core.policy import Policy
from pipeline.core.types import Floats, ImageFile, Job, Pixels, Reference, Subject
from pipeline.sample import sources
from pipeline.student.compare import embed, score
from pipeline.student.examiner import NetworkEngine

pytestmark = pytest.mark.networks

SFACE, RETAIL = "sface", "retail0095"


class Colours:
    """A second recogniser that knows people by the mean colour of their crop."""

    name, sure = "colours", 0.9999

    def prepare(self) -> None:
        pass

    def __call__(self, crops: Sequence[Pixels]) -> Floats:
        return np.array([crop.mean(axis=(0, 1)) for crop in crops], dtype=np.float32)


def test_the_engine_fuses_two_recognisers(monkeypatch: pytest.MonkeyPatch, policy: Policy) -> None:
    pictures = sources.fetch()
    reference = Reference("idcard", ImageFile(pictures["obama3"]))
    job = Job(Subject("S", 1), ImageFile(pictures["obama"]), (reference,))

    def seen(*fused: object) -> tuple[str, float, int]:
        monkeypatch.setattr("pipeline.student.examiner.recognisers.load", lambda _names: fused)
        engine = NetworkEngine(policy.input, ("any",))
        try:
            evidence = engine.assess(job)
        finally:
            engine.close()
        (comparison,) = evidence.comparisons
        assert comparison.score is not None
        return comparison.model, comparison.score, len(evidence.templates["photo"])

    (sface,) = recognisers.load([SFACE])
    sface.sure = 1.1  # both with mirrored crops, whatever the score
    alone, colours, both = seen(sface), seen(Colours()), seen(sface, Colours())
    assert [name for name, _, _ in (alone, colours, both)] == ["sface", "colours", "sface+colours"]
    assert both[1] == pytest.approx((alone[1] + colours[1]) / 2, abs=1e-3)
    assert both[2] == alone[2] + colours[2] == 128 + 3


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with retail-0095, pulled from the folder beside the project."""
    weights = SHARED.parent / "weights"
    if not weights.is_dir():
        pytest.skip("../shared/weights is absent: retail-0095 is an optional download")
    folder = tmp_path_factory.mktemp("cache")
    wanted = [asset for asset in manifest.weights() if asset.part == RETAIL]
    fetch.pull(wanted, folder / "models", weights)
    return folder


def test_retail0095_tells_people_apart(cache: Path, policy: Policy) -> None:
    (sface,) = recognisers.load([SFACE])
    engine = NetworkEngine(policy.input)
    try:
        paths = sources.fetch()
        crops = []
        for name in ("obama", "obama3", "biden", "guido"):
            picture = np.asarray(cv2.imread(str(paths[name])), np.uint8)
            portrait = engine.locate(picture).portrait
            assert portrait is not None
            crops.append(align(portrait.bgr, portrait.face.landmarks))
    finally:
        engine.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHOTOPROOF_CACHE", str(cache))
        (retail,) = recognisers.load([RETAIL])
    a, b, c, d = embed([retail], crops)
    assert len(a) == 256
    assert score(a, b) > 0.6
    assert max(score(a, c), score(a, d), score(b, c)) < 0.35

    (alone,) = retail(crops[:1])
    assert alone == pytest.approx(retail(crops)[0], abs=0.05)
    fused = embed([sface, retail], crops)
    mean = (score(a, b) + score(*embed([sface], crops[:2]))) / 2
    assert score(fused[0], fused[1]) == pytest.approx(mean, abs=1e-3)

    exchanged = embed([retail], [np.ascontiguousarray(crops[0][..., ::-1])])[0]
    assert score(a, exchanged) < 0.99, "red and blue are told apart"
