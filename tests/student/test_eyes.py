"""Where the eyes of kept pictures are, and who must not take notice of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.assurance.drift.causes import measurement_deltas
from pipeline.core.eyes import eyes_in, eyes_of
from pipeline.core.policy import Policy
from pipeline.core.types import (
    Assessment,
    Case,
    Decision,
    ImageFile,
    Job,
    Measurement,
    Reference,
    Subject,
)
from pipeline.sample import sources
from pipeline.student.examiner import NetworkEngine
from pipeline.student.measures import all_measures


def test_shares_are_of_width_and_height_and_count_pixel_centres() -> None:
    landmarks = np.array([(99.5, 49.5), (299.5, 149.5), (0, 0)], dtype=np.float32)
    one = eyes_in("idcard#2", landmarks, 400, 200)
    assert one == Measurement("eyes.idcard#2", "0.2500 0.2500 0.7500 0.7500")
    other = Measurement("roll", 3.0, "°")
    assert eyes_of({m.name: m for m in (one, other)}) == {"idcard#2": one.value}


def test_runs_are_not_said_to_differ_by_it() -> None:
    found = Assessment(Decision.ACCEPT, "")
    cases = [
        Case(Subject("1", 1), "1.jpg", found, {m.name: m for m in seen})
        for seen in ((), (Measurement("eyes.photo", "0 0 1 1"), Measurement("yaw", 1.0)))
    ]
    assert [delta.name for delta in measurement_deltas(*cases)] == ["yaw"]
    assert not any(name.startswith("eyes.") for name in all_measures())


@pytest.mark.networks
def test_eyes_of_photo_and_reference_lie_on_the_eyes_in_their_thumbnails(
    policy: Policy, tmp_path: Path
) -> None:
    """The shares agree with what the detector finds in the thumbnails themselves."""
    picture = np.asarray(cv2.imread(str(sources.fetch()["collins"])), np.uint8)
    turned = tmp_path / "turned.png"
    cv2.imwrite(str(turned), cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE))
    straight = tmp_path / "straight.png"
    cv2.imwrite(str(straight), picture)
    engine = NetworkEngine(policy.input)
    try:
        job = Job(
            Subject("1", 1),
            ImageFile(turned),
            (Reference("idcard", ImageFile(straight)), Reference("idcard", ImageFile(turned))),
        )
        evidence = engine.assess(job)
        told = eyes_of({m.name: m for m in evidence.measurements})
        pictures = {slot: jpeg for slot, jpeg in evidence.pictures.items() if slot != "overlay"}
        assert set(told) == set(pictures) == {"photo", "idcard", "idcard#2"}
        assert set(evidence.sharp) == set(pictures)
        kept = cv2.imdecode(np.frombuffer(evidence.sharp["photo"], np.uint8), 1)
        assert kept is not None
        assert kept.shape == picture.shape  # upright, and not one pixel less
        for role, jpeg in pictures.items():
            small = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1), np.uint8)
            seen = engine.locate(small).portrait
            assert seen is not None
            height, width = small.shape[:2]
            expected = (seen.face.landmarks[:2] + 0.5) / (width, height)
            assert np.fromstring(told[role], sep=" ") == pytest.approx(expected.ravel(), abs=0.02)
    finally:
        engine.close()
