"""The networks themselves, on real pictures, against their publishers' own implementations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.blazeface import BlazeFace
from models.manifest import path_of
from models.recognisers.sface import SFace
from models.yunet import YuNet
from pipeline.core import geometry
from pipeline.core.geometry import TURNS, align, fit, turn
from pipeline.core.policy import Policy, Profile
from pipeline.core.types import Decision, Floats, ImageFile, Job, Pixels, Reference, Subject
from pipeline.decide import decide_one
from pipeline.sample import sources
from pipeline.student.compare import embed, score
from pipeline.student.examiner import NetworkEngine

pytestmark = pytest.mark.networks


@pytest.fixture(scope="module")
def pictures() -> dict[str, Pixels]:
    """Real portraits and one picture without a face, by id."""
    return {
        name: np.asarray(cv2.imread(str(path)), np.uint8)
        for name, path in sources.fetch().items()
        if Path(path).suffix in (".jpg", ".png")
    }


@pytest.fixture(scope="module")
def yunet() -> YuNet:
    return YuNet(path_of("yunet"))


@pytest.fixture(scope="module")
def sface() -> SFace:
    return SFace(path_of("sface_folded"))


def test_yunet_agrees_with_opencvs_own(pictures: dict[str, Pixels], yunet: YuNet) -> None:
    theirs = cv2.FaceDetectorYN.create(str(path_of("yunet")), "", (160, 160), 0.5, 0.3)
    for name in ("collins", "hopper", "guido", "maher", "filippo"):
        square = fit(pictures[name], 160)[0]
        expected = theirs.detect(square)[1][0]
        face = yunet([square], 0.5)[0][0]
        # Weights are the same; OpenCV computes in int8 and float32.
        assert face.score == pytest.approx(expected[14], abs=0.03)
        assert np.abs(face.box - expected[:4]).max() < 2.0
        assert np.abs(face.landmarks.reshape(-1) - expected[4:14]).max() < 2.0


def test_yunet_batches_give_what_single_pictures_give(
    pictures: dict[str, Pixels], yunet: YuNet
) -> None:
    square = fit(pictures["collins"], 160)[0]
    turned = [turn(square, turn_cw) for turn_cw in TURNS]
    together = yunet(turned, 0.3)
    for alone, faces in zip((yunet([t], 0.3)[0] for t in turned), together, strict=True):
        assert len(alone) == len(faces)
        for a, b in zip(alone, faces, strict=True):
            assert a.score == pytest.approx(b.score, abs=0.02)
            assert np.abs(a.landmarks - b.landmarks).max() < 1.0


def test_yunet_hands_its_cells_over_as_one_table(yunet: YuNet) -> None:
    """Two scores, a box and five points of 20 x 20, 10 x 10 and 5 x 5 cells."""
    (cells,) = yunet._network(np.zeros((3, 160, 160, 3), np.uint8)).values()
    assert cells.shape == (3, 525, 16)


def test_blazeface_finds_the_same_eyes_as_yunet(pictures: dict[str, Pixels], yunet: YuNet) -> None:
    blazeface = BlazeFace(path_of("blazeface"))
    for name in ("hopper", "guido", "maher"):
        one = yunet([fit(pictures[name], 160)[0]], 0.5)[0][0]
        two = blazeface([fit(pictures[name], 128)[0]], 0.5)[0][0]
        # In picture widths: both see the eyes within 3 % of the picture of each other.
        assert np.abs(one.landmarks[:2] / 160 - two.landmarks[:2] / 128).max() < 0.03


@pytest.mark.parametrize("name", ["yunet", "blazeface"])
def test_a_picture_is_seen_alike_alone_and_among_others(
    pictures: dict[str, Pixels], name: str
) -> None:
    detector = YuNet(path_of(name)) if name == "yunet" else BlazeFace(path_of(name))
    squares = [fit(pictures[key], detector.side)[0] for key in ("obama", "collins", "hopper")]
    together = detector([*squares, np.zeros_like(squares[0])], 0.5)
    assert together[3] == []
    for square, faces in zip(squares, together, strict=False):
        (alone,) = detector([square], 0.5)
        assert alone, "each picture has a face"
        assert [face.score for face in faces] == pytest.approx([f.score for f in alone], abs=0.01)
        assert faces[0].landmarks == pytest.approx(alone[0].landmarks, abs=0.5)


def test_threads_are_not_pinned(yunet: YuNet) -> None:
    """Two workers' only threads would both be pinned to the first core."""
    network = yunet._network.of(1)._request.get_compiled_model()
    assert network.get_property("ENABLE_CPU_PINNING") is False
    assert network.get_property("INFERENCE_NUM_THREADS") == 1


