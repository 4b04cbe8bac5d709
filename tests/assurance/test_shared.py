"""The real networks on the measuring pictures beside the project, where they are present."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.core.geometry import TURNS, turn
from pipeline.core.policy import Policy, Profile
from pipeline.core.types import (
    Decision,
    ImageFile,
    Job,
    Measurement,
    Orientation,
    Pixels,
    Reference,
    Subject,
    TurnCw,
)
from pipeline.decide import decide_one
from pipeline.student.decode import decode_picture
from pipeline.student.examiner import NetworkEngine

pytestmark = [pytest.mark.networks, pytest.mark.shared, pytest.mark.long]


@pytest.fixture(scope="module")
def engine(policy: Policy) -> Iterator[NetworkEngine]:
    engine = NetworkEngine(policy.input)
    yield engine
    engine.close()


def listed(folder: Path, column: str = "path") -> list[Path]:
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        return [folder / row[column] for row in csv.DictReader(file)]


def orientation(engine: NetworkEngine, bgr: Pixels) -> Orientation | None:
    return engine.locate(bgr).orientation


@pytest.mark.parametrize("folder", ["london", "lfw_east_asian"])
def test_no_upright_portrait_is_silently_turned(
    folder: str, shared: Path, engine: NetworkEngine, policy: Policy
) -> None:
    """Each picture in four turns is set upright, or a person is asked."""
    trials, unsure, wrong = 0, 0, []
    for path in sorted((shared / folder).glob("*.jpg")):
        bgr = decode_picture(path.read_bytes(), policy.input).bgr
        for laid in TURNS:
            found = orientation(engine, turn(bgr, laid))
            trials += 1
            if found is None or found.confidence < policy.orientation.min_confidence:
                unsure += 1
            elif (found.turn_cw + laid) % 360:
                wrong.append(f"{path.name} at {laid}")
    assert trials >= 400
    assert wrong == []
    assert unsure <= trials * 0.005


def test_no_negative_is_accepted(
    shared: Path, engine: NetworkEngine, policy: Policy, profile: Profile
) -> None:
    """Even compared with itself, a picture that is no portrait of one person is not accepted."""
    accepted, confident = [], []
    for path in listed(shared / "negatives"):
        file = ImageFile(path)
        facts = (Measurement("source.photo_files", 1.0), Measurement("source.reference_files", 1.0))
        seen = engine.assess(Job(Subject("S", 1), file, (Reference("idcard", file),), facts))
        by_name = {m.name: m for m in seen.measurements}
        judged = decide_one(by_name, seen.comparisons, policy, profile)
        if judged.decision is Decision.ACCEPT:
            accepted.append(path.name)
        if (
            path.parent.name in ("no_face", "broken", "back_or_hidden")
            and judged.turn_cw is not None
        ):
            confident.append(path.name)
    assert accepted == []
    assert confident == []


def test_exif_examples_show_the_same_picture(shared: Path, policy: Policy) -> None:
    for kind in ("Landscape", "Portrait"):
        sizes = set()
        for tag in range(9):
            photo = decode_picture(
                (shared / "exif_orientation" / f"{kind}_{tag}.jpg").read_bytes(), policy.input
            )
            assert photo.exif_orientation == max(1, tag)
            sizes.add(photo.bgr.shape)
        assert len(sizes) == 1


def test_labelled_turns_are_found(shared: Path, engine: NetworkEngine, policy: Policy) -> None:
    truth: dict[str, TurnCw] = {
        "lunasdk_rotated0.png": 0,
        "lunasdk_rotated180.png": 180,
        "inspireface_rotate_rot_0.jpg": 0,
        "inspireface_rotate_rot_180.jpg": 180,
    }
    for name, turn_cw in truth.items():
        bgr = decode_picture((shared / "quality" / name).read_bytes(), policy.input).bgr
        found = orientation(engine, bgr)
        assert found is not None
        assert found.turn_cw == turn_cw


def test_card_portraits_are_found_at_every_turn(
    shared: Path, engine: NetworkEngine, policy: Policy
) -> None:
    with (shared / "idcards" / "manifest.csv").open(encoding="utf-8") as file:
        cards = [row["path"] for row in csv.DictReader(file) if row["portrait"] == "1"]
    assert len(cards) >= 15
    for name in cards:
        bgr = decode_picture((shared / "idcards" / name).read_bytes(), policy.input).bgr
        for laid in TURNS:
            found = orientation(engine, turn(bgr, laid))
            assert found is not None, name
            if found.confidence >= policy.orientation.min_confidence:
                assert (found.turn_cw + laid) % 360 == 0, name
