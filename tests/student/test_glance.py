"""What the engine makes of a picture at one glance, with the real networks on real pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.core.geometry import TURNS, shrink, turn, unturn
from pipeline.core.policy import Policy
from pipeline.core.types import Pixels, TurnCw
from pipeline.sample import sources
from pipeline.student.detect import Located
from pipeline.student.examiner import NetworkEngine

pytestmark = pytest.mark.networks

PORTRAITS = ("collins", "hopper", "guido", "maher")
LARGE = ("hopper", "guido", "maher")  # large enough in the picture to be alone at a glance


@pytest.fixture(scope="module")
def engine(policy: Policy) -> Iterator[NetworkEngine]:
    engine = NetworkEngine(policy.input)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def portraits() -> dict[str, Pixels]:
    files = sources.fetch()
    return {name: shrink(_pixels(files[name]), 640) for name in PORTRAITS}


def _pixels(path: Path) -> Pixels:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def at_length(engine: NetworkEngine, bgr: Pixels, monkeypatch: pytest.MonkeyPatch) -> Located:
    """The look of an engine that never trusts a glance."""
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.student.orient.at_a_glance", lambda *_: None)
        return engine.locate(bgr)


@pytest.mark.parametrize("laid", TURNS)
@pytest.mark.parametrize("name", PORTRAITS)
def test_a_glance_finds_what_all_looks_find(
    engine: NetworkEngine,
    portraits: dict[str, Pixels],
    name: str,
    laid: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bgr = turn(portraits[name], unturn(laid))
    quick, slow = engine.locate(bgr), at_length(engine, bgr, monkeypatch)
    assert quick.orientation and slow.orientation and quick.portrait and slow.portrait
    assert quick.orientation.turn_cw == slow.orientation.turn_cw == laid
    apart = np.linalg.norm(quick.portrait.face.landmarks - slow.portrait.face.landmarks, axis=1)
    assert apart.max() < 0.06 * float(slow.portrait.face.box[3])


def test_a_glance_spares_the_other_looks(
    engine: NetworkEngine, portraits: dict[str, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.student.orient.settle", lambda _: pytest.fail("looked again"))
    for name in PORTRAITS:
        assert engine.locate(portraits[name]).alone == (name in LARGE)


def test_a_second_person_is_not_overlooked(
    engine: NetworkEngine, portraits: dict[str, Pixels]
) -> None:
    """Neither at the same size nor at a third of it."""
    big, other = portraits["maher"], portraits["hopper"]
    for longest in (max(big.shape[:2]), max(big.shape[:2]) // 3):
        small = shrink(other, longest)
        height, width = max(len(big), len(small)), big.shape[1] + small.shape[1]
        both = np.full((height, width, 3), 127, np.uint8)
        both[: len(big), : big.shape[1]] = big
        both[: len(small), big.shape[1] :] = small
        assert not engine.locate(both).alone


@pytest.mark.parametrize("laid", [90, 180, 270])
def test_a_small_upright_face_is_not_taken_for_the_subject(
    engine: NetworkEngine, portraits: dict[str, Pixels], laid: TurnCw
) -> None:
    """A large portrait on its side or head, and a small one that lies right in its corner."""
    large = turn(portraits["guido"], laid)
    small = shrink(portraits["guido"], max(large.shape[:2]) // 3)
    collage = large.copy()
    collage[: small.shape[0], : small.shape[1]] = small
    look = engine.locate(collage)
    assert look.orientation is not None
    sure = look.orientation.confidence >= 0.5
    assert not sure or look.orientation.turn_cw == unturn(laid)
    assert not look.alone or look.orientation.turn_cw == unturn(laid)