def templates(
    pictures: dict[str, Pixels], yunet: YuNet, sface: SFace, *names: str
) -> Iterator[Floats]:
    for name in names:
        square = fit(pictures[name], 640)[0]
        small = fit(square, 160)[0]
        face = geometry.move_face(yunet([small], 0.5)[0][0], 4.0, 0.0, 0.0)
        yield embed([sface], [align(square, face.landmarks)])[0]


def test_one_person_scores_higher_than_two(
    pictures: dict[str, Pixels], yunet: YuNet, sface: SFace
) -> None:
    a, b, c, d = templates(pictures, yunet, sface, "obama", "obama3", "biden", "guido")
    assert np.linalg.norm(a) == pytest.approx(1.0, abs=1e-5)
    assert score(a, b) > 0.5
    assert max(score(a, c), score(a, d), score(b, c)) < 0.3


def small(crop: Pixels) -> Pixels:
    return np.asarray(cv2.resize(crop, (112, 112)), np.uint8)


def test_mirror_image_has_the_same_template(pictures: dict[str, Pixels], sface: SFace) -> None:
    crop = small(pictures["collins"][60:260, 120:320])
    one, other = embed([sface], [crop, geometry.mirror(crop)])
    assert score(one, other) > 0.999


def test_a_crop_has_the_same_vector_alone_and_among_others(
    pictures: dict[str, Pixels], sface: SFace
) -> None:
    crops = [small(pictures["collins"][60 + i : 260 + i, 120:320]) for i in (0, 40, 80)]
    together = sface(crops)
    assert together.shape == (3, 128)
    for crop, vector in zip(crops, together, strict=True):
        (alone,) = sface([crop])
        cosine = float(alone @ vector / np.linalg.norm(alone) / np.linalg.norm(vector))
        assert cosine > 0.999


def test_colour_order_matters(pictures: dict[str, Pixels], yunet: YuNet, sface: SFace) -> None:
    """Red and blue exchanged give another template, so the order is not lost on the way."""
    (right,) = templates(pictures, yunet, sface, "hopper")
    exchanged = {"hopper": np.ascontiguousarray(pictures["hopper"][:, :, ::-1])}
    (wrong,) = templates(exchanged, yunet, sface, "hopper")
    assert score(right, wrong) < 0.97


def test_files_that_vanish_in_the_middle_of_a_run_are_data(
    tmp_path: Path, policy: Policy, profile: Profile
) -> None:
    photo, card = (ImageFile(tmp_path / name) for name in ("photo.jpg", "card.jpg"))
    engine = NetworkEngine(policy.input)
    try:
        seen = engine.assess(Job(Subject("S", 1), photo, (Reference("idcard", card),)))
    finally:
        engine.close()
    judged = decide_one({m.name: m for m in seen.measurements}, seen.comparisons, policy, profile)
    assert {"UNREADABLE", "REFERENCE_UNUSABLE"} <= {f.code for f in judged.findings}
    assert judged.decision is Decision.FLAG
    assert str(tmp_path) not in str(judged), "no path in what people read"


def test_an_unusable_reference_takes_no_score_from_another_of_its_kind(
    tmp_path: Path, policy: Policy
) -> None:
    (tmp_path / "bad.jpg").write_text("no picture")
    portrait = ImageFile(Path(sources.fetch()["collins"]))
    cards = (ImageFile(tmp_path / "bad.jpg"), portrait)
    engine = NetworkEngine(policy.input)
    try:
        references = tuple(Reference("idcard", card) for card in cards)
        bad, good = engine.assess(Job(Subject("S", 1), portrait, references)).comparisons
    finally:
        engine.close()
    assert (bad.slot, bad.score) == ("idcard", None)
    assert bad.error
    assert good.slot == "idcard#2"
    assert good.score == pytest.approx(1, abs=0.01)
